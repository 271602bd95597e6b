"""Was enough seen to say anything? Each check is a plain function that returns the reasons why not."""

from __future__ import annotations

from checker.figures import count, listed, percent, tenants
from checker.overlap import overlapping_pairs
from checker.summary import Summary
from config.profile import RENEWAL, Profile
from config.template import placeholders
from evidence.records import PUSHED_OWN, SUBSCRIBED_OWN

HOLLOW_SHARE = 0.01
"""More answers than this that had to show own marks and did not: reading proved nothing."""
FAILED_CONNECTS = 0.05
"""More failed connects than this, where the profile sets no success rate, and the run is inconclusive."""

TOO_LATE_S = 15.0
"""A tenant that began less than this before the end of the run may not have come to send anything."""
SIGNS_OF_LIFE = frozenset({"ping", "resume", RENEWAL})
"""Operations whose answer only says that the connection is there, and who is let in on it."""
_NOBODY_ELSES = ("message_id", "test_id", "uuid")


def pairs(summary: Summary) -> int:
    """Returns how many pairs of tenants had requests open or between first and last at the same time."""
    return overlapping_pairs(
        [(tenant.first_at_s, tenant.last_at_s) for tenant in summary.tenants.values() if tenant.first_at_s is not None]
    )


def control_not_caught(summary: Summary) -> list[str]:
    """On every node that ran tenants the live control must have been planted and caught."""
    reasons = []
    for node in summary.nodes.values():
        if any(control.caught for control in node.controls):
            missed = [control.detail for control in node.controls if not control.caught]
            if missed:
                reasons.append(f"the live control on node {node.node} was caught only at times: {listed(missed, 1)}")
        elif node.controls:
            detail = next((control.detail for control in node.controls if control.detail), "")
            reasons.append(
                f"the live control on node {node.node} was not caught, so a leak might go unseen there"
                + (f": {detail}" if detail else "")
            )
        elif node.tenants:
            reasons.append(
                f"no live control was planted on node {node.node}, so nothing shows that its oracle sees leaks"
            )
    return reasons


def silent_tenants(summary: Summary, profile: Profile) -> list[str]:
    """Every tenant must have had so many inspected replies that could have shown somebody else's.

    A pong says nothing of anybody, so that a tenant which only got pongs was not looked at.
    """
    needed, late = profile.thresholds.replies_per_tenant, set(_came_too_late(summary))
    silent = [
        summary.name(number)
        for number, tenant in summary.acted.items()
        if number not in late
        and sum(times for name, times in tenant.answers.items() if _is_telling(name, profile)) < needed
    ]
    if not silent:
        return []
    verb = " has" if len(silent) == 1 else ", have"
    blind = [name for name in summary.operations if _is_blind(name, profile)]
    remedy = f" (replies to {listed(blind, 3)} could be anybody's: say shows_own where they show the tenant's own)"
    return [
        f"{tenants(silent)}{verb} fewer than {count(needed, 'inspected reply', 'inspected replies')}: "
        f"nothing is proven about them{remedy if blind else ''}"
    ]


def came_too_late(summary: Summary) -> list[str]:
    """Tenants that the end of the run overtook say nothing against the others: they are told, and doubt nothing."""
    late = _came_too_late(summary)
    return [f"{count(len(late), 'tenant')} came too late to send anything"] if late else []


def _came_too_late(summary: Summary) -> list[int]:
    header, end_s = summary.header, summary.replies.last_end_at_s
    if not end_s:
        return []
    # Of a short run no more than the latter half is its end: else nobody would have to send anything.
    began_s = end_s - min(TOO_LATE_S, (end_s - header.started_at_s) / 2)
    return [
        number
        for number, tenant in summary.acted.items()
        if not tenant.sent and tenant.started is not None and tenant.started.at_s > began_s
    ]


def _is_telling(name: str, profile: Profile) -> bool:
    """Whether the reply to an operation is more than a sign of life, and told from another tenant's: by an id that no
    other request has, or by what it must show of the tenant's own. Kinds, order and counters are everybody's.
    """
    operation = profile.operation(name)
    if operation is None or name in SIGNS_OF_LIFE or operation.leaks_by_design is not None:
        return False
    if operation.shows_own or profile.reply_by(operation) == "content":
        return True
    return profile.reply_by(operation) == "id" and not placeholders(operation.send).isdisjoint(_NOBODY_ELSES)


