"""The owner's end of the guard process: what must not outlive us is named here."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from target.embedded import guard_process


class Guardian:
    """Ends processes and removes folders when the process that owns this object is gone, however it went.

    On Linux the kernel ends the children of a killed parent by itself (see ``child_process``); the guardian adds what
    the kernel can't do, which is to remove folders. Elsewhere it does both. If the guardian itself is killed, its
    owner still clears up in the ordinary way.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Guardian:
        self._process = subprocess.Popen(
            [sys.executable, "-I", guard_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def watch(self, pid: int, death_signal: signal.Signals) -> None:
        """End ``pid`` with ``death_signal`` when the owner is gone."""
        self._order({"watch": pid, "signal": int(death_signal)})

    def forget(self, pid: int) -> None:
        """``pid`` has ended; its number may soon belong to somebody else."""
        self._order({"forget": pid})

    def remove_folder(self, folder: Path) -> None:
        """Remove ``folder`` with everything in it when the owner is gone."""
        self._order({"remove": str(folder)})

    def close(self) -> None:
        """Let the guard do what is left to do and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()
        process.wait(timeout=guard_process.GRACE_S + 10)

    def _order(self, order: dict[str, int | str]) -> None:
        # A guard that was killed is no reason to fail: it is the second line of defence, not the first.
        with contextlib.suppress(BrokenPipeError, ValueError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
