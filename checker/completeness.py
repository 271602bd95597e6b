"""Did all of the evidence arrive? Each check is a plain function that returns the reasons why not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from checker.figures import count, listed, percent
from checker.request_counter import ON_PURPOSE
from checker.summary import NodeHistory, Summary
from config.profile import TRIED
from evidence.records import FRAMES_CUT, UNMATCHED


def fatal_gaps(summary: Summary) -> list[str]:
    """What ended the run before it had begun, in the words it was written down with, each once."""
    return list(dict.fromkeys(gap.what for gap in summary.gaps if gap.fatal))


def cleaned_up(summary: Summary) -> list[str]:
    """After the clean-up the stores hold nothing of the run, and reading them again proves nothing."""
    cleaned_at_s = summary.header.cleaned_at_s
    if cleaned_at_s is None:
        return []
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(cleaned_at_s))
    return [f"what the run created was removed at {at}: to check a run again, start it with --keep-data"]


ACTED_SHARE = 0.95
"""Fewer of the tenants that were asked for, and the run was not the one that was wanted."""
UNMATCHED_SHARE = 0.005
"""More frames than this that belong to no request and are no push: the profile does not fit what the target says."""


def notes(summary: Summary) -> list[str]:
    """Gaps that ended nothing, each once, a few frames that fit nothing, and nodes that were turned away."""
    found = list(dict.fromkeys(gap.what for gap in summary.gaps if not gap.fatal))
    if not too_few_acted(summary) and _users_that_acted(summary) < summary.header.users:
        found.append(_acted_sentence(summary))
    if not frames_not_matched(summary) and _unmatched(summary):
        found.append(_unmatched_sentence(summary))
    if cut := summary.exposures[FRAMES_CUT]:
        frames = count(cut, "frame was", "frames were")
        found.append(f"{frames} too large to be seen through whole: what is encoded in the rest was not read")
    if summary.header.refused_nodes:
        found.append(f"nodes of another run were turned away: {listed(summary.header.refused_nodes, 5)}")
    return found


def too_few_acted(summary: Summary) -> list[str]:
    """The verdict is about the tenants that were asked for, so nearly all of them must have acted.

    One limit holds however the run ended: stopped by hand before everybody was there it proved as little about the
    missing ones as if they had failed to start. The few in a hundred that may be missing leave room for users that
    Locust stops and starts anew while it balances workers. A user may play two tenants, which only adds.
    """
    acted, wanted = _users_that_acted(summary), summary.header.users
    return [_acted_sentence(summary)] if acted and acted < ACTED_SHARE * wanted else []


def _users_that_acted(summary: Summary) -> int:
    """How many tenants acted but for those that took the place of one that had left for good."""
    return sum(tenant.started is None or tenant.started.follows is None for tenant in summary.acted.values())


def _acted_sentence(summary: Summary) -> str:
    return f"{_users_that_acted(summary):,} of the {count(summary.header.users, 'tenant')} that were asked for acted"


def nothing_happened(summary: Summary) -> list[str]:
    """A run without tenants, without requests or without a single answer has shown nothing."""
    if not summary.acted:
        return ["there were no tenants, so nothing was looked at"]
    if not summary.sent:
        sessions = summary.sessions
        opened = (
            "no session was opened" if not sessions.connections else f"{count(sessions.sessions, 'session')} opened"
        )
        why = f", {count(sessions.failures, 'connect')} failed{_commonest(sessions.failure_reasons)}"
        return [f"no request was sent ({opened}{why if sessions.failures else ''})"]
    if not summary.answered:
        return [f"0 of {count(summary.sent, 'request')} answered{_commonest(_reasons(summary, summary.operations))}"]
    return _never_answered(summary)


def _never_answered(summary: Summary) -> list[str]:
    """Agents that stay silent while pings come back have shown nothing, also if the run ended before time-outs did.

    An error in place of every answer is silence too; only a refusal that was due says what it should.
    """
    silent = [
        name
        for name, ended in summary.operations.items()
        if not ended.answered and ended.refused - ended.due + ended.unknown > 0 and not name.startswith(TRIED)
    ]
    if not silent:
        return []
    asked = count(sum(summary.operations[name].sent for name in silent), "request")
    kinds = ("the kind " if len(silent) == 1 else "the kinds ") + listed(silent, 5)
    reasons = {reason: times for reason, times in _reasons(summary, silent).items() if reason not in ON_PURPOSE}
    return [f"0 of {asked} answered of {kinds}{_commonest(reasons)}"]


def _reasons(summary: Summary, operations: Iterable[str]) -> dict[str, int]:
    reasons: Counter[str] = Counter()
    for name in operations:
        reasons.update(summary.operations[name].reasons)
    return reasons


def _commonest(reasons: dict[str, int]) -> str:
    if not reasons:
        return ""
    reason = max(reasons, key=lambda name: reasons[name])
    return f"; most often: {reason} ({reasons[reason]:,}×)"


def lost_nodes(summary: Summary) -> list[str]:
    """The run must have ended, and every node must have said that it is done and be seen to have said everything."""
    reasons: list[str] = []
    header = summary.header
    if header.ended_at_s is None:
        reasons.append("the run never ended: it was killed, or it is still going on")
    silent = [name for name in header.nodes if name not in summary.nodes]
    reasons += [f"node {name} took part and none of its evidence arrived" for name in silent]
    for node in summary.nodes.values():
        reasons += _of_node(summary, node)
    return reasons


def _of_node(summary: Summary, node: NodeHistory) -> Iterator[str]:
    part = f"its {count(node.tenants, 'tenant')} and {count(node.requests, 'request')}"
    if node.started is not None and node.ended is None:
        yield f"node {node.node} was lost: {part} are known only in part"
    elif node.ended is not None and node.ended.rows != node.lines_before_end:
        yield (
            f"node {node.node} wrote {count(node.ended.rows, 'row')} and {node.lines_before_end:,} arrived: "
            f"{part} are known only in part"
        )
    elif node.node in summary.header.nodes and node.node not in summary.header.drained:
        yield f"node {node.node} never said that it was done: {part} may be known only in part"


def is_complete(summary: Summary, node: NodeHistory) -> bool:
    """Returns whether everything this node wrote has arrived."""
    return not node.damaged and not any(True for _ in _of_node(summary, node))


def damaged_rows(summary: Summary) -> list[str]:
    """Lines of evidence that can't be read."""
    if not summary.damaged:
        return []
    lines = count(summary.damaged, "line")
    return [f"{lines} of evidence can't be read, the first is {summary.damaged_example}"]


