"""``run``: bring everything up, run a command against it, return its exit code, leave nothing behind."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from target.defects.choice import warning
from target.embedded import Guardian
from target.embedded.foreground import Interrupted, Interruptions, run_in_foreground
from target.errors import SettingsError
from target.exports import Exports
from target.settings import Behaviour
from target.stack import Stack, StackOptions


def run(options: argparse.Namespace, command: list[str] | None) -> int:
    """Run ``command`` against a fresh service, or serve until Ctrl-C if there is none.

    Returns:
        The command's exit code, 128 and the number of the signal that ended it, or that ended us before it ran.

    Raises:
        TargetError, EmbeddedStoreError: the services did not come up, or the command can't be started.
    """
    if command == []:
        raise SettingsError("there is no command after --; leave -- out to serve until Ctrl-C")
    wanted = stack_options(options)
    if wanted.defects:
        print(f"target: {warning(wanted.defects)}", file=sys.stderr, flush=True)
    interruptions = Interruptions()
    try:
        with Guardian() as guardian, Stack(wanted, os.environ, guardian) as exports:
            try:
                if command is None:
                    _serve(exports, options.env_file)
                    return 0
                return _run(command, exports, guardian, interruptions)
            finally:
                interruptions.ignore()
    except Interrupted as interrupted:
        return interrupted.exit_code


def stack_options(options: argparse.Namespace) -> StackOptions:
    """What to start, from the command line and the environment."""
    behaviour = Behaviour.asked_for(options)
    return StackOptions(
        serve_options=("--workers", str(options.workers), *behaviour.as_options()),
        defects=behaviour.defects,
        host=options.host,
        port=options.port,
        auth=not options.no_auth,
        migrate=not options.no_migrate,
        redis_url=options.redis_url or os.environ.get("REDIS_URL") or None,
        postgres_url=options.postgres_url or os.environ.get("POSTGRES_URL") or None,
        service_url=os.environ.get("TARGET_POSTGRES_URL") or None,
        keep=Path(options.keep) if options.keep else None,
    )


def _serve(exports: Exports, env_file: str | None) -> None:
    path = Path(env_file) if env_file else None
    if path:
        exports.write(path)
    try:
        print(exports.shell_lines(reveal=False), end="")
        print(f"# everything runs{f'; the variables are in {path}' if path else ''}; Ctrl-C ends it", flush=True)
        while True:
            signal.pause()
    except Interrupted as interrupted:  # also one that comes right after the last line was read
        if interrupted.exit_code != 128 + signal.SIGINT:
            raise
    finally:
        if path:
            path.unlink(missing_ok=True)  # its secrets end with the services


def _run(command: Sequence[str], exports: Exports, guardian: Guardian, interruptions: Interruptions) -> int:
    try:
        return run_in_foreground(command, exports.environment(os.environ), guardian, interruptions)
    except OSError as error:
        raise SettingsError(f"the command {command[0]} can't be started: {error.strerror}") from None
