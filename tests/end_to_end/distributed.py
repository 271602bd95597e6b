"""A master and its workers as processes of their own, as on several machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from target.embedded.ports import free_port
from tests.end_to_end.locust_process import LocustProcess
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import HOST, Stack


@dataclass
class Swarm:
    """A master, its workers, and the port they meet at."""

    master: LocustProcess
    workers: list[LocustProcess]
    port: int

    def outcome_codes(self) -> list[int]:
        """Wait for the workers' ends and return their exit codes."""
        return [worker.wait() for worker in self.workers]


def start_swarm(
    stack: Stack, *options: str, users: int = 12, seconds: int = 4, workers: int = 2, port: int = 0,
    profile: Path | None = None, meanwhile: Sequence[LocustProcess] = (),
) -> Swarm:  # fmt: skip
    """Start a headless master and so many workers; it waits for ``meanwhile`` too, workers that are there already."""
    port = port or free_port()
    profile = profile or short_profile(stack.folder / f"swarm-{port}.toml")
    expected = str(max(1, workers + len(meanwhile)))
    master = stack.locust(
        "--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--master", "--master-bind-host", HOST,
        "--master-bind-port", str(port), "--expect-workers", expected, *options, profile=profile,
    )  # fmt: skip
    return Swarm(master, [start_worker(stack, port, profile) for _ in range(workers)], port)


def start_worker(stack: Stack, port: int, profile: Path, environment: Mapping[str, str] | None = None) -> LocustProcess:
    """Start one worker of the master at ``port``."""
    options = ("--worker", "--master-host", HOST, "--master-port", str(port))
    return stack.locust(*options, profile=profile, environment=environment)
