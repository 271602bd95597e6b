"""What the test kit tries: the things that go wrong between a client and a real service, each as a function."""

from __future__ import annotations

from collections.abc import Callable

from evidence.marks import Mark, MarkKind
from evidence.records import SightingSeen
from evidence.requests import Outcome
from users.dialects.peer import Caller
from users.dialects.played_session import PlayedSession

_MANY = 5
_OTHER = 2


class Skipped(Exception):
    """What is tried makes no sense for this protocol; the message says why."""


def _opens(trial: PlayedSession) -> str:
    return trial.answered(trial.ask())


def _correlates(trial: PlayedSession) -> str:
    """Several requests at once, answered message by message in turn, the last one first."""
    if trial.profile.reply_by(trial.profile.operations.chat) == "order":
        raise Skipped("replies come in order")

    def mingled(caller: Caller) -> None:
        if len(caller.asked) == _MANY:
            replies = [list(caller.peer.reply(request)) for request in reversed(caller.asked)]
            while any(replies):
                for reply in replies:
                    if reply:
                        caller.say(reply.pop(0))

    trial.service.answering = mingled
    requests = [trial.ask() for _ in range(_MANY)]
    problems = [problem for request in requests if (problem := trial.answered(request))]
    if problems:
        return f"{len(problems)} of {_MANY} requests at once were not answered: {problems[0]}"
    return _strays(trial)


def _streams(trial: PlayedSession) -> str:
    """Every message of a reply must have gone to its request."""
    request = trial.ask()
    if problem := trial.answered(request):
        return problem
    said = len(trial.caller.peer.reply(trial.caller.asked[0]))
    if len(request.events) != said:
        return f"the reply has {said} messages and {len(request.events)} of them were given to the request"
    return _strays(trial)


def _strays(trial: PlayedSession) -> str:
    trial.until(lambda: trial.tenant.counts.frames == trial.tenant.counts.inspected)
    unmatched = trial.tenant.counts.unmatched
    return f"{unmatched} messages belonged to no request" if unmatched else ""


def _drops(trial: PlayedSession) -> str:
    """The connection is lost in the middle of a reply: that request is unknown, and the next connection answers."""

    def breaks_off(caller: Caller) -> None:
        caller.say(*list(caller.peer.reply(caller.asked[-1]))[:-1])
        caller.drop()

    trial.service.answering = breaks_off
    lost = trial.ask()
    trial.until(lambda: len(trial.service.callers) == 2 and trial.session.is_open)
    if lost.outcome is Outcome.ANSWERED:
        return "a reply whose end was lost counted as answered"
    if not trial.session.is_open:
        return "the session did not open again after its connection was lost"
    trial.service.answering = lambda caller: caller.say(*caller.peer.reply(caller.asked[-1]))
    return trial.answered(trial.ask())


def _answers_pings(trial: PlayedSession) -> str:
    ping = trial.caller.peer.ping()
    if ping is None:
        raise Skipped("the service has no pings")
    trial.caller.say(ping)
    caller = trial.caller
    if not trial.until(lambda: any(caller.peer.is_pong(message) for message in caller.heard)):
        return "a ping was not answered"
    return _strays(trial) or trial.answered(trial.ask())


def _survives(trial: PlayedSession) -> str:
    """What nobody can read must be inspected all the same, and end nothing."""
    foreign = trial.run.key.mint_canary(Mark(MarkKind.PROMPT, _OTHER, 1))
    trial.caller.say(f"\x01 no message of yours {foreign}", b"\xff\xfe\x00" + foreign.encode() + b"\x00")
    trial.until(lambda: trial.tenant.counts.inspected >= 2)
    if trial.answered(trial.ask()):
        return "after a message that can't be read the session was of no use"
    seen = [row for row in trial.kept.rows if isinstance(row, SightingSeen) and row.owner == _OTHER]
    return "" if len(seen) >= 2 else "another tenant's mark in a message that can't be read was not seen"


TRIALS: dict[str, Callable[[PlayedSession], str]] = {
    "a session opens and a chat is answered": _opens,
    f"{_MANY} requests at once are told apart, whatever the order of the answers": _correlates,
    "every message of a reply goes to its request": _streams,
    "a connection lost in the middle of a reply answers nothing, and the next one works": _drops,
    "the service's pings are answered": _answers_pings,
    "messages that can't be read are inspected and end nothing": _survives,
}
