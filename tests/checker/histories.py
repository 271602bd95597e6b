"""Literal histories: the rows of a run, written by hand and varied by each test, and what the stores would then hold.

``healthy()`` returns a run that proves isolation. A test breaks one thing and looks at the whole outcome::

    history = healthy(tenants=4)
    history.rows["local"].append(a_sighting(owner=0, recipient=1))
    assert history.judged().verdict is Verdict.LEAKING
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from checker.judge import judge
from checker.look import Look
from checker.result import Result, Verdict
from checker.retention import fades
from checker.scan import StoreScan
from checker.summarise import summarise
from checker.summary import Summary
from config.load import public_view
from config.profile import Profile
from evidence.findings import Finding, FindingKind, Severity, Sighting
from evidence.marks import MarkKind, RunKey
from evidence.oracle import control_pair
from evidence.records import (
    ControlCaught,
    Exposures,
    GeneratorSample,
    HealthAnswer,
    IdLearnt,
    NodeEnded,
    NodeStarted,
    RequestEnded,
    Row,
    SessionEnded,
    SessionOpened,
    SightingSeen,
    TenantLedger,
    TenantProvisioned,
    TenantStarted,
)
from evidence.runfolder import RunFolder, RunHeader

START_S = 1_800_000_000.0
BUDGET = 1_000_000
CHAT_COST = 7
REDIS_PLACE = "redis budget:{tenant}"
POSTGRES_PLACE = "postgres budgets.remaining"
KEY = RunKey(bytes(range(32)))
NO_REMOVAL = "what outlives a tenant's removal was not tried: [provisioning] does not say how one is removed"

Some = TypeVar("Some", bound=Row)


def profile(**changes: object) -> Profile:
    """Returns a profile with both stores and limits that a healthy history keeps; ``changes`` replace whole tables."""
    values: dict[str, object] = {
        "target": {"name": "a service", "url": "ws://127.0.0.1:9/ws"},
        "auth": {"place": "none"},
        "frames": {"request_id": ["message_id"], "learn": {"agent": "agent_id", "thread": "thread_id"}},
        "operations": {
            "chat": {
                "send": {"type": "chat", "message_id": "{message_id}"},
                "ends": ["agent_completed"],
                "cost": CHAT_COST,
                "shows_own": True,
                "stored_in": ["postgres"],
            },
            "routing": {
                "send": {"type": "routing_test", "test_id": "{test_id}"},
                "ends": ["routing_test_result"],
            },
            "state_read": {
                "send": {"type": "get_state", "message_id": "{message_id}"},
                "ends": ["state"],
                "shows_own": True,
            },
            "ping": {"send": {"type": "ping"}, "ends": ["pong"]},
        },
        "stores": {
            "redis": {"url": "redis://u:sesame@127.0.0.1:1/0", "budgets": [{"key": "budget:{tenant}"}]},
            "postgres": {
                "url": "postgresql://u:sesame@127.0.0.1:1/app",
                "budgets": [{"table": "budgets", "owner": "user_id", "amount": "remaining"}],
            },
        },
        "thresholds": {
            "startup_p95_ms": 5000,
            "startup_p99_ms": 8000,
            "success_rate": 0.95,
            "routing_accuracy": 1.0,
            "dropped_sessions": 0,
            "pool_share": 1.0,
            "generator_memory_mb": 4096,
            "generator_cpu_percent": 80,
        },
    }
    return Profile.model_validate({**values, **changes})


@dataclass
class History:
    """A run: its header, its rows by node, and what each store would show."""

    header: RunHeader
    rows: dict[str, list[Row]]
    scans: dict[str, StoreScan]
    profile: Profile = field(default_factory=profile)
    key: RunKey = KEY

    def ended(self) -> dict[str, list[Row]]:
        """Returns the rows with each node's last row, as it would count; a node that has one already keeps it."""
        return {node: [*rows, *_end(node, rows)] for node, rows in self.rows.items()}

    def summary(self) -> Summary:
        """Returns what the checker makes of the rows."""
        rows = [
            (f"{node}.jsonl", number, row)
            for node, rows in self.ended().items()
            for number, row in enumerate(rows, start=1)
        ]
        writes = set(self.profile.operations.writes)
        return summarise(self.header, rows, ["chat"], writes=writes, fades=fades(self.profile))

    def judged(self, looks: Sequence[Look] | None = None) -> Result:
        """Returns the result of the whole run."""
        found = [Look(store, scan=scan) for store, scan in self.scans.items()] if looks is None else looks
        return judge(self.summary(), found, self.profile)

    def write(self, parent: Path) -> RunFolder:
        """Writes the run folder, as the swarm would have left it."""
        folder = RunFolder.create(parent, self.header, self.key)
        for node, rows in self.ended().items():
            writer = folder.writer(node)
            for row in rows:
                writer.write(row)
            writer.close()
        return folder

    def replace(
        self, kind: type[Some], change: Callable[[Some], Some | None], where: Callable[[Some], bool] = lambda row: True
    ) -> None:
        """Replaces every row of a kind for which ``where`` holds; ``change`` returning None removes it."""
        for node, rows in self.rows.items():
            kept: list[Row] = []
            for row in rows:
                changed: Row | None = change(row) if isinstance(row, kind) and where(row) else row
                if changed is not None:
                    kept.append(changed)
            self.rows[node] = kept


