"""One of our own services as a process: started on a free port, ready when its ``/health`` says so."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from target.embedded.child_process import launch
from target.embedded.guardian import Guardian
from target.embedded.ports import free_port
from target.errors import StackError
from target.health_probe import is_well

READY_DEADLINE_S = 30.0
STOP_DEADLINE_S = 15.0
POLL_S = 0.02
PORT_ATTEMPTS = 5


@dataclass(frozen=True)
class ServiceCommand:
    """How to start a service: the subcommand, its options, its environment, and where it listens (0: a free port)."""

    title: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    host: str
    port: int


class ServiceProcess:
    """A service of ours that ends when we do."""

    def __init__(self, command: ServiceCommand, folder: Path, guardian: Guardian) -> None:
        self._command = command
        self.log_path = folder / f"{command.arguments[0]}.log"
        self._guardian = guardian
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def pid(self) -> int:
        """The process id. Raises StackError before the start."""
        if self._process is None:
            raise StackError(f"the {self._command.title} was not started")
        return self._process.pid

    @property
    def http_url(self) -> str:
        """``http://host:port``, with loopback for a service that listens on every address."""
        host = "127.0.0.1" if self._command.host in ("0.0.0.0", "::", "") else self._command.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self) -> None:
        """Start the service and return when it is well.

        Raises:
            StackError: it ended or was not well in time; the message has its last words.
        """
        for _ in range(PORT_ATTEMPTS):
            self.port = self._command.port or free_port()
            self._spawn()
            if self._becomes_well():
                return
            self.stop()
            if self._command.port or "is in use" not in self._last_words():
                break
        raise StackError(f"the {self._command.title} did not start: {self._last_words()}")

    def stop(self) -> None:
        """End the service gently, by force after a while."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(SIGTERM)
            try:
                process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._guardian.forget(process.pid)

    def _spawn(self) -> None:
        address = ["--host", self._command.host, "--port", str(self.port)]
        self._process = launch(
            [sys.executable, "-m", "target", *self._command.arguments, *address],
            log_path=self.log_path,
            environment=self._command.environment,
            guardian=self._guardian,
        )

    def _becomes_well(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + READY_DEADLINE_S
        while time.monotonic() < deadline:
            if is_well(f"{self.http_url}/health"):
                return True
            try:
                self._process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
            return False
        return False

    def _last_words(self) -> str:
        lines = [line for line in self.log_path.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-1].removeprefix("target: ") if lines else f"it said nothing in {self.log_path}"