def counts_disagree(summary: Summary) -> list[str]:
    """The ledgers, the nodes' own counts, Locust's statistics and the rows must tell the same numbers."""
    return [*_ledgers_disagree(summary), *_nodes_disagree(summary), *_locust_disagrees(summary)]


def _ledgers_disagree(summary: Summary) -> Iterator[str]:
    torn, different, absent = [], [], []
    for number, tenant in summary.tenants.items():
        ledger = tenant.ledger
        if ledger is None:
            if tenant.acted:
                absent.append(summary.name(number))
            continue
        if ledger.sent != ledger.answered + ledger.refused + ledger.unknown_requests:
            torn.append(summary.name(number))
        # A late answer moves a request from unknown to answered in the ledger and leaves its row as it was.
        late = tenant.late_answers
        if (
            ledger.sent != tenant.sent
            or not tenant.answered <= ledger.answered <= tenant.answered + late
            or not tenant.refused <= ledger.refused <= tenant.refused + late
        ):
            told = f"{ledger.sent:,} sent and {ledger.answered:,} answered"
            different.append(f"{summary.name(number)} ({told} against {tenant.sent:,} and {tenant.answered:,})")
    if torn:
        yield (
            f"in {count(len(torn), 'ledger')} the requests sent are not those answered, refused and unknown together: "
            f"{listed(torn)}"
        )
    if different:
        yield (
            f"{count(len(different), 'ledger')} and the requests in the evidence tell different counts: "
            f"{listed(different)}"
        )
    if absent:
        yield f"{count(len(absent), 'tenant')} acted and never closed a ledger: {listed(absent)}"


def _nodes_disagree(summary: Summary) -> Iterator[str]:
    for node in summary.nodes.values():
        if node.ended is not None and node.ended.sent != node.requests:
            yield (
                f"node {node.node} counted {count(node.ended.sent, 'request')} and its evidence has {node.requests:,}"
            )


def _locust_disagrees(summary: Summary) -> Iterator[str]:
    counted = summary.header.locust_requests
    if counted is not None and counted != summary.sent:
        yield f"Locust counted {count(counted, 'request')} and the evidence has {summary.sent:,}"


def frames_not_inspected(summary: Summary) -> list[str]:
    """Every frame that arrived must have been looked at."""
    frames = inspected = 0
    for tenant in summary.tenants.values():
        if tenant.ledger is not None:
            frames += tenant.ledger.frames
            inspected += tenant.ledger.frames_inspected
    if frames == inspected:
        return []
    return [f"{frames - inspected:,} of {count(frames, 'frame')} were not inspected"]


def frames_not_matched(summary: Summary) -> list[str]:
    """Frames that answer no request that was asked may be somebody else's, or tell that ids are looked for amiss."""
    return [_unmatched_sentence(summary)] if _unmatched(summary) > UNMATCHED_SHARE * _frames(summary) else []


def _frames(summary: Summary) -> int:
    return sum(tenant.ledger.frames for tenant in summary.tenants.values() if tenant.ledger is not None)


def _unmatched(summary: Summary) -> int:
    return sum(tenant.ledger.unmatched for tenant in summary.tenants.values() if tenant.ledger is not None)


def _unmatched_sentence(summary: Summary) -> str:
    frames, unmatched = _frames(summary), _unmatched(summary)
    return (
        f"{unmatched:,} of {count(frames, 'frame')} ({percent(unmatched, frames)}) belonged to no request and were no "
        f"push of the profile's, at most {percent(UNMATCHED_SHARE, 1)} may{_unmatched_kinds(summary)}"
    )


def _unmatched_kinds(summary: Summary) -> str:
    """What to name in the profile, most probably."""
    kinds = Counter({
        name.removeprefix(UNMATCHED): times for name, times in summary.exposures.items() if name.startswith(UNMATCHED)
    })  # fmt: skip
    if not kinds:
        return ""
    told = listed((f"{kind} ({times:,}×)" for kind, times in kinds.most_common()), 3)
    return f"; of the kinds {told}: name in frames.pushes or frames.housekeeping what answers nothing"
