"""``run``: bring everything up, run a command against it, return its exit code, leave nothing behind."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from target.defects.choice import warning
from target.embedded import Guardian
from target.embedded.child_process import launch
from target.errors import SettingsError
from target.exports import Exports
from target.settings import Behaviour
from target.stack import Stack, StackOptions

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """A signal asks us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


class Interruptions:
    """What the signals that end us do: first they end the command, and without one, us; while tidying, nothing."""

    def __init__(self) -> None:
        self._command: subprocess.Popen[bytes] | None = None
        self._tidying = False
        for number in SIGNALS:
            signal.signal(number, self._arrived)

    def pass_on_to(self, command: subprocess.Popen[bytes]) -> None:
        """From now on signals go to ``command``."""
        self._command = command

    def ignore(self) -> None:
        """From now on signals do nothing: what is left to do is short, and must be done."""
        self._tidying = True

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._tidying:
            return
        if self._command is None:
            raise Interrupted(number)
        if not (number == signal.SIGINT and _from_terminal()):
            self._command.send_signal(number)


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
        process = launch(
            command,
            death_signal=signal.SIGTERM,
            environment=exports.environment(os.environ),
            new_session=False,  # it is the terminal's: it may ask, and Ctrl-C is for it
            guardian=guardian,
        )
    except OSError as error:
        raise SettingsError(f"the command {command[0]} can't be started: {error.strerror}") from None
    interruptions.pass_on_to(process)
    exit_code = process.wait()
    guardian.forget(process.pid)
    return exit_code if exit_code >= 0 else 128 - exit_code


def _from_terminal() -> bool:
    # Ctrl-C goes to every process in the terminal's foreground, so the command has had it already.
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
