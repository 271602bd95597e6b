from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import psutil

from target.health_probe import is_well
from target.service_process import ServiceProcess
from tests.target.client import STREAM, connected
from tests.target.conftest import Stores, provision, socket_url
from tests.target.processes import gone

StartService = Callable[..., tuple[ServiceProcess, str]]


def workers(process: ServiceProcess) -> list[int]:
    return [child.pid for child in psutil.Process(process.pid).children()]


def test_a_killed_worker_is_replaced_and_its_tenants_come_back(start_service: StartService, stores: Stores) -> None:
    process, jwt_secret = start_service("--workers", "2", "--think-median-ms", "5")
    token = provision(stores, jwt_secret, 100).token
    for pid in workers(process):
        os.kill(pid, signal.SIGKILL)
        gone([pid])

    async def events() -> list[str]:
        async with connected(socket_url(process), token) as client:
            return [event["type"] for event in await client.chat("m1")]

    assert asyncio.run(events()) == STREAM  # connections wait in the parent's sockets for the new workers
    assert len(workers(process)) == 2


def test_the_workers_end_with_a_killed_parent(start_service: StartService) -> None:
    process, _ = start_service("--workers", "2")
    pids = workers(process)
    assert len(pids) == 2
    os.kill(process.pid, signal.SIGKILL)
    gone(pids)
    process.stop()
    assert not is_well(f"{process.http_url}/health")
