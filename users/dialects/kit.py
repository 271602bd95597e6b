"""``python -m users.dialects.kit PROFILE module:Peer``: tries an adapter, or a profile and a dialect, with a service.

The service is played on loopback by the class that is named (see ``users.dialects.peer``); it may lie beside the
profile. What is tried is what goes wrong in real services: answers out of order, streams that mingle, a connection
that is lost in the middle of a reply, pings, and messages that nobody can read. Exit codes: 0 all is well, 1 something
is not, 2 the arguments are wrong.
"""

from __future__ import annotations

from locust.env import Environment

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import gevent

from config.errors import ProfileError
from config.load import load
from config.profile import Profile
from evidence.budgets import BudgetBands
from evidence.marks import Mark, MarkKind, RunKey
from evidence.naming import EMAIL_DOMAIN
from evidence.records import Row, SightingSeen
from evidence.requests import Outcome, Request
from users.credentials import Credentials
from users.dialects.choosing import dialect_of
from users.dialects.peer import Caller, Peer, PlayedService, played
from users.placing import Introduction, introduce
from users.run import NodeRun, TenantSource
from users.session import Session, SessionUnavailable
from users.tenant import Tenant, TenantIdentity

_PATIENCE_S = 2.0
_MANY = 5
_OWN, _OTHER = 1, 2


@dataclass(frozen=True)
class Tried:
    """What came of one thing: ``problem`` is empty if all is well, ``skipped`` says why it was not tried."""

    what: str
    problem: str = ""
    skipped: str = ""


@dataclass
class _Kept:
    rows: list[Row] = field(default_factory=list)

    def record(self, row: Row) -> None:
        """Keeps a row."""
        self.rows.append(row)


