"""``python -m users.dialects.kit PROFILE module:Peer``: tries an adapter, or a profile and a dialect, with a service.

The service is played on loopback by the class that is named (see ``users.dialects.peer``); it may lie beside the
profile. What is tried is what goes wrong in real services: answers out of order, streams that mingle, a connection
that is lost in the middle of a reply, pings, and messages that nobody can read. Exit codes: 0 all is well, 1 something
is not, 2 the arguments are wrong.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import ProfileError
from config.load import load
from config.profile import Profile
from users.dialects.choosing import dialect_of
from users.dialects.mishaps import TRIALS, Skipped
from users.dialects.peer import Peer
from users.dialects.played_session import PlayedSession, played_session
from users.run import SessionUnavailable


@dataclass(frozen=True)
class Tried:
    """What came of one thing: ``problem`` is empty if all is well, ``skipped`` says why it was not tried."""

    what: str
    problem: str = ""
    skipped: str = ""


def check(profile: Profile, peer: Callable[[], Peer]) -> list[Tried]:
    """Tries a profile with its dialect or adapter against a service, and returns what came of each thing.

    Args:
        profile: the profile; its address and credentials are not used.
        peer: makes the service's side of one connection.
    """
    return [Tried(what, *_try(attempt, profile, peer)) for what, attempt in TRIALS.items()]


def _try(attempt: Callable[[PlayedSession], str], profile: Profile, peer: Callable[[], Peer]) -> tuple[str, str]:
    try:
        with played_session(profile, peer) as trial:
            return attempt(trial), ""
    except Skipped as reason:
        return "", str(reason)
    except SessionUnavailable as error:
        return f"the session did not open: {error}", ""
    except Exception as error:
        return f"{type(error).__name__}: {error}", ""


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
