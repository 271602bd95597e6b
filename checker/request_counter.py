"""Counts the requests of a run by how they ended, and keeps how long they took."""

from __future__ import annotations

from array import array
from collections import defaultdict

from checker.recent_writes import RecentWrites
from checker.retention import write_of
from checker.summary import NodeHistory, Summary, TenantHistory
from checker.traffic import OperationCount
from config.profile import TOO_LONG
from evidence.oracle import is_control
from evidence.records import RequestEnded

ON_PURPOSE = frozenset({"session dropped", "session closed", "user stopped"})
"""Reasons of unknown requests that the run itself cut short: they weigh on no rate, and on the accounts as ever."""
CUT_SHORT_MARGIN_S = 1.0
"""What a request may be open for beyond the drain before our stopping is no excuse for it."""
DRAIN_S = 5.0
"""How long a stopping tenant waits for its open replies, where the profile does not say otherwise."""


class RequestCounter:
    """Adds requests to a summary.

    Args:
        summary: is filled.
        stored_operations: operations whose canaries a store keeps: theirs are remembered.
        chat: the operation whose first reply ends a tenant's start-up.
        drain_s: how long a stopping tenant waits for its open replies.
        writes: all operations that change something.
        fades: whether a store keeps entries for a while only.
    """

    def __init__(
        self, summary: Summary, stored_operations: frozenset[str], chat: str, drain_s: float, writes: set[str], *,
        fades: bool = False,
    ) -> None:  # fmt: skip
        self._summary = summary
        self._stored_operations = stored_operations
        self._chat = chat
        self._fades = fades
        self._excused_s = drain_s + CUT_SHORT_MARGIN_S
        self._writing = frozenset(writes)
        self._writes: dict[str, RecentWrites] = defaultdict(lambda: RecentWrites(writes))

    def take(self, node: NodeHistory, row: RequestEnded) -> None:
        """Counts a request that a node wrote down as ended."""
        if self._fades and not row.late_answer:
            self._summary.writes.setdefault(row.tenant, []).append(write_of(row))
        if is_control(row.tenant):
            return
        tenant = self._summary.history(row.tenant)
        count = self._summary.operations.get(row.operation)
        if count is None:
            count = self._summary.operations[row.operation] = OperationCount()
        if row.late_answer and row.sequence in tenant.undecided:
            # The request was counted as unknown when it was given up, and stays so: nothing is counted twice.
            tenant.undecided.discard(row.sequence)
            tenant.late_answers += 1
            count.late_answers += 1
            self._summary.replies.answered(row.sent_at_s + (row.reply_ms or row.first_ms or 0.0) / 1000)
            return
        if row.outcome == "said":
            count.said += 1
            return  # nothing is ever answered to it: it proves nothing, and weighs on no rate
        node.requests += 1
        if row.outcome == "answered" or (row.outcome == "refused" and row.expected):
            self._summary.replies.answered(_ended_at_s(row))
        elif row.outcome == "unknown" and not row.operation.startswith(TOO_LONG):
            self._summary.replies.unanswered(row.sent_at_s, _ended_at_s(row))
        else:
            self._summary.replies.ended(_ended_at_s(row))
        self._count_outcome(tenant, count, row)
        self._measure(tenant, row)
        if row.outcome == "answered":
            self._summary.exposures["reads_after_writes"] += self._writes[node.node].precede(row)

    def _count_outcome(self, tenant: TenantHistory, count: OperationCount, row: RequestEnded) -> None:
        if row.canaries and row.operation.startswith(TOO_LONG):  # however it ended: nothing is expected of it
            tenant.stored.setdefault(row.operation, array("L")).extend(row.canaries)
        if row.outcome == "answered":
            tenant.answered += 1
            tenant.answers[row.operation] = tenant.answers.get(row.operation, 0) + 1
            count.answered += 1
            count.showed_own += row.own_marks > 0
            count.too_early += not row.own_marks and self._is_too_early(tenant, row)
            if row.operation in self._writing:
                tenant.said_at_s.setdefault(row.operation, _ended_at_s(row))  # rows come in the order of their ends
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

    def _is_too_early(self, tenant: TenantHistory, row: RequestEnded) -> bool:
        """Whether an account had nothing of this run that an answer could have shown: nothing is planted for accounts.

        What state a tenant has is told by its own writes alone, where there are any.
        """
        if tenant.provisioned is None or not tenant.provisioned.existed or row.operation in self._writing:
            return False
        of_state = row.operation == "state_read" and "state_write" in self._writing
        said = tenant.said_at_s
        first_s = said.get("state_write") if of_state else min(said.values(), default=None)
        return first_s is None or row.sent_at_s < first_s

    def _cut_short(self, row: RequestEnded) -> bool:
        """Whether the run, and not the target, is to blame that this request has no answer."""
        if row.operation.startswith(TOO_LONG):
            return True
        known = row.ended_at_s > 0  # evidence of older runs does not tell
        return row.reason in ON_PURPOSE and not (known and row.ended_at_s - row.sent_at_s > self._excused_s)

    def _measure(self, tenant: TenantHistory, row: RequestEnded) -> None:
        last_at_s = row.sent_at_s + (row.reply_ms or row.first_ms or 0.0) / 1000
        tenant.first_at_s = row.sent_at_s if tenant.first_at_s is None else min(tenant.first_at_s, row.sent_at_s)
        tenant.last_at_s = max(tenant.last_at_s, last_at_s)
        if row.operation == self._chat and _is_earlier(row, tenant.first_chat):
            tenant.first_chat = (row.sent_at_s, row.first_ms)
        latencies = self._summary.latencies
        if row.operation == self._chat and row.outcome == "answered" and row.first_ms is not None:
            chats = self._summary.chats
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
