from __future__ import annotations

import re

import pytest

from config.errors import HostNotAllowed
from config.hosts import allow_named, check_hosts, check_named, hosts_in, is_here
from config.schema_tables import tables
from tests.config.profiles import changed, reference


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("ws://Staging.Example:8000/ws?token=x", ["staging.example"]),
        ("wss://user:p@ss@host/ws", ["host"]),
        ("wss://{tenant}.example/ws", ["*.example"]),
        ("http://[2001:db8::1]:80/x", ["2001:db8::1"]),
        ("http://h?x=@other/", ["h"]),
        ("redis://:pw@127.0.0.1:6379/0", ["127.0.0.1"]),
        ("unix:///run/redis.sock", ["localhost"]),
        ("postgresql://u:p@one:1,two:2/db", ["one", "two"]),
        ("postgresql:///db?host=/run/postgresql", ["localhost"]),
        ("postgresql:///db?host=far.example", ["far.example"]),
        ("postgresql://near/db?hostaddr=10.0.0.1", ["near", "10.0.0.1"]),
        ("host=db.example dbname=shop password='a b'", ["db.example"]),
        ("host = db.example port = 5", ["db.example"]),
        ("dbname=shop", ["localhost"]),
        ("service=shop", ["service:shop"]),
        ("host =far.example dbname=shop", ["far.example"]),
        ("host=\tfar.example dbname=shop", ["far.example"]),
        ("host=near,far.example hostaddr=127.0.0.1,10.0.0.1", ["near", "far.example", "127.0.0.1", "10.0.0.1"]),
        ("postgresql://%66ar.example/db", ["far.example"]),
        ("postgresql:///db?service=Shop", ["service:shop"]),
        ("postgresql://far.example/db?no_such_option=1", ["far.example"]),
        ("redis:///0?host=far.example", ["far.example"]),
        ("ws://127.0.0.1/ws?to=postgresql://x", ["127.0.0.1"]),
        ("sentinel.example:26379", ["sentinel.example"]),
        ("10.1.2.3", ["10.1.2.3"]),
    ],
)
def test_an_address_names_its_hosts(address: str, hosts: list[str]) -> None:
    assert hosts_in(address, {}) == hosts


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("dbname=shop", ["far.example", "10.0.0.1", "service:shop"]),
        ("host=near dbname=shop", ["near", "10.0.0.1", "service:shop"]),
        ("postgresql://near/db?hostaddr=127.0.0.1&service=own", ["near", "127.0.0.1", "service:own"]),
        ("redis://near/0", ["near"]),
    ],
)
def test_what_an_address_of_postgres_leaves_open_comes_from_the_environment(address: str, hosts: list[str]) -> None:
    environment = {"PGHOST": "far.example", "PGHOSTADDR": "10.0.0.1", "PGSERVICE": "shop"}
    assert hosts_in(address, environment) == hosts


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_is_here(host: str) -> None:
    assert is_here(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "10.0.0.1",
        "0.0.0.0",
        "::",
        "127.0.0.1.example",
        "localhost.example",
        "app.localhost",
        "*.example",
        "2130706433",
    ],
)
def test_any_other_is_not(host: str) -> None:
    assert not is_here(host)


FAR = [
    ("target.url", "ws://far.example/ws"),
    ("health", [{"name": "x", "url": "http://far.example/health"}]),
    ("auth.service.url", "https://far.example/token"),
    ("stores.redis.url", "rediss://far.example/0"),
    ("stores.postgres.url", "host=far.example dbname=x"),
]


@pytest.mark.parametrize(("key", "value"), FAR, ids=[key for key, _ in FAR])
def test_whatever_leads_away_needs_a_permission_that_names_it(key: str, value: object) -> None:
    profile = changed(**{key.replace(".", "__"): value})
    with pytest.raises(HostNotAllowed, match=r"far\.example \(" + key.replace(".", r"\.")) as caught:
        check_hosts(profile)
    assert "\n" not in str(caught.value) and 'allow_hosts = ["far.example"]' in str(caught.value)
    check_hosts(profile, ["far.example"])
    check_hosts(profile, ["*.EXAMPLE"])
    with pytest.raises(HostNotAllowed):
        check_hosts(profile, ["example", "far"])


def test_the_profile_itself_can_give_the_permission() -> None:
    check_hosts(changed(target__url="ws://far.example/ws", target__allow_hosts=["far.example"]))


def test_all_that_is_not_allowed_is_named_at_once() -> None:
    profile = changed(target__url="ws://one.example/ws", stores__redis__url="redis://two.example/0")
    with pytest.raises(HostNotAllowed, match=r"one\.example.* and two\.example"):
        check_hosts(profile)


def test_what_messages_contain_leads_nowhere() -> None:
    check_hosts(changed(operations__ping__send={"type": "ping", "url": "http://far.example"}))