def healthy(tenants: int = 4, chats: int = 5, nodes: Sequence[str] = ("local",)) -> History:
    """Returns a run that proves isolation: ``tenants`` of them spread over ``nodes``, each with ``chats`` chats, a
    routing check and a read of its state, all answered."""
    rows: dict[str, list[Row]] = {node: _node_rows(node, index) for index, node in enumerate(nodes)}
    for number in range(tenants):
        node = nodes[number % len(nodes)]
        rows[node] += _tenant_rows(number, node, chats)
    holder, planted = control_pair(0)
    for number in (holder, planted):
        rows[nodes[0]].append(
            TenantProvisioned(
                number, f"control-{number}", nodes[0], START_S, BUDGET, control=True,
                planted={"redis": ["STATE:1"], "postgres": ["ROW:1"]},
            )
        )  # fmt: skip
    header = RunHeader(
        run_id="20270115T080000Z-abcd", profile_path="profile.toml", profile_name="a service",
        profile=public_view(profile()), topology="local" if len(nodes) == 1 else "distributed", users=tenants,
        spawn_rate=10.0, started_at_s=START_S, ended_at_s=START_S + 60, nodes=list(nodes), drained=list(nodes),
        stopped_by="run time", locust_requests=tenants * (chats + 2), locust_failures=0,
    )  # fmt: skip
    return History(header, rows, {"redis": _redis(tenants, chats), "postgres": _postgres(tenants, chats)})


