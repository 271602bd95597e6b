"""Reads the rows of a run in one pass and adds them up. Memory grows with tenants, ids and latencies, not with text."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from pathlib import PurePath

from checker.recent_writes import RecentWrites
from checker.summary import AttemptCount, NodeHistory, OperationCount, Summary, TenantHistory
from evidence.findings import FindingKind, Severity
from evidence.oracle import is_control
from evidence.records import (
    AccessAttempt,
    ConnectFailed,
    ControlCaught,
    DoorAnswers,
    Exposures,
    Gap,
    GeneratorSample,
    HealthAnswer,
    IdLearnt,
    LoudMoment,
    NodeEnded,
    NodeStarted,
    OwnerShutOut,
    RequestEnded,
    Row,
    RowDamaged,
    SessionEnded,
    SessionOpened,
    SightingSeen,
    TenantLedger,
    TenantProvisioned,
    TenantRemoved,
    TenantStarted,
)
from evidence.runfolder import RunHeader

ON_PURPOSE = frozenset({"session dropped", "session closed", "user stopped"})
"""Reasons of unknown requests that the run itself cut short: they weigh on no rate, and on the accounts as ever."""
CUT_SHORT_MARGIN_S = 1.0
"""What a request may be open for beyond the drain before our stopping is no excuse for it."""
DRAIN_S = 5.0
"""How long a stopping tenant waits for its open replies, where the profile does not say otherwise."""


def summarise(
    header: RunHeader,
    rows: Iterable[tuple[str, int, Row | RowDamaged]],
    stored_operations: Collection[str] = (),
    chat: str = "chat",
    drain_s: float = DRAIN_S,
    writes: Collection[str] = (),
) -> Summary:
    """Returns what the rows say, added up.

    Args:
        header: the run's header.
        rows: (file name, line number, row or what is wrong with the line), as ``RunFolder.rows`` yields them.
        stored_operations: operations whose canaries a store keeps: theirs are remembered.
        chat: the operation whose first reply ends a tenant's start-up.
        drain_s: how long a stopping tenant waits for its open replies. What was open for longer when the run cut it
            short was not answered in time by the target: a frozen service must not be excused by our stopping.
        writes: operations that change something, beside the chat and ``state_write``.
    """
    summariser = _Summariser(
        Summary(header), frozenset(stored_operations), chat, drain_s, {chat, "state_write", *writes}
    )
    for file_name, line, row in rows:
        summariser.take(PurePath(file_name).stem, f"{file_name} line {line}", row)
    return summariser.summary


class _Summariser:
    def __init__(
        self, summary: Summary, stored_operations: frozenset[str], chat: str, drain_s: float, writes: set[str]
    ) -> None:
        self.summary = summary
        self._stored_operations = stored_operations
        self._chat = chat
        self._excused_s = drain_s + CUT_SHORT_MARGIN_S
        self._sessions: set[tuple[int, int]] = set()
        self._writes: dict[str, RecentWrites] = defaultdict(lambda: RecentWrites(writes))
        self._takers: dict[type, Callable[..., None]] = {
            NodeStarted: self._node_started,
            NodeEnded: self._node_ended,
            TenantProvisioned: self._provisioned,
            TenantStarted: self._tenant_started,
            TenantRemoved: self._removed,
            TenantLedger: self._ledger,
            SessionOpened: self._session_opened,
            SessionEnded: self._session_ended,
            ConnectFailed: self._connect_failed,
            RequestEnded: self._request_ended,
            SightingSeen: self._sighting,
            IdLearnt: self._learnt,
            Exposures: self._exposures,
            GeneratorSample: self._generator,
            HealthAnswer: self._health,
            Gap: self._gap,
            ControlCaught: self._control,
            AccessAttempt: self._attempt,
            DoorAnswers: self._door_answers,
            OwnerShutOut: self._shut_out,
            LoudMoment: self._loud_moment,
        }

    def take(self, node_name: str, where: str, row: Row | RowDamaged) -> None:
        """Adds one row; a row whose values are of the wrong type is as damaged as one that can't be read."""
        node = self.summary.nodes.get(node_name)
        if node is None:
            node = self.summary.nodes[node_name] = NodeHistory(node_name)
        if isinstance(row, RowDamaged):
            self._damaged(node, f"{where}: {row}")
        else:
            try:
                self._takers[type(row)](node, row)
            except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
                self._damaged(node, f"{where}: a {row.row} row with values that do not fit ({type(error).__name__})")
        node.lines += 1
        self.summary.rows += 1

    def _damaged(self, node: NodeHistory, what: str) -> None:
        node.damaged += 1
        self.summary.damaged += 1
        self.summary.damaged_example = self.summary.damaged_example or what

    def _tenant(self, number: int) -> TenantHistory:
        tenant = self.summary.tenants.get(number)
        if tenant is None:
            tenant = self.summary.tenants[number] = TenantHistory()
        return tenant

    def _node_started(self, node: NodeHistory, row: NodeStarted) -> None:
        node.started = row

    def _node_ended(self, node: NodeHistory, row: NodeEnded) -> None:
        node.ended, node.lines_before_end = row, node.lines

    def _provisioned(self, node: NodeHistory, row: TenantProvisioned) -> None:
        if row.control or is_control(row.tenant):
            self.summary.controls[row.tenant] = row
        else:
            self._tenant(row.tenant).provisioned = row

    def _tenant_started(self, node: NodeHistory, row: TenantStarted) -> None:
        if not is_control(row.tenant):
            self._tenant(row.tenant).started = row
            node.tenants += 1

    def _removed(self, node: NodeHistory, row: TenantRemoved) -> None:
        if row.outcome not in ("begun", "removed", "failed"):
            raise ValueError(f"no outcome: {row.outcome}")
        self.summary.departures[row.tenant] = row

    def _ledger(self, node: NodeHistory, row: TenantLedger) -> None:
        if not is_control(row.tenant):
            self._tenant(row.tenant).ledger = row

    def _session_opened(self, node: NodeHistory, row: SessionOpened) -> None:
        if is_control(row.tenant):
            return
        tenant, sessions = self._tenant(row.tenant), self.summary.sessions
        tenant.connections += 1
        sessions.connections += 1
        sessions.resumed += row.resumed
        sessions.opened_at_s.append(row.at_s)
        if (row.tenant, row.session) not in self._sessions:
            self._sessions.add((row.tenant, row.session))
            sessions.sessions += 1
        if tenant.connect_ms is None and row.connection == 0:
            tenant.connect_ms = row.total_ms
        for name in ("auth", "tcp", "tls", "upgrade", "total"):
            value_ms = getattr(row, f"{name}_ms")
            if value_ms is not None:
                self.summary.latencies.add("connect", name, value_ms)

    def _session_ended(self, node: NodeHistory, row: SessionEnded) -> None:
        if is_control(row.tenant):
            return
        sessions = self.summary.sessions
        sessions.ended_at_s.append(row.at_s)
        if row.how == "closed":
            sessions.closed += 1
        elif row.how == "dropped":
            sessions.dropped += 1
        else:
            sessions.lost += 1
            sessions.lost_reasons[f"code {row.code} {row.reason}".strip() if row.code else row.reason or "?"] += 1

    def _connect_failed(self, node: NodeHistory, row: ConnectFailed) -> None:
        if not is_control(row.tenant):
            self.summary.sessions.failures += 1
            status = f" {row.status}" if row.status is not None else ""
            self.summary.sessions.failure_reasons[f"{row.stage}{status}: {row.detail}"[:160]] += 1

    def _request_ended(self, node: NodeHistory, row: RequestEnded) -> None:
        if is_control(row.tenant):
            return
        tenant = self._tenant(row.tenant)
        count = self.summary.operations.get(row.operation)
        if count is None:
            count = self.summary.operations[row.operation] = OperationCount()
        if row.late_answer and row.sequence in tenant.undecided:
            # The request was counted as unknown when it was given up, and stays so: nothing is counted twice.
            tenant.undecided.discard(row.sequence)
            tenant.late_answers += 1
            count.late_answers += 1
            self.summary.replies.answered(row.sent_at_s + (row.reply_ms or row.first_ms or 0.0) / 1000)
            return
        if row.outcome == "said":
            count.said += 1
            return  # nothing is ever answered to it: it proves nothing, and weighs on no rate
        node.requests += 1
        if row.outcome == "answered" or (row.outcome == "refused" and row.expected):
            self.summary.replies.answered(_ended_at_s(row))
        elif row.outcome == "unknown":
            self.summary.replies.unanswered(row.sent_at_s, _ended_at_s(row))
        else:
            self.summary.replies.ended(_ended_at_s(row))
        self._count_outcome(tenant, count, row)
        self._measure(tenant, row)
        if row.outcome == "answered":
            self.summary.exposures["reads_after_writes"] += self._writes[node.node].precede(row)

    def _count_outcome(self, tenant: TenantHistory, count: OperationCount, row: RequestEnded) -> None:
        if row.outcome == "answered":
            tenant.answered += 1
            tenant.answers[row.operation] = tenant.answers.get(row.operation, 0) + 1
            count.answered += 1
            count.showed_own += row.own_marks > 0
            if row.canaries and row.operation in self._stored_operations:
                tenant.stored.setdefault(row.operation, array("L")).extend(row.canaries)
            return
        if row.outcome == "refused":
            tenant.refused += 1
            count.refused += 1
            count.due += row.expected
        elif row.outcome == "unknown":
            tenant.unknown += 1
            count.unknown += 1
            count.on_purpose += self._cut_short(row)
            tenant.undecided.add(row.sequence)
        else:
            raise ValueError(f"no outcome: {row.outcome}")
        count.reasons[row.reason[:120] or "no reason given"] += 1

    def _cut_short(self, row: RequestEnded) -> bool:
        """Whether the run, and not the target, is to blame that this request has no answer."""
        known = row.ended_at_s > 0  # evidence of older runs does not tell
        return row.reason in ON_PURPOSE and not (known and row.ended_at_s - row.sent_at_s > self._excused_s)

    def _measure(self, tenant: TenantHistory, row: RequestEnded) -> None:
        last_at_s = row.sent_at_s + (row.reply_ms or row.first_ms or 0.0) / 1000
        tenant.first_at_s = row.sent_at_s if tenant.first_at_s is None else min(tenant.first_at_s, row.sent_at_s)
        tenant.last_at_s = max(tenant.last_at_s, last_at_s)
        if row.operation == self._chat and _is_earlier(row, tenant.first_chat):
            tenant.first_chat = (row.sent_at_s, row.first_ms)
        latencies = self.summary.latencies
        if row.operation == self._chat and row.outcome == "answered" and row.first_ms is not None:
            chats = self.summary.chats
            chats.sent_at_s.append(row.sent_at_s)
            chats.tenants.append(row.tenant)
            chats.first_ms.append(row.first_ms)
        if row.first_ms is not None:
            latencies.add("first", row.operation, row.first_ms)
        for event, at_ms in row.events if len(row.events) > 1 else ():  # a lone event is the reply itself
            latencies.add("event", f"{row.operation} {event}", float(at_ms))
        if row.reply_ms is not None and row.outcome != "unknown":
            latencies.add("reply", row.operation, row.reply_ms)
            latencies.add("intended", row.operation, row.reply_ms + row.late_ms)

    def _sighting(self, node: NodeHistory, row: SightingSeen) -> None:
        controls = [tenant is not None and is_control(tenant) for tenant in (row.owner, row.recipient)]
        if row.severity == Severity.KNOWN:
            self.summary.known[row.group] += 1
        elif not all(controls):
            self.summary.live.add(row.sighting())
            self.summary.leaking.note(node.node, row)

    def _learnt(self, node: NodeHistory, row: IdLearnt) -> None:
        if is_control(row.tenant):
            return
        learnt, key = self.summary.learnt, (row.thing, row.value)
        first = learnt.owners.setdefault(key, row.tenant)
        if first == row.tenant:
            learnt.count[row.thing] += 1
            return
        learnt.shared.add(key)
        from_sighting = SightingSeen(
            kind=FindingKind.SHARED_ID,
            owner=first,
            recipient=row.tenant,
            place=f"{row.thing} id {row.value[:60]}",
            group=f"{row.thing} ids",
            at_s=self.summary.header.started_at_s,
            excerpt=f"{row.thing}: {row.value[:60]}",
            severity="leak",
            detail=f"this {row.thing} was handed to two tenants",
        )
        self.summary.live.add(from_sighting.sighting())

    def _exposures(self, node: NodeHistory, row: Exposures) -> None:
        self.summary.exposures.update(row.counts)

    def _generator(self, node: NodeHistory, row: GeneratorSample) -> None:
        node.late_s += row.late_s
        node.watched_s += row.span_s
        node.lag_ms.append(row.lag_max_ms)
        node.cpu_percent.append(row.cpu_percent)
        node.memory_mb.append(row.memory_mb)

    def _health(self, node: NodeHistory, row: HealthAnswer) -> None:
        self.summary.health.setdefault(row.name, []).append(row)

    def _gap(self, node: NodeHistory, row: Gap) -> None:
        self.summary.gaps.append(row)

    def _attempt(self, node: NodeHistory, row: AccessAttempt) -> None:
        count = self.summary.attempts.setdefault(row.name, AttemptCount(row.does))
        count.outcomes[row.outcome] += 1
        count.details[row.detail] += bool(row.detail)

    def _door_answers(self, node: NodeHistory, row: DoorAnswers) -> None:
        self.summary.door_answers.setdefault(row.door, []).append(row)

    def _shut_out(self, node: NodeHistory, row: OwnerShutOut) -> None:
        self.summary.shut_out.append(row)

    def _loud_moment(self, node: NodeHistory, row: LoudMoment) -> None:
        moments = self.summary.loud_moments
        moments.at_s.append(row.at_s)
        moments.tenants.append(row.tenant)
        moments.loud.append(row.loud)

    def _control(self, node: NodeHistory, row: ControlCaught) -> None:
        node.controls.append(row)


def _ended_at_s(row: RequestEnded) -> float:
    """When a request ended, in Unix seconds; of an older run's evidence what its reply's time tells."""
    return row.ended_at_s or row.sent_at_s + (row.reply_ms or row.first_ms or 0.0) / 1000


def _is_earlier(row: RequestEnded, known: tuple[float, float | None] | None) -> bool:
    """Rows come in the order in which requests ended; the first chat is the one that left first and got a frame."""
    if known is None:
        return True
    if (row.first_ms is None) != (known[1] is None):
        return known[1] is None
    return row.sent_at_s < known[0]
