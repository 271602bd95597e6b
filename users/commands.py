"""Commands that a profile describes: they make tokens, or tenants."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import orjson
from gevent import subprocess
from gevent.lock import BoundedSemaphore

from config.calls import CommandCall
from config.template import fill, fill_known, fill_text

_AT_ONCE = 8
_LONGEST_OUTPUT = 1 << 20
_turn = BoundedSemaphore(_AT_ONCE)


class CommandFailed(Exception):
    """A command did not succeed; the message names the program and what came of it, never what it was told or said."""


def run_command(what: str, call: CommandCall, values: Mapping[str, object]) -> bytes:
    """Runs a command without a shell and returns what it wrote to its standard output.

    A few run at once; the others wait for their turn.

    Args:
        what: what it is for, for the error.
        call: the command.
        values: what fills its placeholders.

    Raises:
        CommandFailed: it can't be started, ends with another code than 0, takes too long, or says too much.
        PlaceholderUnknown: a placeholder is not among ``values``.
    """
    argv = [fill_text(word, values) for word in call.argv]
    further = {name: fill_known(value.get_secret_value(), values) for name, value in call.environment.items()}
    document = b"" if call.input is None else orjson.dumps(fill(call.input, values))
    where = f"{what} ({Path(argv[0]).name})"
    with _turn:
        try:
            # A group of its own, so that a time-out ends its children too.
            process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, **further}, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise CommandFailed(f"{where} can't be started: {reason.lower()}") from None
        try:
            output, _ = process.communicate(document, timeout=call.timeout_s)
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{where} did not end within {call.timeout_s:g} s") from None
        finally:
            _end(process)
    if process.returncode:
        raise CommandFailed(f"{where} ended with code {process.returncode}: run it by hand to see why")
    if len(output) > _LONGEST_OUTPUT:
        raise CommandFailed(f"{where} said more than {_LONGEST_OUTPUT} bytes")
    return bytes(output)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of it: after a time-out, or because whoever waited was killed."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
