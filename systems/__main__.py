"""``python -m systems``: load a real system with the swarm, set up as it is meant to be or wrongly on purpose."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from systems.errors import SystemsError
from systems.launch import check, run, swarm
from systems.system import find, names
from target.embedded import EmbeddedStoreError, Guardian
from target.embedded.foreground import Interrupted, Interruptions

FAILED = 1
TOOL_FAILED = 2


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says.

    Returns:
        ``run``: the swarm's exit code; ``start``: the command's; ``check``: 0 if every run came out as it must, else 1;
        2 if it could not be done.
    """
    own, rest = _split(arguments)
    options = _parser().parse_args(own)
    interruptions = Interruptions()
    try:
        with Guardian() as guardian:
            if options.command == "list":
                return _list()
            if options.command == "check":
                return _check(options.names or names(), guardian, interruptions)
            system = find(options.name)
            command = rest
            if options.command == "run":
                command = swarm(system, options.broken, options.users, options.seconds, rest)
            return run(system, options.broken, command, guardian, interruptions)
    except (SystemsError, EmbeddedStoreError) as error:
        print(f"systems: {error}", file=sys.stderr)
        return TOOL_FAILED
    except Interrupted as interrupted:
        return interrupted.exit_code


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    everything = list(arguments)
    if "--" not in everything:
        return everything, []
    at = everything.index("--")
    return everything[:at], everything[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m systems", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="which systems there are, and how each can be set up wrongly")
    for name, text in (
        ("run", "load one and judge it; what follows -- goes to Locust"),
        ("start", "start one and run the command that follows --, with the variables of its profile"),
    ):
        one = commands.add_parser(name, help=text, description=text)
        one.add_argument("name", help="the system's name")
        one.add_argument("--broken", metavar="NAME", help="set it up wrongly in this way")
        if name == "run":
            one.add_argument("-u", "--users", type=int, help="Locust users (default: the system's own number)")
            one.add_argument("-t", "--seconds", type=int, help="how long (default: the system's own)")
    text = "run each as it is meant to be and in each wrong way, and see whether every verdict is right"
    checking = commands.add_parser("check", help=text, description=text)
    checking.add_argument("names", nargs="*", help="systems (default: all)")
    return parser


def _list() -> int:
    for name in names():
        system = find(name)
        print(f"{name}: {system.what}")
        for broken, wrong in system.misconfigurations.items():
            print(f"    --broken {broken}: {wrong.what}")
    return 0


def _check(chosen: Sequence[str], guardian: Guardian, interruptions: Interruptions) -> int:
    outcomes = [outcome for name in chosen for outcome in check(find(name), guardian, interruptions)]
    print("\n".join(["", *map(str, outcomes)]))
    return FAILED if any(outcome.complaints for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
