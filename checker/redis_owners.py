"""Whose keys are, where only the profile says so: by a part of their name, a hash field, a member of a document."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

import orjson

from checker.content import Content
from checker.ownership import Claim, Standing
from checker.redis_elements import KeyPart
from checker.scan import StoreScan
from checker.tenant_names import tenant_named
from config.redis_store import RedisOwner
from evidence.paths import first

WHAT = "owner that the profile names"
_DELIMITED = rb"([^:/|,;#{}\[\]()<>=\s]+)"
_ANYTHING = rb"(.+)"


def _glob(pattern: str) -> bytes:
    """A glob as a regular expression without an end."""
    return fnmatch.translate(pattern).removeprefix("(?s:").removesuffix(")\\Z").encode()


class _Hint:
    def __init__(self, owner: RedisOwner) -> None:
        self.owner = owner
        self.seen = 0
        self.matched = 0
        self.cut = 0
        before, named, after = owner.key.partition("{tenant}")
        groups = (_DELIMITED, _ANYTHING) if named else (b"",)
        self.patterns = [re.compile(_glob(before) + group + _glob(after) + rb"\Z", re.DOTALL) for group in groups]


class RedisOwners:
    """The profile's word on who owns the keys of a Redis. What names nobody is a doubt.

    Args:
        owners: from the profile.
        content: recognises tenants.
    """

    def __init__(self, owners: Iterable[RedisOwner], content: Content) -> None:
        self._hints = [_Hint(owner) for owner in owners]
        self._content = content

    def __bool__(self) -> bool:
        return bool(self._hints)

    def claim(self, part: KeyPart) -> Claim | None:
        """Returns the claim that the profile's word makes on a key, given what was read of it at once."""
        for hint in self._hints:
            matches = [match for pattern in hint.patterns if (match := pattern.match(part.key))]
            if not matches:
                continue
            hint.seen += part.first
            if "{tenant}" in hint.owner.key:
                for match in matches:
                    tenant = self._tenant(match[1])
                    if tenant is not None:
                        hint.matched += part.first
                        return Claim(Standing.NAME, tenant, "the key's name", WHAT, part.key, *match.span(1))
                continue
            if not part.whole:
                hint.cut += part.first
                continue
            where, text, value = _value(hint.owner, part)
            tenant = self._tenant(value) if value else None
            if tenant is not None:
                hint.matched += 1
                start = max(0, text.find(value))
                return Claim(Standing.NAME, tenant, where, WHAT, text, start, min(start + len(value), len(text)))
        return None

    def close(self, scan: StoreScan) -> None:
        """Says what of the profile's word named nobody."""
        for hint in self._hints:
            key = hint.owner.key
            if not hint.seen:
                scan.skipped.append(f"owners of keys {key}: no key is called so: correct the pattern, or leave it out")
            elif hint.cut:
                scan.skipped.append(f"owners of keys {key}: {hint.cut} are too large to be read at once")
            elif not hint.matched:
                scan.skipped.append(f"owners of keys {key}: none of {hint.seen} names a tenant of this run there")

    def _tenant(self, value: bytes) -> int | None:
        return tenant_named(value, self._content.names, self._content.keyring)


def _value(owner: RedisOwner, part: KeyPart) -> tuple[str, bytes, bytes]:
    """Where the owner stands, the text there, and what names the owner in it."""
    if owner.field is not None:
        field = owner.field.encode()
        texts = [element.texts[1] for element in part.elements if part.kind == "hash" and element.texts[0] == field]
        where = f"field {owner.field}"
    else:
        texts = [element.texts[0] for element in part.elements if part.kind == "string"]
        where = "the value"
    if not texts:
        return where, b"", b""
    if owner.path is None:
        return where, texts[0], texts[0]
    try:
        found = first(orjson.loads(texts[0]), owner.path)
    except orjson.JSONDecodeError:
        return where, texts[0], b""
    return where, texts[0], str(found).encode() if isinstance(found, (str, int)) else b""