class _AnyToken(Credentials):
    """The played service asks nobody who he is: a made-up token goes wherever one belongs."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._of = profile

    def introduce(self, tenant: TenantIdentity) -> tuple[Introduction, float | None]:
        """Returns an introduction with a token that means nothing."""
        return introduce(self._of, tenant, "kit-token"), None


@dataclass
class _Trial:
    """One session with the played service."""

    service: PlayedService
    profile: Profile
    run: NodeRun
    session: Session
    tenant: Tenant
    kept: _Kept

    @property
    def caller(self) -> Caller:
        return self.service.callers[-1]

    def ask(self) -> Request:
        return self.session.ask("chat", self.profile.operations.chat, time.perf_counter())

    def until(self, condition: Callable[[], object]) -> bool:
        deadline_s = time.perf_counter() + _PATIENCE_S
        while not condition() and time.perf_counter() < deadline_s:
            self.session.keep(time.perf_counter())
            gevent.sleep(0.005)
        return bool(condition())

    def answered(self, request: Request) -> str:
        """An empty string if the request is answered in time, else what became of it."""
        self.until(lambda: request.outcome is not None)
        if request.outcome is Outcome.ANSWERED:
            return ""
        return f"a chat ended {request.outcome or 'not at all'} {request.reason}".rstrip()


def check(profile: Profile, peer: Callable[[], Peer]) -> list[Tried]:
    """Tries a profile with its dialect or adapter against a service, and returns what came of each thing.

    Args:
        profile: the profile; its address and credentials are not used.
        peer: makes the service's side of one connection.
    """
    return [Tried(what, *_try(attempt, profile, peer)) for what, attempt in _TRIALS.items()]


def _try(attempt: Callable[[_Trial], str], profile: Profile, peer: Callable[[], Peer]) -> tuple[str, str]:
    try:
        with _session(profile, peer) as trial:
            return attempt(trial), ""
    except _Skipped as reason:
        return "", str(reason)
    except SessionUnavailable as error:
        return f"the session did not open: {error}", ""
    except Exception as error:
        return f"{type(error).__name__}: {error}", ""


class _Skipped(Exception):
    """What is tried makes no sense for this protocol; the message says why."""


@contextmanager
def _session(profile: Profile, peer: Callable[[], Peer]) -> Iterator[_Trial]:
    with played(peer) as service:
        query = profile.target.url.partition("?")[2]
        target = profile.target.model_copy(
            update={"url": service.url + (f"?{query}" if query else ""), "reply_timeout_s": _PATIENCE_S}
        )
        own = profile.model_copy(update={"target": target})
        key, kept = RunKey.generate(), _Kept()
        run = NodeRun(
            Environment(), run_id="kit", node="kit", worker_index=0, key=key, profile=own, sink=kept,
            tenants=cast(TenantSource, None), names=None,
        )  # fmt: skip
        name = key.mint_id(Mark(MarkKind.TENANT, _OWN))
        identity = TenantIdentity(_OWN, name, f"{name}{EMAIL_DOMAIN}", BudgetBands(key).starting(_OWN))
        tenant = Tenant.of(identity, key)
        session = Session(run, tenant, 0, _AnyToken(own), None)
        try:
            session.open()
            yield _Trial(service, own, run, session, tenant, kept)
        finally:
            run.stopping = True
            session.finish("kit done")


def _opens(trial: _Trial) -> str:
    return trial.answered(trial.ask())


def _correlates(trial: _Trial) -> str:
    """Several requests at once, answered message by message in turn, the last one first."""
    if trial.profile.reply_by(trial.profile.operations.chat) == "order":
        raise _Skipped("replies come in order")

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


def _streams(trial: _Trial) -> str:
    """Every message of a reply must have gone to its request."""
    request = trial.ask()
    if problem := trial.answered(request):
        return problem
    said = len(trial.caller.peer.reply(trial.caller.asked[0]))
    if len(request.events) != said:
        return f"the reply has {said} messages and {len(request.events)} of them were given to the request"
    return _strays(trial)


def _strays(trial: _Trial) -> str:
    trial.until(lambda: trial.tenant.counts.frames == trial.tenant.counts.inspected)
    unmatched = trial.tenant.counts.unmatched
    return f"{unmatched} messages belonged to no request" if unmatched else ""


def _drops(trial: _Trial) -> str:
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


def _answers_pings(trial: _Trial) -> str:
    ping = trial.caller.peer.ping()
    if ping is None:
        raise _Skipped("the service has no pings")
    trial.caller.say(ping)
    caller = trial.caller
    if not trial.until(lambda: any(caller.peer.is_pong(message) for message in caller.heard)):
        return "a ping was not answered"
    return _strays(trial) or trial.answered(trial.ask())


def _survives(trial: _Trial) -> str:
    """What nobody can read must be inspected all the same, and end nothing."""
    foreign = trial.run.key.mint_canary(Mark(MarkKind.PROMPT, _OTHER, 1))
    trial.caller.say(f"\x01 no message of yours {foreign}", b"\xff\xfe\x00" + foreign.encode() + b"\x00")
    trial.until(lambda: trial.tenant.counts.inspected >= 2)
    if trial.answered(trial.ask()):
        return "after a message that can't be read the session was of no use"
    seen = [row for row in trial.kept.rows if isinstance(row, SightingSeen) and row.owner == _OTHER]
    return "" if len(seen) >= 2 else "another tenant's mark in a message that can't be read was not seen"


_TRIALS: dict[str, Callable[[_Trial], str]] = {
    "a session opens and a chat is answered": _opens,
    f"{_MANY} requests at once are told apart, whatever the order of the answers": _correlates,
    "every message of a reply goes to its request": _streams,
    "a connection lost in the middle of a reply answers nothing, and the next one works": _drops,
    "the service's pings are answered": _answers_pings,
    "messages that can't be read are inspected and end nothing": _survives,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m users.dialects.kit", description="Tries an adapter against a service that a class plays."
    )
    parser.add_argument("profile", type=Path, help="the profile, with target.dialect or target.adapter")
    parser.add_argument("peer", help="the service's side, as module:Class; the module may lie beside the profile")
    options = parser.parse_args(arguments)
    try:
        profile, peer = load(options.profile), _peer(options.peer, options.profile.absolute().parent)
        dialect_of(profile)
    except (ProfileError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    tried = check(profile, peer)
    for one in tried:
        word = "fail" if one.problem else "skip" if one.skipped else "pass"
        print(f"  {word}  {one.what}" + (f": {one.problem or one.skipped}" if one.problem or one.skipped else ""))
    return 1 if any(one.problem for one in tried) else 0


def _peer(name: str, folder: Path) -> type[Peer]:
    module_name, _, class_name = name.partition(":")
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{name}: there is no such class: {error}") from None
    if not (isinstance(found, type) and issubclass(found, Peer)):
        raise ValueError(f"{name}: does not derive from users.dialects.peer.Peer")
    return found


if __name__ == "__main__":
    sys.exit(main())
