from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from target.embedded import EmbeddedRedis
from target.embedded.folders import temporary_folder
from target.service_process import ServiceProcess
from tests.target.conftest import Services, Stores


def health(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    folder = temporary_folder("test-health-")
    with EmbeddedRedis(folder) as server:
        yield server
    shutil.rmtree(folder)


def test_health_tells_of_both_stores_and_the_pool_and_no_secret(services: Services) -> None:
    status, body = health(services.first.replace("ws://", "http://").replace("/ws", "/health"))
    report = json.loads(body)
    assert (status, report["status"]) == (200, "ok")
    assert report["dependencies"]["redis"]["ok"]
    postgres = report["dependencies"]["postgres"]
    assert 0 <= postgres["pool_in_use"] <= postgres["pool_size"] <= postgres["pool_limit"]
    for url in (services.stores.redis_url, services.stores.service_url):
        assert url.split(":")[2].split("@")[0] not in body


def test_a_store_that_is_away_degrades_and_the_service_recovers(
    start_service: Callable[..., tuple[ServiceProcess, str]], stores: Stores, own_redis: EmbeddedRedis
) -> None:
    process, _ = start_service(stores=replace(stores, redis_url=own_redis.url))
    url = f"{process.http_url}/health"
    own_redis.stop()
    status, body = health(url)
    assert (status, json.loads(body)["status"]) == (503, "degraded")
    own_redis.start()
    assert health(url)[0] == 200
