from __future__ import annotations

import uuid

import pytest

from checker.names import NameIndex
from checker.tenant_names import tenant_named, uuid_text
from evidence.marks import Mark, MarkKind
from tests.checker.store_worlds import EARLIER, KEYRING, A, canary, marked_world, message, named_world, tenant

MARKED = NameIndex(marked_world().roster(), KEYRING)
NAMED = NameIndex(named_world({A: "acme", 7: "17", 8: "3f2c8b9a-6d1e-4f5a-9b7c-0d1e2f3a4b5c"}).roster(), KEYRING)
STRANGER = uuid.UUID("3f2c8b9a-6d1e-4f5a-9b7c-0d1e2f3a4b5c")


@pytest.mark.parametrize(
    ("value", "names", "number"),
    [
        (tenant(A).encode(), MARKED, A),
        (tenant(A).upper().encode(), MARKED, A),
        (uuid.UUID(tenant(A)).hex.encode(), MARKED, A),
        (uuid.UUID(tenant(A)).bytes, MARKED, A),
        (b"\\x" + uuid.UUID(tenant(A)).hex.encode(), MARKED, A),
        (b"tenant-1@example.test", MARKED, A),
        (b" acme ", NAMED, A),
        (b"17", NAMED, 7),
        (STRANGER.bytes, NAMED, 8),
        (b"\\x" + STRANGER.hex.encode(), NAMED, 8),
        (b"Acme", NAMED, None),
        (b"", NAMED, None),
        (message(A).encode(), MARKED, None),
        (canary(A).encode(), MARKED, None),
        (EARLIER.mint_id(Mark(MarkKind.TENANT, A)).encode(), MARKED, None),
    ],
)
def test_a_value_that_is_called_an_owner_names_a_tenant_or_nobody(
    value: bytes, names: NameIndex, number: int | None
) -> None:
    assert tenant_named(value, names, KEYRING) == number


def test_sixteen_bytes_and_no_others_are_a_uuid() -> None:
    assert uuid_text(STRANGER.bytes) == str(STRANGER).encode()
    assert uuid_text(STRANGER.bytes[:15]) is None
