"""What the embedded servers have in common: a folder, a port that stays, and a life of start, stop and restart."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import ClassVar

from target.embedded.errors import StoreStartError
from target.embedded.guardian import Guardian
from target.embedded.ports import free_port

STOP_DEADLINE_S = 15.0
POLL_S = 0.01

# What servers say when something that passes by itself is in their way.
PASSING_TROUBLE = ("ddress already in use", "still in use", "could not create any TCP/IP sockets")


class ServerProcess(ABC):
    """A server of our own in a folder, on a free loopback port, that ends when we do."""

    title: str
    stop_signal: ClassVar[Signals]
    start_deadline_s: ClassVar[float] = 30.0

    def __init__(self, directory: str | Path, *, guardian: Guardian | None = None) -> None:
        """Nothing is opened or started before ``start()``; ``directory`` is made if missing and left to the caller."""
        self.directory = Path(directory)
        self._guardian = guardian
        self._process: subprocess.Popen[bytes] | None = None
        self._port: int | None = None
        self._was_ready = False

    @property
    @abstractmethod
    def url(self) -> str:
        """The connection string, with the password: never print it."""

    @property
    def pid(self) -> int:
        """The server's process id. Raises StoreStartError if it is not running."""
        if self._process is None:
            raise StoreStartError(f"{self.title} is not running; call start() first")
        return self._process.pid

    @property
    def port(self) -> int:
        """The loopback port; the same after every restart. Raises StoreStartError before the first start."""
        if self._port is None:
            raise StoreStartError(f"{self.title} was never started; call start() first")
        return self._port

    @property
    def running(self) -> bool:
        """Whether the server's process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def log_path(self) -> Path:
        """Where the server writes its log."""
        return self.directory / f"{self.title.lower()}.log"

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return when it answers; does nothing if it runs already.

        Raises:
            EmbeddedStoreError: it has no binaries, can't use its folder, ended at once, or was not ready in time.
        """
        if self.running:
            return
        self.stop()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.prepare()
        deadline = time.monotonic() + self.start_deadline_s
        while not self._attempt(deadline):
            if time.monotonic() > deadline:
                raise StoreStartError(
                    f"{self.title} did not start within {self.start_deadline_s:.0f} s; {self._reason()}"
                )
        self._was_ready = True

    def stop(self) -> None:
        """Stop the server gently, by force after a while; its data stays. Does nothing if it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(self.stop_signal)
            try:
                process.wait(timeout=STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._guardian:
            self._guardian.forget(process.pid)
        self.tidy(process.returncode)

    def restart(self) -> None:
        """Stop and start again: same port, same data."""
        self.stop()
        self.start()

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before its first start; called before every start."""

    @abstractmethod
    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the server's process on ``self.port``."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server is ready for clients."""

    def tidy(self, exit_code: int) -> None:
        """Remove what the ended server may have left in the system; nothing by default."""
        del exit_code

    def _attempt(self, deadline: float) -> bool:
        if self._port is None or not self._was_ready:
            self._port = free_port()  # nobody knows the port yet, so a clash is mended by taking another
        self.log_path.unlink(missing_ok=True)
        self._process = self.spawn()
        while time.monotonic() < deadline:
            if self.answers():
                return True
            try:
                self._process.wait(timeout=POLL_S)
            except subprocess.TimeoutExpired:
                continue
            if not any(words in self._log() for words in PASSING_TROUBLE):
                raise StoreStartError(f"{self.title} ended at once; {self._reason()}")
            return False
        self.stop()
        return False

    def _log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def _reason(self) -> str:
        lines = [line for line in self._log().splitlines() if line.strip()]
        return f"its last words in {self.log_path} are: {lines[-1].strip()}" if lines else "it wrote no log"
