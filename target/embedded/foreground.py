"""A command in the foreground, with servers of ours behind it: what signals do before, while and after it runs."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from types import FrameType

from target.embedded.child_process import launch
from target.embedded.guardian import Guardian

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

    def pass_on_to(self, command: subprocess.Popen[bytes] | None) -> None:
        """From now on signals go to ``command``, and to us if it is None."""
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


def run_in_foreground(
    command: Sequence[str], environment: Mapping[str, str], guardian: Guardian, interruptions: Interruptions
) -> int:
    """Run ``command`` on our terminal, hand it the signals that we get, and wait for its end.

    Returns:
        Its exit code, 128 and the number of the signal that ended it.

    Raises:
        OSError: the command can't be started.
    """
    process = launch(
        command,
        death_signal=signal.SIGTERM,
        environment=environment,
        new_session=False,  # it is the terminal's: it may ask, and Ctrl-C is for it
        guardian=guardian,
    )
    interruptions.pass_on_to(process)
    exit_code = process.wait()
    interruptions.pass_on_to(None)
    guardian.forget(process.pid)
    return exit_code if exit_code >= 0 else 128 - exit_code


def _from_terminal() -> bool:
    # Ctrl-C goes to every process in the terminal's foreground, so the command has had it already.
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, ValueError):
        return False
