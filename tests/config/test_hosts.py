from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import HostNotAllowed
from config.hosts import check_hosts, hosts_in, hosts_of, is_here
from config.load import DEFAULT_PROFILE, load
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
        ("sentinel.example:26379", ["sentinel.example"]),
        ("10.1.2.3", ["10.1.2.3"]),
    ],
)
def test_an_address_names_its_hosts(address: str, hosts: list[str]) -> None:
    assert hosts_in(address) == hosts


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1", "app.localhost"])
def test_this_machine_is_here(host: str) -> None:
    assert is_here(host)


@pytest.mark.parametrize(
    "host",
    ["example.com", "10.0.0.1", "0.0.0.0", "::", "127.0.0.1.example", "localhost.example", "*.example", "2130706433"],
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


@pytest.mark.parametrize("path", sorted(DEFAULT_PROFILE.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_every_key_that_is_an_address_is_looked_at(path: Path) -> None:
    from tests.config.profiles import ENVIRONMENT

    del path
    keys = {key[-1] for key, _ in hosts_of(load(DEFAULT_PROFILE, ENVIRONMENT))}
    assert keys == {"url"}
    named = {name for _, table in tables() for name in table.model_fields}
    assert {name for name in named if name.endswith("url")} <= keys | {"write_url", "login_url"}


def test_nothing_is_wrong_with_the_reference_profile() -> None:
    check_hosts(reference())
