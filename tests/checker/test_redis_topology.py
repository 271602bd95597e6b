from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import trustme
from pydantic import SecretStr
from redis.cluster import RedisCluster

from checker.redis_scan import scan_redis
from checker.redis_topology import Slots, entrance, masters
from checker.scan import StoreNotAllowed, StoreNotUnderstood, StoreRefused, StoreScan, StoreUnreachable, StoreUnreadable
from config.stores import RedisBudget, RedisStore, Sentinel
from swarm.stores import StoreError, open_redis_store
from tests.checker.store_worlds import KEYRING, A, B, C, canary, fill_redis, ignore_progress, marked_world, tenant, who
from tests.redis_deployments import (
    HOST,
    PASSWORD,
    SENTINEL_PASSWORD,
    SERVICE,
    behind_tls,
    cluster,
    sentinel,
    valkey,
    wait_for,
)


def scanned(url: str, **settings: Any) -> StoreScan:
    store = RedisStore(url=SecretStr(url), **settings)
    return scan_redis(store, KEYRING, marked_world().roster(), ignore_progress)


@pytest.fixture(scope="module")
def cluster_ports() -> Iterator[list[int]]:
    with cluster() as ports:
        yield ports


@pytest.fixture
def nodes(cluster_ports: list[int]) -> Iterator[RedisCluster]:
    client = RedisCluster(host=HOST, port=cluster_ports[0], password=PASSWORD)
    client.flushall(target_nodes=RedisCluster.PRIMARIES)
    yield client
    client.close()


def test_every_master_of_a_cluster_is_read(cluster_ports: list[int], nodes: RedisCluster) -> None:
    for number in (A, B, C):
        nodes.set(f"budget:{tenant(number)}", 10**12 + number)
        for ordinal in range(50):
            nodes.set(f"doc:{tenant(number)}:{ordinal}", canary(number, ordinal + 1))
            nodes.hset(f"hash:{tenant(number)}:{ordinal}", "text", canary(number, ordinal + 101))
    held = [redis.Redis(host=HOST, port=port, password=PASSWORD) for port in cluster_ports]
    sizes = [node.dbsize() for node in held]
    for node in held:
        node.close()
    assert all(sizes)  # else the test shows nothing

    url = f"redis://:{PASSWORD}@{HOST}:{cluster_ports[1]}/0"
    scan = scanned(url, cluster=True, budgets=(RedisBudget(key="budget:{tenant}"),))
    assert (scan.findings, scan.skipped, scan.units) == ([], [], sum(sizes))
    assert len({own for own in scan.own_marks if own[1] in (A, B, C)}) >= 300
    assert {tenant: held for (_, tenant), held in scan.amounts.items()} == {n: 10**12 + n for n in (A, B, C)}
    assert scan.where == f"{HOST}:{cluster_ports[1]} (cluster of 3)"


def test_a_leak_on_any_master_of_a_cluster_is_found(cluster_ports: list[int], nodes: RedisCluster) -> None:
    for ordinal in range(30):
        nodes.set(f"doc:{tenant(B)}:{ordinal}", canary(A))
    scan = scanned(f"redis://:{PASSWORD}@{HOST}:{cluster_ports[0]}/0", cluster=True)
    assert sum(finding.count for finding in scan.findings) == 30
    assert scan.findings[0].first.reproduce.startswith('redis-cli -c -u "$REDIS_URL" GET ')


def test_one_node_alone_is_not_the_cluster(cluster_ports: list[int], nodes: RedisCluster) -> None:
    """Without ``cluster = true`` two thirds of the keys go unseen."""
    scan = scanned(f"redis://:{PASSWORD}@{HOST}:{cluster_ports[0]}/0")
    assert scan.skipped == ["this is one node of a cluster, and only what lies there was read: write cluster = true"]


