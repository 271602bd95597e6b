"""The command line: ``python -m target serve | auth | migrate | run | defects``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from target.embedded import EmbeddedStoreError
from target.errors import TargetError

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code; errors are one sentence on standard error and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command: list[str] | None = None
    if "--" in given:  # what follows is somebody else's command line
        split = given.index("--")
        given, command = given[:split], given[split + 1 :]
    options = parser().parse_args(given)
    if command is not None and options.subcommand != "run":
        print(f"python -m target {options.subcommand} takes no command after --", file=sys.stderr)
        return BAD_INPUT
    try:
        return _dispatch(options, command)
    except (TargetError, EmbeddedStoreError) as error:
        print(f"target: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130


def _dispatch(options: argparse.Namespace, command: list[str] | None) -> int:
    # Each subcommand imports what it needs and no more: together they take a second.
    match options.subcommand:
        case "serve":
            from target.serve_command import serve

            return serve(options)
        case "worker":
            from target.serve_command import serve_as_worker

            return serve_as_worker(options)
        case "auth":
            from target.serve_command import serve_auth

            return serve_auth(options)
        case "migrate":
            from target.migrate import migrate_from_environment

            migrate_from_environment(os.environ, options.defect)
            print("the database has the newest schema")
            return 0
        case "defects":
            from target.defects.catalogue import listing

            print(listing())
            return 0
        case _:
            from target.run_command import run

            return run(options, command)


def parser() -> argparse.ArgumentParser:
    """The parser of everything before ``--``."""
    top = argparse.ArgumentParser(
        prog="python -m target",
        description="A reference multi-tenant agent service over WebSocket.",
        allow_abbrev=False,
    )
    top.add_argument("--list-defects", action=_ListDefects, help="explain every defect and end")
    commands = top.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="serve (REDIS_URL, TARGET_POSTGRES_URL, TARGET_JWT_SECRET)")
    _add_address(serving, 8000)
    _add_serving(serving)
    worker = commands.add_parser("worker")  # started by serve --workers
    worker.add_argument("--fd", type=int, required=True, help="the bound socket's descriptor")
    worker.add_argument("--index", type=int, default=0, help="which of the workers this is")
    _add_behaviour(worker)
    _add_address(commands.add_parser("auth", help="serve tokens (AUTH_SERVICE_KEY, TARGET_JWT_SECRET)"), 8001)
    migrating = commands.add_parser("migrate", help="apply the migrations (POSTGRES_URL, TARGET_APP_PASSWORD)")
    _add_defects(migrating, "prepare the database for this defect; may be repeated")
    commands.add_parser("defects", help="explain every defect that --defect can name")
    running = commands.add_parser(
        "run",
        help="start stores, auth service and service, run a command against them, tear everything down",
        usage="python -m target run [options] [-- COMMAND ...]",
    )
    _add_running(running)
    return top


def _add_address(to: argparse.ArgumentParser, port: int) -> None:
    to.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    to.add_argument("--port", type=_port, default=port, help="port to listen on, 0 for a free one (%(default)s)")


def _add_serving(to: argparse.ArgumentParser) -> None:
    to.add_argument("--workers", type=_count, default=1, metavar="N", help="processes that serve (%(default)s)")
    _add_behaviour(to)


def _add_behaviour(to: argparse.ArgumentParser) -> None:
    _add_defects(to, "be faulty on purpose; RATE is a probability; may be repeated (see --list-defects)")
    to.add_argument("--defect-log", metavar="FILE", help="append a line to FILE whenever a defect strikes")
    to.add_argument("--silent", action="store_true", help="the same as --defect silent: never answer")
    to.add_argument("--seed", type=int, metavar="N", help="seed of the think times and of the defects")
    to.add_argument(
        "--think-median-ms", type=_milliseconds, default=40.0, metavar="MS", help="median of a step (%(default)s)"
    )
    to.add_argument(
        "--heartbeat-s", type=_seconds, default=30.0, metavar="S", help="close a session silent this long (%(default)s)"
    )


def _add_running(to: argparse.ArgumentParser) -> None:
    to.add_argument("--host", default="127.0.0.1", help="address of the services (%(default)s)")
    to.add_argument("--port", type=_port, default=0, help="port of the service, 0 for a free one (%(default)s)")
    _add_serving(to)
    to.add_argument("--no-auth", action="store_true", help="do without the auth service")
    to.add_argument("--no-migrate", action="store_true", help="leave the database as it is")
    to.add_argument("--redis-url", metavar="URL", help="a Redis of your own (or REDIS_URL)")
    to.add_argument("--postgres-url", metavar="URL", help="a Postgres of your own, as its owner (or POSTGRES_URL)")
    to.add_argument("--keep", metavar="DIR", help="put data and logs there and leave them")
    to.add_argument("--env-file", metavar="FILE", help="without a command: write the variables there, with mode 0600")


def _add_defects(to: argparse.ArgumentParser, meaning: str) -> None:
    to.add_argument("--defect", action="append", metavar="NAME[:RATE]", help=meaning)


class _ListDefects(argparse.Action):
    """Prints the catalogue and ends, whatever else was asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from target.defects.catalogue import listing

        print(listing())
        parser.exit(0)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("the number of workers is from 1 to 64")
    return number


def _milliseconds(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= 600_000:
        raise argparse.ArgumentTypeError("a think time is from 0 to 600000 milliseconds")
    return number


def _seconds(text: str) -> float:
    number = _number(text)
    if not 0 < number <= 86_400:
        raise argparse.ArgumentTypeError("a heartbeat is more than 0 and at most 86400 seconds")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError("expected a number") from None
