"""Several processes that serve one port, and the parent that keeps their number.

Each worker has a listening socket of its own on the shared port (``SO_REUSEPORT``), so the kernel spreads connections
evenly; with one shared socket a burst of connects goes to whichever process wakes first. The parent keeps the sockets,
so connections that wait for a worker that was killed are served by its successor.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from target.embedded.child_process import launch

SHORT_LIFE_S = 2.0
SHORT_LIVES = 5


class WorkerPool:
    """Starts a process a socket, replaces those that die, and ends them all when told to."""

    def __init__(self, sockets: Sequence[socket.socket], options: Sequence[str]) -> None:
        """``options`` are those of ``python -m target worker``."""
        self._sockets = sockets
        self._options = options
        self._stopping = False
        self._processes: dict[int, tuple[int, float, subprocess.Popen[bytes]]] = {}

    def run(self) -> int:
        """Keep the workers running until SIGTERM or SIGINT; returns 0, or 1 if they keep dying at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for index in range(len(self._sockets)):
            self._start(index)
        short_lives, exit_code = 0, 0
        while self._processes:
            index, lived_s = self._wait_for_one()
            if self._stopping or index < 0:
                continue
            short_lives = short_lives + 1 if lived_s < SHORT_LIFE_S else 0
            if short_lives >= SHORT_LIVES:
                print("the service's workers keep ending as soon as they start; see the lines above", file=sys.stderr)
                self._end_all()
                exit_code = 1
                continue
            self._start(index)
        return exit_code

    def _start(self, index: int) -> None:
        descriptor = self._sockets[index].fileno()
        command = [sys.executable, "-m", "target", "worker", "--fd", str(descriptor), "--index", str(index)]
        # Killed with us: a worker without its parent would hold the port for ever.
        process = launch([*command, *self._options], death_signal=signal.SIGKILL, pass_fds=[descriptor])
        self._processes[process.pid] = (index, time.monotonic(), process)
        if self._stopping:  # the signal came while the worker was being started, and so missed it
            process.terminate()

    def _wait_for_one(self) -> tuple[int, float]:
        pid, status = os.waitpid(-1, 0)
        if pid not in self._processes:
            return -1, 0.0
        index, began_s, process = self._processes.pop(pid)
        process.returncode = os.waitstatus_to_exitcode(status)
        return index, time.monotonic() - began_s

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._end_all()

    def _end_all(self) -> None:
        self._stopping = True
        for pid in list(self._processes):
            os.kill(pid, signal.SIGTERM)
        # run() goes on waiting for each of them; a second signal only repeats the request.
