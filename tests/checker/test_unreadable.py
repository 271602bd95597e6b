from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pickle
import random
import uuid
import zlib
from typing import Any

import pytest
from pydantic import SecretStr

from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.unreadable import is_unreadable
from config.stores import PostgresStore, RedisStore
from tests.checker.histories import healthy
from tests.checker.store_worlds import KEYRING, A, B, canary, execute, fill_redis, ignore_progress, marked_world, tenant

RANDOM = random.Random(7)
CIPHER = RANDOM.randbytes(200)
DOCUMENT = {"user": tenant(A), "text": f"hello {canary(A)}", "list": list(range(50))}


@pytest.mark.parametrize(
    "value",
    [
        CIPHER,
        RANDOM.randbytes(70),
        RANDOM.randbytes(5000),
        base64.b64encode(CIPHER),
        base64.urlsafe_b64encode(CIPHER).rstrip(b"="),
        b'"' + base64.b64encode(CIPHER) + b'"',
        CIPHER.hex().encode(),
        b"vault:v1:" + base64.b64encode(CIPHER),
        b'{"v": 1, "data": "' + base64.b64encode(CIPHER) + b'"}',
    ],
)
def test_what_is_as_random_as_a_cipher_can_not_be_read(value: bytes) -> None:
    assert is_unreadable(value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"plain text, of some length, that goes on and on " * 5,
        json.dumps(DOCUMENT).encode(),
        pickle.dumps(DOCUMENT),
        hashlib.sha512(b"x").digest(),
        hashlib.sha512(b"x").hexdigest().encode(),
        base64.b64encode(RANDOM.randbytes(48)),
        f"agent_run_{uuid.uuid4()}_{uuid.uuid4()}_{uuid.uuid4()}".encode(),
        canary(A).encode() * 4,
        "grüße aus münchen, und alles andere auch ".encode() * 4,
        json.dumps({"text": "words " * 60, "signature": base64.b64encode(CIPHER).decode()}).encode(),
        b"a/path/that/is/rather/long/and/has/no/spaces/in/it/at/all/but/words/that/one/can/read/quite/well",
    ],
)
def test_text_documents_hashes_and_tokens_are_no_ciphers(value: bytes) -> None:
    assert not is_unreadable(value)


def redis_scan(url: str, **settings: Any) -> dict[str, int]:
    store = RedisStore.model_validate({"url": SecretStr(url), **settings})
    return scan_redis(store, KEYRING, marked_world().roster(), ignore_progress).unreadable


def test_a_tenants_cache_in_a_form_that_nobody_documents_is_counted(fresh_redis: str) -> None:
    own = bytes(byte ^ 0x5A for byte in zlib.compress(json.dumps(DOCUMENT).encode() + RANDOM.randbytes(90)))

    def fill(client: Any) -> None:
        client.set(f"cache:{tenant(A)}", base64.b64encode(own))
        client.set(f"cache:{tenant(B)}", base64.b64encode(own))
        client.hset(f"state:{tenant(B)}", mapping={"blob": own, "note": canary(B)})
        client.set("asset:1", CIPHER)  # nobody's
        client.set(f"packed:{tenant(A)}", gzip.compress(json.dumps(DOCUMENT).encode()))  # can be read

    fill_redis(fresh_redis, fill)
    assert redis_scan(fresh_redis) == {"cache:*": 2, "state:*": 1}
    assert redis_scan(fresh_redis, opaque=["cache:*", "state:*"]) == {}


def test_a_tenants_encrypted_column_is_counted(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (owner uuid, body bytea, title text)",
        "CREATE TABLE assets (body bytea)",
        *[rf"INSERT INTO notes VALUES ('{tenant(n)}', '\x{CIPHER.hex()}', '{canary(n)}')" for n in (A, B)],
        rf"INSERT INTO assets VALUES ('\x{CIPHER.hex()}')",
    )
    for opaque, expected in ([], {"public.notes.body": 2}), (["notes.body"], {}):
        store = PostgresStore.model_validate({"url": SecretStr(fresh_database), "opaque": opaque})
        scan = scan_postgres(store, KEYRING, marked_world().roster(), ignore_progress)
        assert (scan.unreadable, scan.findings) == (expected, [])


def test_what_can_not_be_read_makes_a_run_inconclusive_and_says_what_to_do() -> None:
    history = healthy()
    history.scans["redis"].unreadable["cache:*"] = 12
    result = history.judged()
    assert result.verdict == "INCONCLUSIVE"
    assert "12 values of cache:* in redis at" in result.reasons[0] and "opaque of stores.redis" in result.reasons[0]