def test_a_cluster_with_slots_that_nobody_serves_is_not_read() -> None:
    spans = [Slots(0, 5460, HOST, 7000), Slots(5461, 10922, HOST, 7001)]
    with pytest.raises(StoreUnreachable, match="serves 10923 of 16384 slots"):
        masters(spans, f"{HOST}:7000/0")


def test_a_single_server_is_no_cluster(fresh_redis: str) -> None:
    with pytest.raises(StoreNotUnderstood, match="leave cluster = true out"):
        scanned(fresh_redis, cluster=True)


@pytest.fixture(scope="module")
def sentinel_ports() -> Iterator[tuple[int, int]]:
    with sentinel() as ports:
        yield ports


def sentinels(port: int, **changes: Any) -> Sentinel:
    values = {"addresses": (f"{HOST}:{port}",), "service": SERVICE, "password": SENTINEL_PASSWORD}
    return Sentinel.model_validate(values | changes)


def test_the_master_that_sentinels_name_is_read(sentinel_ports: tuple[int, int]) -> None:
    port, master = sentinel_ports
    fill_redis(f"redis://:{PASSWORD}@{HOST}:{master}/0", lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
    scan = scanned(f"redis://:{PASSWORD}@anywhere/0", sentinel=sentinels(port))
    assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]
    assert scan.where == f"{SERVICE} at {HOST}:{master}/0"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"service": "nobody"}, "says where the master 'nobody' is"),
        ({"password": "PLANTED"}, "sentinel.password"),
        ({"addresses": (f"{HOST}:1",)}, "check that they run"),
    ],
)
def test_sentinels_that_do_not_help_are_one_sentence(
    sentinel_ports: tuple[int, int], changes: dict[str, Any], words: str
) -> None:
    store = RedisStore(
        url=SecretStr(f"redis://:{PASSWORD}@anywhere/0"), sentinel=sentinels(sentinel_ports[0], **changes)
    )
    with pytest.raises(StoreUnreadable) as refused:
        entrance(store)
    assert words in str(refused.value)
    assert "PLANTED" not in str(refused.value) and PASSWORD not in str(refused.value)


def in_database(url: str, number: int) -> str:
    return f"{url.removesuffix('/0')}/{number}"


def test_several_databases_are_read_and_each_place_says_which(fresh_redis: str) -> None:
    fill_redis(in_database(fresh_redis, 3), lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(C)}", canary(C)))
    scan = scanned(fresh_redis, databases=(0, 3))
    assert (scan.units, scan.skipped) == (2, [])
    assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]
    first = scan.findings[0].first
    assert first.place == f"redis db 3 key 'doc:{tenant(B)}'"
    assert first.reproduce == f'redis-cli -u "$REDIS_URL" -n 3 GET doc:{tenant(B)}'
    assert scan.where.endswith("/0,3")


