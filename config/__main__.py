"""``python -m config COMMAND``: help in writing a target profile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from config.command_line import EXIT_CODES, FAILED, FINE, WRONG, command_parser

Command = Callable[[Sequence[str]], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="python -m config", description="Help in writing a target profile.",
        epilog=f"Each command has a --help of its own. {EXIT_CODES}",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, what) in COMMANDS.items():
        commands.add_parser(name, help=what, add_help=False)
    options, rest = parser.parse_known_args(words[:1])
    del rest
    try:
        return COMMANDS[options.command][0](words[1:])
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return FAILED


def _schema(arguments: Sequence[str]) -> int:
    from config.editor_schema import written

    return _write("schema", "the JSON Schema of a profile, for editors", written, arguments)


def _reference(arguments: Sequence[str]) -> int:
    from config.reference import reference

    return _write("reference", "a page on every key of a profile, as Markdown", reference, arguments)


def _check(arguments: Sequence[str]) -> int:
    from swarm.trial.command import main as check  # brings Locust with it, which the others do without

    return check(arguments)


def _grants(arguments: Sequence[str]) -> int:
    from config.grants_command import main as grants

    return grants(arguments)


def _new(arguments: Sequence[str]) -> int:
    from config.new_command import main as new

    return new(arguments)


def _write(name: str, what: str, make: Callable[[], str], arguments: Sequence[str]) -> int:
    """Prints a text, or writes it to a file."""
    parser = command_parser(name, f"Writes {what}.")
    parser.add_argument("file", nargs="?", help="where to write it (default: print it)")
    options = parser.parse_args(arguments)
    if options.file is None:
        print(make(), end="")
        return FINE
    try:
        Path(options.file).write_text(make(), encoding="utf-8")
    except OSError as error:
        print(f"{options.file}: can't be written: {error.strerror}", file=sys.stderr)
        return WRONG
    return FINE


COMMANDS: dict[str, tuple[Command, str]] = {
    "new": (_new, "ask what has to be known of a service and write the beginning of its profile"),
    "check": (_check, "try a profile out on its target: what was sent, what came, what was understood"),
    "grants": (_grants, "the SQL and the Redis ACL lines that give the checker the least it needs"),
    "schema": (_schema, "the JSON Schema of a profile, for editors"),
    "reference": (_reference, "a page on every key of a profile"),
}

if __name__ == "__main__":
    sys.exit(main())
