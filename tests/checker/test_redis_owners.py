from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from checker.redis_scan import scan_redis
from checker.scan import StoreScan
from config.stores import RedisStore
from tests.checker.store_worlds import (
    KEYRING,
    A,
    B,
    C,
    World,
    canary,
    fill_redis,
    ignore_progress,
    marked_world,
    named_world,
    tenant,
    who,
)

NAMES = {A: "101", B: "102", C: "103"}


def scanned(url: str, world: World | None = None, **settings: Any) -> StoreScan:
    store = RedisStore.model_validate({"url": SecretStr(url), **settings})
    return scan_redis(store, KEYRING, (world or named_world(NAMES)).roster(), ignore_progress)


def found(scan: StoreScan) -> list[tuple[int | None, int | None]]:
    return [who(finding)[:2] for finding in scan.findings]


def each(put: Callable[[Any, str, str], object]) -> Callable[[Any], None]:
    """A key of each tenant, and one of B's with A's content."""

    def fill(client: Any) -> None:
        for number, name in NAMES.items():
            put(client, name, canary(number, 1))
        put(client, NAMES[B], canary(A, 2))

    return fill


CASES = [
    (
        {"key": "box-t{tenant}-*"},
        each(lambda c, name, text: c.set(f"box-t{name}-{uuid.uuid4().hex}", text)),
    ),
    (
        {"key": "cart:*", "field": "ref"},
        each(lambda c, name, text: c.hset(f"cart:{uuid.uuid4().hex}", mapping={"ref": name, "text": text})),
    ),
    (
        {"key": "cart:*", "path": "meta.ref"},
        each(lambda c, name, text: c.set(f"cart:{uuid.uuid4().hex}", f'{{"meta": {{"ref": {name}}}, "t": "{text}"}}')),
    ),
    (
        {"key": "cart:*", "field": "meta", "path": "ref"},
        each(
            lambda c, name, text: c.hset(
                f"cart:{uuid.uuid4().hex}", mapping={"meta": f'{{"ref": "{name}"}}', "text": text}
            )
        ),
    ),
]


@pytest.mark.parametrize(("owner", "fill"), CASES, ids=[str(owner) for owner, _ in CASES])
def test_the_profiles_word_says_whose_a_key_is(fresh_redis: str, owner: dict[str, str], fill: Any) -> None:
    fill_redis(fresh_redis, fill)
    assert found(scanned(fresh_redis)) == []  # numbers name nobody by themselves
    scan = scanned(fresh_redis, owners=[owner])
    assert (found(scan), scan.skipped, scan.unattributed) == ([(A, B)], [], 0)


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ({"key": "basket:*", "field": "ref"}, "no key is called so"),
        ({"key": "cart:*", "field": "reff"}, "none of 4 names a tenant of this run there"),
        ({"key": "cart:*", "field": "text", "path": "a"}, "none of 4 names a tenant"),
        ({"key": "ca{tenant}:*"}, "none of 4 names a tenant"),
    ],
)
def test_a_word_that_names_nobody_is_a_doubt(fresh_redis: str, owner: dict[str, str], words: str) -> None:
    fill_redis(fresh_redis, CASES[1][1])
    (sentence,) = scanned(fresh_redis, owners=[owner]).skipped
    assert sentence.startswith(f"owners of keys {owner['key']}: ") and words in sentence


def test_a_key_too_large_to_be_read_at_once_is_a_doubt(fresh_redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.redis_scan.SMALL_SERVER_BYTES", 0)
    large: dict[Any, Any] = {"ref": NAMES[A], **{f"f{n}": "x" * 1000 for n in range(9000)}}
    fill_redis(fresh_redis, lambda client: client.hset("cart:1", mapping=large))
    (sentence,) = scanned(fresh_redis, owners=[{"key": "cart:*", "field": "ref"}]).skipped
    assert sentence == "owners of keys cart:*: 1 are too large to be read at once"


@pytest.mark.parametrize(
    "fill",
    [
        lambda c: c.set(uuid.UUID(tenant(B)).bytes, canary(A)),
        lambda c: c.set(b"doc:" + uuid.UUID(tenant(B)).bytes, canary(A)),
        lambda c: c.set(f"doc:{tenant(B)}", b"\x00\x01" + uuid.UUID(tenant(A)).bytes + b"\x05"),
        lambda c: c.set(f"doc:{tenant(B)}", uuid.UUID(tenant(A)).bytes_le),
        lambda c: c.hset("h", mapping={"owner": uuid.UUID(tenant(B)).bytes, "text": canary(A)}),
    ],
)
def test_ids_of_sixteen_bytes_name_tenants(fresh_redis: str, fill: Callable[[Any], object]) -> None:
    fill_redis(fresh_redis, fill)
    assert found(scanned(fresh_redis, marked_world())) == [(A, B)]
