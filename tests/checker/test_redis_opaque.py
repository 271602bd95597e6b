from __future__ import annotations

import base64
import gzip
import json
import zlib

from checker.scan import StoreScan
from tests.checker.store_worlds import A, B, canary, fill_redis, marked_world, tenant
from tests.checker.test_redis_owners import found, scanned


def cut() -> bytes:
    """Compressed data of which the end is missing behind more forms than are undone."""
    packed = zlib.compress(canary(A).encode() * 50)
    for _ in range(4):
        packed = base64.b64encode(packed)
    return packed


def test_a_key_that_the_profile_calls_opaque_is_counted_and_no_doubt(fresh_redis: str) -> None:
    def fill(client: object) -> None:
        client.set(f"cache:{tenant(B)}", cut())  # type: ignore[attr-defined]
        client.set(f"doc:{tenant(B)}", canary(A))  # type: ignore[attr-defined]

    fill_redis(fresh_redis, fill)
    undeclared: StoreScan = scanned(fresh_redis, marked_world())
    assert len(undeclared.skipped) == 1 and "was not read whole" in undeclared.skipped[0]
    scan = scanned(fresh_redis, marked_world(), opaque=["cache:*"])
    assert (scan.skipped, scan.left_out) == ([], {"cache:*": 1})
    assert found(scan) == [(A, B)]  # what can be read still is


def test_what_stands_plainly_in_an_opaque_key_is_seen(fresh_redis: str) -> None:
    fill_redis(fresh_redis, lambda client: client.set(f"cache:{tenant(B)}", canary(A)))
    assert found(scanned(fresh_redis, marked_world(), opaque=["cache:*"])) == [(A, B)]


def test_a_pattern_that_fits_no_key_is_noted(fresh_redis: str) -> None:
    assert scanned(fresh_redis, marked_world(), opaque=["cashe:*"]).notes == [
        "opaque names keys cashe:*, and there was none"
    ]


def test_what_is_packed_in_forms_that_are_known_is_read_without_any_word(fresh_redis: str) -> None:
    """gzip inside base64 inside JSON inside a string of JSON."""
    packed = base64.b64encode(gzip.compress(f'{{"text": "{canary(A)}"}}'.encode())).decode()
    value = json.dumps({"v": 1, "cached": json.dumps({"body": packed})})
    fill_redis(fresh_redis, lambda client: client.set(f"cache:{tenant(B)}", value))
    scan = scanned(fresh_redis, marked_world())
    assert (found(scan), scan.skipped) == ([(A, B)], [])
