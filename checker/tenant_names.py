"""Whom a value names, where the profile says that it is a tenant's id and nothing else."""

from __future__ import annotations

import re
import uuid

from checker.names import NameIndex
from checker.ownership import Standing
from evidence.marks import Keyring, MarkKind

_BYTEA = re.compile(rb"^\\x((?:[0-9a-fA-F]{2})+)$")
UUID_BYTES = 16


def uuid_text(value: bytes) -> bytes | None:
    """Returns how the UUID that 16 bytes are is written; None for any other number of bytes."""
    return str(uuid.UUID(bytes=value)).encode() if len(value) == UUID_BYTES else None


def tenant_named(value: bytes, names: NameIndex, keyring: Keyring) -> int | None:
    """Returns the tenant whose id, or other name, a value is; None if it is nobody's.

    Args:
        value: text, the digits of a number, 16 bytes, or a ``bytea`` as Postgres writes it.
        names: who exists.
        keyring: recognises marks.
    """
    value = value.strip() if len(value) != UUID_BYTES else value
    bytea = _BYTEA.match(value)
    if bytea is not None:
        value = bytes.fromhex(bytea[1].decode())
    for spelling in (value, uuid_text(value)):
        if spelling is None:
            continue
        meaning = names.strong.get(spelling) or names.weak.get(spelling)
        if meaning is not None and meaning.standing in (Standing.NAME, Standing.ALIAS):
            return meaning.tenant
        for sighted in keyring.find(spelling):
            if keyring.is_current(sighted) and sighted.mark.kind is MarkKind.TENANT:
                return sighted.mark.tenant
    return None
