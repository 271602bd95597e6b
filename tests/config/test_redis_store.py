from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from config.redis_store import RedisOwner, RedisStore


def store(**changes: Any) -> RedisStore:
    return RedisStore.model_validate({"url": "redis://:s3cret@cache/0", **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cluster": True, "sentinel": {"addresses": ["a:1"], "service": "x"}}, "exclude each other"),
        ({"cluster": True, "databases": [1]}, "a cluster has database 0 only"),
        ({"cluster": True, "databases_left_out": [1]}, "a cluster has database 0 only"),
        ({"databases": []}, "databases is empty"),
        ({"databases": "every"}, "'all'"),
        ({"databases": [-1]}, "greater than or equal to 0"),
        ({"databases": [1, 2], "databases_left_out": [2]}, "database 2 stands in databases and"),
        ({"client_cert": "ours.pem"}, "belong together"),
        ({"sentinel": {"addresses": ["without-a-port"], "service": "x"}}, "match pattern"),
        ({"sentinel": {"addresses": [], "service": "x"}}, "at least 1 item"),
        ({"remove": ["cache:*"]}, "match pattern"),
        ({"remove": ["*:{tenant}"]}, "wildcard before"),
        ({"owners": [{"key": "cart:*"}]}, "must stand in one place"),
        ({"owners": [{"key": "cart:{tenant}", "field": "owner"}]}, "must stand in one place"),
        ({"settle_s": -1}, "greater than or equal to 0"),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        store(**changes)


def test_certificates_are_put_into_the_address_that_clients_understand() -> None:
    files = {"ca_file": "private ca.pem", "client_cert": "ours.pem", "client_key": "ours.key"}
    assert store(url="rediss://cache/2", **files).address() == (
        "rediss://cache/2?ssl_ca_certs=private%20ca.pem&ssl_certfile=ours.pem&ssl_keyfile=ours.key"
    )
    assert store(url="rediss://cache?db=2", ca_file="ca.pem").address() == "rediss://cache?db=2&ssl_ca_certs=ca.pem"


def test_what_writes_may_have_an_address_of_its_own() -> None:
    both = store(write_url="redis://writer:s3cret@cache/0")
    assert both.address() == "redis://:s3cret@cache/0"
    assert both.address(writing=True) == "redis://writer:s3cret@cache/0"
    assert store().address(writing=True) == "redis://:s3cret@cache/0"


@pytest.mark.parametrize(
    "owner",
    [
        {"key": "sess:{tenant}:*"},
        {"key": "cart:*", "field": "owner"},
        {"key": "cart:*", "path": "user.id"},
        {"key": "cart:*", "field": "meta", "path": "user.id"},
    ],
)
def test_an_owner_stands_in_the_name_or_in_the_content(owner: dict[str, str]) -> None:
    assert RedisOwner.model_validate(owner).key == owner["key"]
