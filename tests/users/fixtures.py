"""A tenant and a run without Locust's runner, a network or a store, for the tests of this room."""

from __future__ import annotations

from locust.env import Environment

import time
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from config.profile import Profile
from evidence.marks import Mark, MarkKind, RunKey
from evidence.naming import EMAIL_DOMAIN
from evidence.records import RequestEnded, Row, SightingSeen
from evidence.requests import Request
from tests.config.profiles import changed
from users.correspondence import Correspondence
from users.run import NodeRun, TenantNotRemoved, TenantUnavailable
from users.tenant import Tenant, TenantIdentity

KEY = RunKey(bytes(range(32)))
OWN, OTHER = 4, 5
Kind = TypeVar("Kind")


@dataclass
class KeptRows:
    """A sink that keeps the rows."""

    rows: list[Row] = field(default_factory=list)

    def record(self, row: Row) -> None:
        self.rows.append(row)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [row for row in self.rows if isinstance(row, kind)]


class Tenants:
    """Hands out the same tenants to all; or none, for this reason."""

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        self.taken: list[bool] = []
        self.removed: list[int] = []
        self.not_removed = ""

    def take(self, *, short: bool) -> TenantIdentity:
        if self.reason:
            raise TenantUnavailable(self.reason)
        self.taken.append(short)
        return identity(OWN + len(self.taken) - 1, short=short)

    def remove(self, tenant: TenantIdentity) -> int:
        self.removed.append(tenant.number)
        if self.not_removed:
            raise TenantNotRemoved(self.not_removed)
        return 3

    def take_control(self) -> tuple[TenantIdentity, int]:
        from evidence.oracle import control_pair

        if self.reason:
            raise TenantUnavailable(self.reason)
        holder, planted = control_pair(1)
        return identity(holder), planted


def identity(number: int = OWN, *, budget: int | None = None, short: bool = False) -> TenantIdentity:
    from evidence.budgets import BudgetBands

    name = KEY.mint_id(Mark(MarkKind.TENANT, number))
    bands = BudgetBands(KEY)
    amount = budget if budget is not None else bands.starting_short(number, 7, 8) if short else bands.starting(number)
    return TenantIdentity(number, name, f"{name}{EMAIL_DOMAIN}", amount, short)


def profile_for(url: str = "ws://127.0.0.1:1/ws", **changes: object) -> Profile:
    """The reference profile with short waits and no token."""
    quick: dict[str, object] = {
        "target__url": url,
        "target__connect_timeout_s": 5.0,
        "target__reply_timeout_s": 5.0,
        "target__reconnect_first_s": 0.02,
        "target__reconnect_limit_s": 0.1,
        "auth__place": "none",
        "workload__drain_s": 0.3,
    }
    return changed(**{**quick, **changes})


@dataclass
class World:
    """A run, one tenant of it, and what became of it all."""

    run: NodeRun
    tenant: Tenant
    sink: KeptRows
    events: list[dict[str, Any]]

    @property
    def requests(self) -> list[RequestEnded]:
        return self.sink.of(RequestEnded)

    def reported(self, request_type: str) -> list[str]:
        return [event["name"] for event in self.events if event["request_type"] == request_type]

    def errors(self) -> list[str]:
        return [f"{type(e['exception']).__name__}: {e['exception']}" for e in self.events if e["exception"] is not None]

    def balance(self) -> int:
        """Requests open by the counts: what was sent and has not ended."""
        counts = self.tenant.counts
        return counts.sent - counts.answered - counts.refused - counts.unknown


def world(profile: Profile | None = None, *, budget: int | None = None, tenants: Tenants | None = None) -> World:
    environment = Environment()
    sink = KeptRows()
    run = NodeRun(
        environment, run_id="r", node="local", worker_index=0, key=KEY, profile=profile or profile_for(), sink=sink,
        tenants=tenants or Tenants(), names=None,
    )  # fmt: skip
    events: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **event: events.append(event))
    return World(run, Tenant.of(identity(budget=budget), KEY), sink, events)


def kinds(here: World) -> list[str]:
    """The kinds of all that was sighted."""
    return [row.kind for row in here.sink.of(SightingSeen)]


class Talk:
    """A correspondence, with shorthands for its far end."""

    def __init__(self, here: World, ordinal: int = 0) -> None:
        self.world = here
        self.changes = 0
        self.talk = Correspondence(here.run, here.tenant, ordinal, self.changed)

    def changed(self) -> None:
        self.changes += 1

    def ask(self, name: str = "chat", extra: dict[str, object] | None = None) -> tuple[Request, dict[str, Any]]:
        operation = self.world.run.profile.operation(name)
        assert operation is not None
        request, frame = self.talk.compose(name, operation, time.perf_counter(), extra or {})
        return request, orjson.loads(frame)

    def hear(self, frame: object, at_s: float | None = None) -> None:
        text = frame if isinstance(frame, str) else orjson.dumps(frame).decode()
        self.talk.receive(text, time.perf_counter() if at_s is None else at_s)

    def finish(self, request: Request, **fields: object) -> None:
        """The final frame of an honest answer."""
        operation = self.world.run.profile.operation(request.operation)
        assert operation is not None
        self.hear({"type": operation.ends[0], "message_id": request.request_id, **fields})
