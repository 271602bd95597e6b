"""The place where a system runs: a temporary folder, throw-away stores, and processes that end when we do."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from signal import SIGTERM
from types import TracebackType

from target.embedded import EmbeddedPostgres, EmbeddedRedis, Guardian
from target.embedded.child_process import launch
from target.embedded.folders import temporary_folder
from target.embedded.ports import LOOPBACK
from target.embedded.server_process import ServerProcess

READY_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Program:
    """How to start one of a system's processes on a port that is chosen for it.

    Attributes:
        title: what it is called in messages; its log file is named after it.
        command: the program and its arguments, for a port. Secrets go into the environment:
            everybody can read arguments.
        environment: its whole environment, for a port.
        ready: whether it takes clients, for a port.
        cwd: its working folder.
    """

    title: str
    command: Callable[[int], Sequence[str | Path]]
    environment: Callable[[int], Mapping[str, str]]
    ready: Callable[[int], bool]
    cwd: Path | None = None


class SystemProcess(ServerProcess):
    """A process of a real system on a free loopback port."""

    stop_signal = SIGTERM
    start_deadline_s = 120.0  # a large system that makes its tables first, beside other work

    def __init__(self, program: Program, directory: Path, guardian: Guardian) -> None:
        super().__init__(directory, guardian=guardian)
        self._program = program
        self.title = program.title

    @property
    def url(self) -> str:
        """``http://127.0.0.1:port``."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Nothing: what a program needs was installed and set up before."""

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it on the port chosen."""
        return launch(
            self._program.command(self.port),
            log_path=self.log_path,
            cwd=self._program.cwd,
            environment=self._program.environment(self.port),
            death_signal=SIGTERM,
            guardian=self._guardian,
        )

    def answers(self) -> bool:
        """Whether it takes clients."""
        return self._program.ready(self.port)


class Stage:
    """Where one system runs once. A context manager: whatever was started on it is taken down in reverse order."""

    def __init__(self, name: str, guardian: Guardian) -> None:
        self._guardian = guardian
        self._teardown = contextlib.ExitStack()
        self._name = name
        self.folder = Path()

    def __enter__(self) -> Stage:
        self.folder = temporary_folder(f"system-{self._name}-")
        self._guardian.remove_folder(self.folder)
        self._teardown.callback(shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._teardown.close()

    def postgres(self) -> str:
        """Start a Postgres; its URL, of a superuser. Never print it."""
        return self._start(EmbeddedPostgres(self.folder / "postgres", guardian=self._guardian)).url

    def redis(self) -> str:
        """Start a Valkey, which speaks Redis; its URL with the password. Never print it."""
        return self._start(EmbeddedRedis(self.folder / "redis", guardian=self._guardian)).url

    def process(self, program: Program) -> SystemProcess:
        """Start one of the system's processes on a free loopback port and wait until it is ready.

        Raises:
            StoreStartError: it ended or was not ready in time; the message has its last words.
        """
        process = SystemProcess(program, self.folder / program.title.lower().replace(" ", "-"), self._guardian)
        self._start(process)
        return process

    def run(self, command: Sequence[str | Path], environment: Mapping[str, str], cwd: Path | None = None) -> int:
        """Run a command of the system to its end, such as one that makes its tables.

        Returns:
            Its exit code; what it wrote is in ``commands.log`` of the stage's folder.
        """
        process = launch(
            command,
            log_path=self.folder / "commands.log",
            cwd=cwd,
            environment=environment,
            death_signal=SIGTERM,
            guardian=self._guardian,
        )
        exit_code = process.wait()
        self._guardian.forget(process.pid)
        return exit_code

    def last_words(self) -> str:
        """The last line that a command run to its end has written; empty if none wrote anything."""
        log = self.folder / "commands.log"
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
        return lines[-1].strip() if lines else ""

    def _start(self, server: ServerProcess) -> ServerProcess:
        self._teardown.callback(server.stop)
        server.start()
        return server


def answers_http(url: str, status: int = 200) -> bool:
    """Whether ``url`` answers with this status."""
    try:
        with urllib.request.urlopen(url, timeout=READY_TIMEOUT_S) as response:
            return bool(response.status == status)
    except urllib.error.HTTPError as error:
        return error.code == status
    except (urllib.error.URLError, HTTPException, OSError):
        return False


def listens(port: int) -> bool:
    """Whether somebody takes TCP connections on this loopback port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=READY_TIMEOUT_S):
            return True
    except OSError:
        return False