FAR_STEP = {"kind": "http", "create": {"url": "http://far.example/a"}, "remove": {"url": "http://127.0.0.1/{tenant}"}}
FAR_REMOVAL = {
    "kind": "http",
    "create": {"url": "http://127.0.0.1/a"},
    "remove": {"url": "http://far.example/{tenant}"},
}
EVERYWHERE: dict[str, dict[str, object]] = {
    "target.url": {"target__url": "ws://far.example/ws"},
    "health[].url": {"health": [{"name": "x", "url": "http://far.example/health"}]},
    "auth.service.url": {"auth__service": {"url": "https://far.example/token"}},
    "auth.renewal.service.url": {
        "auth__source": "service",
        "auth__service": {"url": "http://127.0.0.1/token"},
        "auth__renewal": {
            "every_s": 60,
            "service": {"url": "https://far.example/refresh", "body": {"token": "{token}"}},
        },
    },
    "auth.service.before[].url": {
        "auth__service": {"url": "http://127.0.0.1/token", "before": [{"url": "https://far.example/login"}]}
    },
    "attempts.entrances.NAME.url": {
        "attempts__entrances": {"room": {"does": "read", "url": "ws://far.example/{victim_tenant}"}}
    },
    "stores.redis.url": {"stores__redis__url": "redis://far.example/0"},
    "stores.redis.write_url": {"stores__redis__write_url": "redis://far.example/0"},
    "stores.redis.sentinel.addresses": {
        "stores__redis__sentinel": {"addresses": ["127.0.0.1:1", "far.example:26379"], "service": "x"}
    },
    "stores.more_redis.NAME.url": {"stores__more_redis": {"more": {"url": "redis://far.example/0"}}},
    "stores.more_redis.NAME.write_url": {
        "stores__more_redis": {"more": {"url": "redis://localhost/0", "write_url": "redis://far.example/0"}}
    },
    "stores.more_redis.NAME.sentinel.addresses": {
        "stores__more_redis": {
            "more": {"url": "redis://localhost/0", "sentinel": {"addresses": ["far.example:1"], "service": "x"}}
        }
    },
    "stores.postgres.url": {"stores__postgres__url": "service=far.example"},
    "stores.postgres.write_url": {"stores__postgres__write_url": "host = far.example dbname=x"},
    "stores.more_postgres.NAME.url": {"stores__more_postgres": {"more": {"url": "postgresql://far.example/x"}}},
    "stores.more_postgres.NAME.write_url": {
        "stores__more_postgres": {"more": {"url": "dbname=x", "write_url": "postgresql:///x?hostaddr=far.example"}}
    },
    "provisioning.steps[].create.url": {"provisioning__steps": [FAR_STEP]},
    "provisioning.steps[].remove.url": {"provisioning__steps": [FAR_REMOVAL]},
}
NO_ADDRESS = ("tls.server_name", "columns.email", ".databases", "target.allow_hosts")  # they only speak of some
LIKE_AN_ADDRESS = re.compile(r"://|\bhosts?\b|\baddress|\burl\b|\bserver_name\b|\bPORT\b|0-9\]\{1,5\}\$", re.IGNORECASE)


def keys_like_addresses() -> set[str]:
    """Keys of the schema with text in them that name, pattern or description make out to be an address."""
    found = set()
    for path, table in tables():
        shapes = table.model_json_schema()["properties"]
        for name in table.model_fields:
            shape = str(shapes[name])
            leads = LIKE_AN_ADDRESS.search(f"{name} {shape}") and "'string'" in shape and "$ref" not in shape
            if leads and not f"{path}.{name}".endswith(NO_ADDRESS):
                found.add(f"{path}.{name}")
    return found


def test_every_key_of_the_schema_that_is_an_address_is_known_here() -> None:
    assert keys_like_addresses() == set(EVERYWHERE)


@pytest.mark.parametrize(("key", "changes"), EVERYWHERE.items(), ids=list(EVERYWHERE))
def test_wherever_the_schema_takes_an_address_it_needs_a_permission(key: str, changes: dict[str, object]) -> None:
    with pytest.raises(HostNotAllowed, match=r"far\.example") as caught:
        check_hosts(changed(**changes))
    assert str(caught.value).count("far.example (") == 1 and key.rpartition(".")[2] in str(caught.value)


def test_nothing_is_wrong_with_the_reference_profile() -> None:
    check_hosts(reference())


def test_what_a_server_names_at_run_time_is_held_to_the_same() -> None:
    url = {"stores__redis__url": "redis://cache.example/0", "stores__redis__write_url": "redis://[2001:db8::1]/0"}
    profile = changed(target__allow_hosts=["*.staging"], **url)
    store = profile.stores.redis
    assert store is not None
    for host in ("127.0.0.1", "::1", "localhost", "Cache.example", "2001:db8::1"):
        check_named(store, host, "it")
    for host in ("10.0.0.9", "2001:db8::2", "db.staging"):
        with pytest.raises(HostNotAllowed, match=f"the sentinel names {host}, not on this machine"):
            check_named(store, host, "the sentinel")
    allow_named(profile, ["10.0.0.9"])
    check_named(store, "10.0.0.9", "it")
    check_named(store.model_copy(update={"databases": (1,)}), "DB.staging", "it")


def test_only_what_concerns_somebody_is_looked_at() -> None:
    profile = changed(target__url="ws://far.example/ws", stores__redis__url="redis://far.example/0")
    check_hosts(profile, (), lambda key: key[0] == "health")
    with pytest.raises(HostNotAllowed, match=r"\(stores\.redis\.url\)"):
        check_hosts(profile, (), lambda key: key[0] == "stores")
