"""Everything a run needs: real stores, a migrated database, the auth service and the service as processes."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import redis

from target.embedded import EmbeddedRedis, Guardian
from target.embedded.ports import free_port
from target.service_process import ServiceCommand, ServiceProcess
from tests.end_to_end import evidence_counts
from tests.end_to_end.leftovers import MARK, assert_nobody_is_left
from tests.end_to_end.locust_process import LocustProcess, RunOutcome
from tests.end_to_end.profiles import short_profile
from tests.fixtures_stores import MigratedDatabase

HOST = "127.0.0.1"
USERS = 12
THINK = ("--think-median-ms", "15", "--seed", "1")


class Service:
    """One of the target's services on a port that stays the same over kills and restarts."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], folder: Path, guardian: Guardian) -> None:
        folder.mkdir(exist_ok=True)
        command = ServiceCommand(arguments[0], arguments, environment, HOST, free_port())
        self._process = ServiceProcess(command, folder, guardian)
        self.port = command.port
        self.running = False

    def start(self) -> None:
        if not self.running:
            self._process.start()
            self.running = True

    def stop(self) -> None:
        self._process.stop()
        self.running = False

    def kill(self) -> None:
        """End it as the kernel does when memory runs out."""
        os.kill(self._process.pid, signal.SIGKILL)
        self.stop()


class Stack:
    """The services of one test process, and ways to run the project's programs against them.

    Attributes:
        folder: where the current test's files go.
        mark: what the processes of the current test carry in their environment.
    """

    def __init__(self, server: EmbeddedRedis, database: MigratedDatabase, folder: Path, guardian: Guardian) -> None:
        self.redis = server
        self.database = database
        self.folder = folder
        self.mark = ""
        self._guardian = guardian
        self._services = folder
        self._processes: list[LocustProcess] = []
        self._jwt_secret = secrets.token_hex(32)
        self._service_key = secrets.token_hex(16)
        signing = {**os.environ, "TARGET_JWT_SECRET": self._jwt_secret}
        key = {"AUTH_SERVICE_KEY": self._service_key}
        self.auth = Service(["auth"], {**signing, **key}, folder / "auth", guardian)
        self._serving = {**signing, "REDIS_URL": server.url, "TARGET_POSTGRES_URL": database.service_url}
        self.target = Service(["serve", *THINK], self._serving, folder / "target", guardian)

    def begin(self, folder: Path) -> None:
        """Prepare for a test: everything runs, nothing is in the stores."""
        self.folder, self.mark, self._processes = folder, secrets.token_hex(8), []
        self.redis.start()
        self.auth.start()
        self.target.start()
        with self.redis_client() as client:
            client.flushall()
        self.sql("TRUNCATE users CASCADE")

    def end(self) -> None:
        """After a test: fail if something that it started still runs."""
        try:
            assert_nobody_is_left(self.mark)
        finally:
            for process in self._processes:
                process.kill_group()

    def close(self) -> None:
        self.target.stop()
        self.auth.stop()

    @contextmanager
    def another_target(self, *options: str) -> Iterator[Service]:
        """The service once more, on the same stores, with other options."""
        service = Service(
            ["serve", *THINK, *options], self._serving, self._services / secrets.token_hex(4), self._guardian
        )
        service.start()
        try:
            yield service
        finally:
            service.stop()

    def environment(self, *, target_port: int | None = None) -> dict[str, str]:
        """The variables of the reference profile."""
        port = target_port or self.target.port
        return {
            **os.environ,
            MARK: self.mark,
            "TARGET_URL": f"ws://{HOST}:{port}/ws",
            "TARGET_HTTP_URL": f"http://{HOST}:{self.target.port}",
            "TARGET_AUTH_URL": f"http://{HOST}:{self.auth.port}",
            "AUTH_SERVICE_KEY": self._service_key,
            "TARGET_JWT_SECRET": self._jwt_secret,
            "REDIS_URL": self.redis.url,
            "POSTGRES_URL": self.database.owner_url,
        }

    def secrets(self) -> list[str]:
        """Whatever must never be printed or written down."""
        urls = (self.redis.url, self.database.owner_url, self.database.service_url)
        passwords = [password for password in (urlsplit(url).password for url in urls) if password]
        return [self._jwt_secret, self._service_key, *passwords]

    def locust(
        self, *options: str, profile: Path | None = None, environment: Mapping[str, str] | None = None,
        runs: Path | None = None, locustfile: str = "locustfile.py",
    ) -> LocustProcess:  # fmt: skip
        """Start ``locust``, with a folder of runs of its own below the test's folder unless it is told another."""
        name = f"locust-{len(self._processes)}"
        profile = profile or short_profile(self.folder / f"{name}.toml")
        runs = runs or self.folder / "runs" / name
        command = ["-m", "locust", "-f", locustfile, "--target-profile", str(profile), "--only-summary"]
        command += ["--json-file", str(self.folder / f"{name}.stats"), "--runs", str(runs), *options]
        log = self.folder / f"{name}.log"
        return self._start(command, environment, log, runs)

    def run(
        self, *options: str, profile: Path | None = None, environment: Mapping[str, str] | None = None,
        users: int = USERS, seconds: int = 4,
    ) -> RunOutcome:  # fmt: skip
        """Run ``locust`` without its page to the end."""
        load = ("--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds}s")
        return self.locust(*load, *options, profile=profile, environment=environment).outcome()

    def run_until(
        self, look: Callable[[Path], object], what: str, *options: str, profile: Path | None = None,
        environment: Mapping[str, str] | None = None, users: int = USERS, runs: Path | None = None,
    ) -> RunOutcome:  # fmt: skip
        """Run ``locust`` without its page until ``look`` finds something in its folder, and stop it by SIGTERM."""
        load = ("--headless", "-u", str(users), "-r", str(users), "-t", "60s")
        started = self.locust(*load, *options, profile=profile, environment=environment, runs=runs)
        started.until_seen(look, what)
        started.send(signal.SIGTERM)
        return started.outcome()

    def run_until_enough(
        self, *options: str, profile: Path | None = None, environment: Mapping[str, str] | None = None,
        runs: Path | None = None,
    ) -> RunOutcome:  # fmt: skip
        """Run ``locust`` until it has seen all that a clean verdict takes: no fixed time is sure to do."""
        return self.run_until(
            lambda folder: evidence_counts.enough_for_a_verdict(folder, USERS), "enough is seen for a verdict",
            *options, profile=profile, environment=environment, runs=runs, users=USERS,
        )  # fmt: skip

    def program(self, *command: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run ``python -m …`` of the project to its end; returns its exit code and all it printed."""
        log = self.folder / f"program-{len(self._processes)}.log"
        process = self._start(["-m", *command], environment, log, self.folder / "runs")
        return process.wait(), process.output()

    def _start(self, command: list[str], environment: Mapping[str, str] | None, log: Path, runs: Path) -> LocustProcess:
        process = LocustProcess(command, {**self.environment(), **(environment or {})}, log, runs)
        self._processes.append(process)
        return process

    def redis_client(self) -> redis.Redis:
        """A client of the target's Redis."""
        return redis.Redis.from_url(self.redis.url, decode_responses=True)

    def sql(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        """Run one statement as the database's owner and return its rows."""
        connection = psycopg2.connect(self.database.owner_url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