def test_all_databases_are_those_that_hold_keys_but_for_those_left_out(fresh_redis: str) -> None:
    for number in (2, 5, 7):
        fill_redis(in_database(fresh_redis, number), lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
    scan = scanned(fresh_redis, databases="all", databases_left_out=(7,))
    assert (scan.units, scan.skipped) == (2, [])
    assert sum(finding.count for finding in scan.findings) == 2
    assert scan.notes == ["databases that the profile leaves out, or reads as another store, hold keys: db7 (1)"]


def test_keys_of_a_database_that_is_not_read_are_a_doubt(fresh_redis: str) -> None:
    fill_redis(in_database(fresh_redis, 3), lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
    (sentence,) = scanned(fresh_redis).skipped
    assert "others hold keys: db3 (1)" in sentence and "databases_left_out" in sentence
    assert scanned(fresh_redis, databases_left_out=(3,)).skipped == []


def test_a_budget_that_stands_in_two_databases_is_a_doubt(fresh_redis: str) -> None:
    for number in (0, 3):
        fill_redis(in_database(fresh_redis, number), lambda client: client.set(f"budget:{tenant(A)}", 12))
    (sentence,) = scanned(fresh_redis, databases=(0, 3), budgets=(RedisBudget(key="budget:{tenant}"),)).skipped
    assert sentence.startswith(f"redis budget:{{tenant}} holds several amounts of tenant {A}")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_tls_with_a_private_authority_and_a_certificate_of_our_own(
    fresh_redis: str, authority: trustme.CA, tmp_path: Path
) -> None:
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
    files = {name: str(tmp_path / f"{name}.pem") for name in ("ca_file", "client_cert", "client_key")}
    authority.cert_pem.write_to_path(files["ca_file"])
    ours = authority.issue_cert("checker@example.test")
    ours.cert_chain_pems[0].write_to_path(files["client_cert"])
    ours.private_key_pem.write_to_path(files["client_key"])
    with behind_tls(urlsplit(fresh_redis).port or 0, authority, authority) as port:
        url = f"rediss://:{urlsplit(fresh_redis).password}@localhost:{port}/0"
        scan = scanned(url, **files)
        assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]
        with pytest.raises(StoreRefused, match="certificate is not trusted"):
            scanned(url)
        with pytest.raises(StoreUnreadable):
            scanned(url, ca_file=files["ca_file"])


def test_sentinels_are_asked_over_tls_where_the_store_speaks_it(
    sentinel_ports: tuple[int, int], authority: trustme.CA, tmp_path: Path
) -> None:
    port, master = sentinel_ports
    file = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(file)
    with behind_tls(port, authority) as secured:
        url = SecretStr(f"rediss://:{PASSWORD}@anywhere/0")
        found = entrance(RedisStore(url=url, ca_file=file, sentinel=sentinels(secured)))
        assert (found.host, found.port) == (HOST, master)
        with pytest.raises(StoreUnreachable):
            entrance(RedisStore(url=url, sentinel=sentinels(secured)))


def test_a_user_and_a_socket(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with valkey(tmp_path / "server", f"unixsocket {path}", "user reader on >s3cret ~* +@all") as port:
        fill_redis(f"redis://reader:s3cret@{HOST}:{port}/1", lambda client: client.set(f"doc:{tenant(B)}", canary(A)))
        scan = scanned(f"unix://reader:s3cret@{path}?db=1")
    assert [who(finding) for finding in scan.findings] == [(A, B, "doc:*", 1)]
    assert scan.where == f"{path}/1"


def test_a_master_that_a_sentinel_names_elsewhere_is_not_connected_to(
    sentinel_ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RedisStore(url=SecretStr(f"redis://:{PASSWORD}@anywhere/0"), sentinel=sentinels(sentinel_ports[0]))
    monkeypatch.setattr("checker.redis_topology._master", lambda *_: ("192.0.2.7", 6379))
    for writing in (False, True):
        with pytest.raises(StoreNotAllowed) as refused:
            entrance(store, writing=writing)
        assert str(refused.value).startswith(f"the sentinel at {HOST}:{sentinel_ports[0]} names 192.0.2.7, not on this")
    store.allow(("192.0.2.*",))
    assert entrance(store).host == "192.0.2.7"


def test_a_cluster_that_names_nodes_elsewhere_is_neither_read_nor_written() -> None:
    with cluster(masters=1) as (port,):
        with redis.Redis(host=HOST, port=port, password=PASSWORD) as node:
            node.config_set("cluster-announce-ip", "192.0.2.7")
            wait_for(lambda: b"192.0.2.7" in node.execute_command("CLUSTER", "NODES"))
        store = RedisStore(url=SecretStr(f"redis://:{PASSWORD}@{HOST}:{port}/0"), cluster=True)
        with pytest.raises(
            StoreNotAllowed, match=rf"the cluster of Redis at {HOST}:{port}/0 names 192\.0\.2\.7, not on"
        ):
            scan_redis(store, KEYRING, marked_world().roster(), ignore_progress)
        with pytest.raises(StoreError, match=r"names 192\.0\.2\.7, not on this machine, and nothing was sent there"):
            open_redis_store(store)
