"""Reads the rows of a run in one pass and adds them up. Memory grows with tenants, ids and latencies, not with text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import PurePath

from checker.request_counter import DRAIN_S, RequestCounter
from checker.seen_again import learnt
from checker.summary import AttemptCount, NodeHistory, Summary
from evidence.findings import FindingKind, Severity, Sighting
from evidence.oracle import is_control
from evidence.records import (
    NOT_FRESH,
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
    TokenShown,
)
from evidence.runfolder import RunHeader


def summarise(
    header: RunHeader,
    rows: Iterable[tuple[str, int, Row | RowDamaged]],
    stored_operations: Collection[str] = (),
    chat: str = "chat",
    drain_s: float = DRAIN_S,
    writes: Collection[str] = (),
    fades: bool = False,
) -> Summary:
    """Returns what the rows say, added up.

    Args:
        header: the run's header.
        rows: (file name, line number, row or what is wrong with the line), as ``RunFolder.rows`` yields them.
        stored_operations: operations whose canaries a store keeps: theirs are remembered.
        chat: the operation whose first reply ends a tenant's start-up.
        drain_s: how long a stopping tenant waits for its open replies. What was open for longer when the run cut it
            short was not answered in time by the target: a frozen service must not be excused by our stopping.
        writes: operations that change something, beside the chat.
        fades: whether a store keeps entries for a while only: then it is remembered when each request left and ended.
    """
    summariser = _Summariser(Summary(header), frozenset(stored_operations), chat, drain_s, {chat, *writes}, fades)
    for file_name, line, row in rows:
        summariser.take(PurePath(file_name).stem, f"{file_name} line {line}", row)
    return summariser.summary


class _Summariser:
    def __init__(
        self, summary: Summary, stored_operations: frozenset[str], chat: str, drain_s: float, writes: set[str],
        fades: bool,
    ) -> None:  # fmt: skip
        self.summary = summary
        self._requests = RequestCounter(summary, stored_operations, chat, drain_s, writes, fades=fades)
        self._sessions: set[tuple[int, int]] = set()
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
            RequestEnded: self._requests.take,
            SightingSeen: self._sighting,
            IdLearnt: self._learnt,
            TokenShown: self._token,
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

    def _node_started(self, node: NodeHistory, row: NodeStarted) -> None:
        node.started = row

    def _node_ended(self, node: NodeHistory, row: NodeEnded) -> None:
        node.ended, node.lines_before_end = row, node.lines

    def _provisioned(self, node: NodeHistory, row: TenantProvisioned) -> None:
        if row.control or is_control(row.tenant):
            self.summary.controls[row.tenant] = row
        else:
            self.summary.history(row.tenant).provisioned = row

    def _tenant_started(self, node: NodeHistory, row: TenantStarted) -> None:
        if not is_control(row.tenant):
            self.summary.history(row.tenant).started = row
            node.tenants += 1

    def _removed(self, node: NodeHistory, row: TenantRemoved) -> None:
        if row.outcome not in ("begun", "removed", "failed"):
            raise ValueError(f"no outcome: {row.outcome}")
        self.summary.departures[row.tenant] = row

    def _ledger(self, node: NodeHistory, row: TenantLedger) -> None:
        if not is_control(row.tenant):
            self.summary.history(row.tenant).ledger = row

    def _session_opened(self, node: NodeHistory, row: SessionOpened) -> None:
        if is_control(row.tenant):
            return
        tenant, sessions = self.summary.history(row.tenant), self.summary.sessions
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
            if row.detail.startswith(NOT_FRESH):
                self.summary.sessions.not_fresh[row.detail.removeprefix(NOT_FRESH)] += 1

    def _sighting(self, node: NodeHistory, row: SightingSeen) -> None:
        controls = [tenant is not None and is_control(tenant) for tenant in (row.owner, row.recipient)]
        if row.name:
            self.summary.strangers.add(row.sighting())
            self.summary.leaking.note(node.node, row)
        elif row.severity == Severity.KNOWN:
            self.summary.known[row.group] += 1
        elif not all(controls):
            self.summary.live.add(row.sighting())
            self.summary.leaking.note(node.node, row)

    def _token(self, node: NodeHistory, row: TokenShown) -> None:
        self.summary.token_fingerprints.add(row.fingerprint)

    def _learnt(self, node: NodeHistory, row: IdLearnt) -> None:
        """An id that tenants of two nodes learnt was handed to both. Rows come node by node, so who was first is seen
        by the time; the frame that leaked is the later one's.
        """
        if row.names_tenant:
            self.summary.learnt.names.setdefault(row.tenant, []).append(row.value)
        if is_control(row.tenant):
            return
        known, key = self.summary.learnt, (row.thing, row.value)
        first = known.owners.setdefault(key, row)
        if first.tenant == row.tenant:
            known.count[row.thing] += 1
            known.owners[key] = row if first.by_design else first
            return
        earlier, later = (row, first) if row.at_s < first.at_s else (first, row)
        if row.by_design == first.by_design:
            known.shared.add(key)
            known.owners[key] = earlier
        else:
            known.owners[key] = row if first.by_design else first
        if later.by_design:
            return  # what is shown to everybody by the profile's word
        sighting = _handed_to_two(self.summary.header.run_id, earlier, later)
        self.summary.live.add(sighting)
        self.summary.leaking.note(node.node, SightingSeen.of(sighting))

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


def _handed_to_two(run_id: str, earlier: IdLearnt, later: IdLearnt) -> Sighting:
    group = later.kind if later.names_tenant else f"frame {later.kind or '?'}"
    return Sighting(
        kind=FindingKind.SHARED_ID,
        owner=earlier.tenant,
        recipient=later.tenant,
        place=f"{group} of session {later.session} of tenant {later.tenant}",
        group=group,
        at_s=later.at_s,
        excerpt=f"{later.thing}: {later.value[:60]}",
        severity=Severity.SUSPICION if earlier.by_design else Severity.LEAK,
        reproduce=learnt(run_id, later.value),
        detail=f"this {later.thing} was handed to another tenant before, on another node",
    )