def _is_blind(name: str, profile: Profile) -> bool:
    return profile.operations.get(name) is not None and name not in SIGNS_OF_LIFE and not _is_telling(name, profile)


def hollow_answers(summary: Summary, profile: Profile) -> list[str]:
    """What must show the tenant's own marks must have shown them, or an empty answer would pass for a clean one."""
    reasons = []
    for name, counted in summary.operations.items():
        operation = profile.operations.get(name)
        if operation is None or not operation.shows_own or operation.subscribes or not counted.answered:
            continue
        if not counted.owing:
            reasons.append(
                f"no answer to {name} could show the tenant's own marks, for each was asked for before the account had "
                "said anything in this run"
            )
        hollow = counted.owing - counted.showed_own
        if hollow > HOLLOW_SHARE * counted.owing:
            reasons.append(
                f"{hollow:,} of {count(counted.owing, 'answer')} to {name} "
                f"({percent(hollow, counted.owing)}) showed none of the tenant's own marks: an empty answer proves "
                "nothing"
            )
    return reasons


def pushes_not_seen(summary: Summary, profile: Profile) -> list[str]:
    """Where pushes show own marks one at least must have, of each kind and each subscription that promises so, or
    nothing shows that they arrived and were looked at. What one kind brings says nothing of another.
    """
    subscriptions = [name for name, operation in profile.operations.all().items() if operation.subscribes]
    showing = [name for name in subscriptions if (found := profile.operation(name)) is not None and found.shows_own]
    missed = [kind for kind in profile.frames.pushes_show_own if not summary.exposures[f"{PUSHED_OWN}{kind}"]]
    missed += [name for name in showing if not summary.exposures[f"{SUBSCRIBED_OWN}{name}"]]
    if not missed or not summary.answered:
        return []
    return [
        f"no push that showed its tenant's own marks was ever seen ({listed(missed)}), so nothing is proven of pushes"
    ]


def ended_by_silence(summary: Summary, profile: Profile) -> list[str]:
    """Replies without an end mark: whether they were whole nobody can say."""
    return [
        f"replies to {name} have no end mark: {operation.ends_after_silence_s:g} s of silence counted as their end"
        for name, operation in profile.operations.all().items()
        if operation.ends_after_silence_s is not None and name in summary.operations
    ]


def not_together(summary: Summary) -> list[str]:
    """Leaks between tenants need at least two of them at the same time."""
    acting = sum(tenant.first_at_s is not None for tenant in summary.tenants.values())
    if acting == 1:
        return ["only one tenant acted, and isolation takes at least two"]
    if acting and not pairs(summary):
        return [f"none of the {count(acting, 'tenant')} acted at the same time as another"]
    return []


def too_many_unknown(summary: Summary, profile: Profile) -> list[str]:
    """Requests of unknown end, but for those that the run itself cut short, must be few."""
    unknown = sum(count.unknown - count.on_purpose for count in summary.operations.values())
    judged = sum(count.judged for count in summary.operations.values())
    limit = profile.thresholds.unknown_share
    if not summary.answered or unknown <= limit * judged:
        return []
    return [
        f"{unknown:,} of {count(judged, 'request')} ({percent(unknown, judged)}) ended unknown, at most "
        f"{percent(limit, 1)} may"
    ]


def too_many_connects_failed(summary: Summary, profile: Profile) -> list[str]:
    """Tenants that could not connect were not looked at."""
    sessions = summary.sessions
    attempts = sessions.connections + sessions.failures
    rate = profile.thresholds.success_rate
    limit = FAILED_CONNECTS if rate is None else 1.0 - rate
    if not attempts or not sessions.failures or sessions.failures <= limit * attempts:
        return []
    commonest = sessions.failure_reasons.most_common(1)[0][0]
    share = percent(sessions.failures, attempts)
    return [
        f"{sessions.failures:,} of {count(attempts, 'connect')} failed ({share}, at most {percent(limit, 1)} may), "
        f"most often at {commonest}"
    ]