def a_sighting(owner: int | None = 0, recipient: int | None = 1, **changes: object) -> SightingSeen:
    """Returns the row of a live sighting of a foreign canary."""
    row = SightingSeen(
        kind=FindingKind.FOREIGN_CONTENT,
        owner=owner,
        recipient=recipient,
        place="frame agent_completed of session 0 of tenant 1",
        group="frame agent_completed",
        at_s=START_S + 20,
        excerpt='…"content": "about q7zkabc…',
        severity="leak",
        detail="a prompt mark of another tenant",
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def misfiled(owner: int, recipient: int, store: str = "postgres", count: int = 1) -> Finding:
    """Returns a finding of a store scan."""
    sighting = Sighting(
        kind=FindingKind.MISFILED_DATA,
        owner=owner,
        recipient=recipient,
        place=f"{store} public.messages id=17 column content",
        group=f"{store} public.messages",
        at_s=START_S + 70,
        excerpt="about q7zkabc",
        reproduce='psql "$POSTGRES_URL" -c "SELECT content FROM public.messages WHERE id = \'17\'"',
        detail="holds a prompt canary of another tenant",
    )
    finding = Finding(
        sighting.kind, Severity.LEAK, owner, recipient, sighting.group, sighting, 0, sighting.at_s, sighting.at_s
    )
    finding.add(sighting)
    finding.count = count
    return finding


def _node_rows(node: str, index: int) -> list[Row]:
    return [
        NodeStarted(node, index, "host", 1000 + index, START_S, "2.47.0", "3.11.2", "kernel"),
        ControlCaught(node, START_S + 1, True),
        HealthAnswer("target", START_S, True, 3.0, pool_in_use=4, pool_limit=10),
        Exposures(node, {"frames": 40, "drops_mid_request": 2, "in_flight_overlaps": 9, "resumes": 3}),
        *(GeneratorSample(node, START_S + second, 4.0, 0.5, 30.0, 120.0, 4, 3) for second in range(30)),
    ]


def _tenant_rows(number: int, node: str, chats: int) -> list[Row]:
    charged = chats * CHAT_COST
    at_s = START_S + 2 + number * 0.1
    rows: list[Row] = [
        TenantProvisioned(
            number, f"t-{number}", node, START_S, BUDGET, aliases=[f"t{number}@example.org"],
            planted={"redis": ["CONTEXT:1", "STATE:1"], "postgres": ["ROW:1", "SECRET:1"]},
        ),
        TenantStarted(number, "ConversingTenant", 1, at_s),
        SessionOpened(number, 0, 0, at_s, 5.0, 1.0, None, 4.0, 10.0),
        IdLearnt(number, "agent", f"agent-of-{number:06}"),
        IdLearnt(number, "thread", f"thread-of-{number:06}"),
    ]  # fmt: skip
    rows += [a_chat(number, sequence, at_s + sequence) for sequence in range(1, chats + 1)]
    rows += [
        RequestEnded(number, 0, chats + 1, "routing", "answered", at_s + 10, 0.5, first_ms=2.0, reply_ms=2.0, frames=1),
        RequestEnded(
            number, 0, chats + 2, "state_read", "answered", at_s + 11, 0.5, first_ms=3.0, reply_ms=3.0, frames=1,
            own_marks=1,
        ),
        SessionEnded(number, 0, 0, at_s + 50, "closed", 1000, "", 0, 3 * chats + 2),
        TenantLedger(
            number, BUDGET, charged, 0, BUDGET - charged, BUDGET - charged, 0, chats + 2, chats + 2, 0, 0,
            3 * chats + 2, 3 * chats + 2, 0, 0, 0,
        ),
    ]  # fmt: skip
    return rows


def a_chat(number: int, sequence: int, at_s: float) -> RequestEnded:
    """Returns an answered chat."""
    return RequestEnded(
        number, 0, sequence, "chat", "answered", at_s, 0.5, first_ms=20.0 + number, reply_ms=60.0 + sequence,
        events=[["agent_started", 20.0 + number], ["agent_completed", 60.0 + sequence]], frames=3, charged=CHAT_COST,
        canaries=[sequence], own_marks=1,
    )  # fmt: skip


def _end(node: str, rows: list[Row]) -> list[Row]:
    if any(isinstance(row, NodeEnded) for row in rows) or not any(isinstance(row, NodeStarted) for row in rows):
        return []
    requests = [row for row in rows if isinstance(row, RequestEnded)]
    by = {how: sum(row.outcome == how for row in requests) for how in ("answered", "refused", "unknown")}
    return [NodeEnded(node, START_S + 60, len(rows), len(requests), by["answered"], by["refused"], by["unknown"])]


def _redis(tenants: int, chats: int) -> StoreScan:
    return StoreScan(
        store="redis",
        where="127.0.0.1:6379/0",
        control_findings=[misfiled(control_pair(0)[1], control_pair(0)[0], "redis")],
        own_marks={(kind, number, 1) for number in range(tenants) for kind in (MarkKind.CONTEXT, MarkKind.STATE)},
        amounts={(REDIS_PLACE, number): BUDGET - chats * CHAT_COST for number in range(tenants)},
        budget_places=[REDIS_PLACE],
        units=3 * tenants,
        elements=4 * tenants,
        bytes=400 * tenants,
        containers={"string": tenants, "hash": 2 * tenants},
        seconds=0.1,
    )


def _postgres(tenants: int, chats: int) -> StoreScan:
    planted = {(kind, number, 1) for number in range(tenants) for kind in (MarkKind.ROW, MarkKind.SECRET)}
    prompts = {(MarkKind.PROMPT, number, sequence) for number in range(tenants) for sequence in range(1, chats + 1)}
    return StoreScan(
        store="postgres",
        where="127.0.0.1:5432/app",
        control_findings=[misfiled(control_pair(0)[1], control_pair(0)[0], "postgres")],
        own_marks=planted | prompts,
        amounts={(POSTGRES_PLACE, number): BUDGET - chats * CHAT_COST for number in range(tenants)},
        budget_places=[POSTGRES_PLACE],
        units=10 * tenants,
        elements=50 * tenants,
        bytes=4000 * tenants,
        containers={"public.users": tenants, "public.messages": 9 * tenants},
        seconds=0.2,
    )


def unanswered(history: History, where: Callable[[RequestEnded], bool] = lambda row: True) -> None:
    """Makes requests time out, in rows and ledgers alike."""
    lost: dict[int, int] = {}

    def give_up(row: RequestEnded) -> RequestEnded:
        lost[row.tenant] = lost.get(row.tenant, 0) + 1
        return dataclasses.replace(
            row, outcome="unknown", reason="timed out", first_ms=None, reply_ms=None, events=[], charged=0, own_marks=0
        )

    history.replace(RequestEnded, give_up, where)
    history.replace(
        TenantLedger,
        lambda row: dataclasses.replace(
            row, answered=row.answered - lost.get(row.tenant, 0), unknown_requests=lost.get(row.tenant, 0), low=0
        ),
    )


def outcome(result: Result) -> tuple[Verdict, int, list[str]]:
    """The verdict in short."""
    return result.verdict, result.exit_code, result.reasons
