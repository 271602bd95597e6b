"""What is said of a Redis key and its elements: where they lie, what is wrong, and how to see it again."""

from __future__ import annotations

import re
import shlex

from checker.content import Content
from checker.ownership import Claim, sighting_of, survivor_of
from checker.redis_elements import Element, KeyPart
from evidence.excerpts import looks_random
from evidence.findings import Sighting
from evidence.written_forms import SHORTEST_RUN

KEY_NAME = "the key's name"
_CLIENT = 'redis-cli -u "$REDIS_URL"'
_IDS = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|\d+")
_UUID = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_HEX = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16}")
_TOKEN = re.compile(rb"ey[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|[A-Za-z0-9+_~-]{16,}")
_ENCODED = re.compile(rb"[A-Za-z0-9+_=-]{%d,}" % SHORTEST_RUN)
_READS = {
    "hash": ("HGET", "field"),
    "list": ("LINDEX", "element"),
    "set": ("SMEMBERS", "member"),
    "zset": ("ZRANGE", "member"),
    "stream": ("XRANGE", "entry"),
    "stream groups": ("XINFO GROUPS", "consumer"),
}


class KeySightings:
    """Makes the sightings of keys.

    Args:
        content: recognises marks and names, so that keys of one pattern are grouped.
        at_s: Unix time of the scan.
    """

    def __init__(self, content: Content, at_s: float) -> None:
        self._keyring = content.keyring
        self._names = content.names
        self._at_s = at_s
        self._database: int | None = None
        self._client = _CLIENT

    def turn_to(self, database: int | None, client: str) -> None:
        """Says where the parts come from that are spoken of next.

        Args:
            database: its number, where several are read; None where there is only one.
            client: the command that reads from there, for a shell that has the URL in its environment.
        """
        self._database, self._client = database, client

    def place(self, part: KeyPart, element: Element | None = None) -> str:
        """Returns where a key or one of its elements lies, for people."""
        database = "" if self._database is None else f"db {self._database} "
        key = f"redis {database}key '{_shown(part.key)}'"
        if element is None or part.kind == "string":
            return key
        name = _shown(element.name)
        name = name if part.kind in ("list", "stream") else f"'{name[:120]}'"
        return f"{key} {_READS[part.kind][1]} {name}"

    def misfiled(self, part: KeyPart, element: Element | None, holder: Claim, foreign: Claim) -> Sighting:
        """Returns the sighting of another's data in a key, or in one of its elements."""
        return sighting_of(
            holder,
            foreign,
            place=self.place(part, element),
            group=self.pattern(part.key),
            reproduce=f"{self._client} {_command(part, element)}",
            at_s=self._at_s,
        )

    def survivor(
        self, part: KeyPart, element: Element | None, holder: Claim, *, shared: bool = False
    ) -> Sighting:  # fmt: skip
        """Returns the sighting of a key or an element whose tenant was removed; ``shared``: one that several share."""
        return survivor_of(
            holder,
            place=self.place(part, element),
            group=self.pattern(part.key),
            reproduce=f"{self._client} {_command(part, element)}",
            at_s=self._at_s,
            shared=shared,
        )

    def pattern(self, key: bytes) -> str:
        """Returns the key's name with everything that names somebody or something replaced by ``*``."""
        spans = [(found.start, found.end) for found in self._keyring.find(key)]
        spans += [(named.start, named.end) for named in self._names.segments(key)]
        for start, end in sorted(spans, reverse=True):
            key = key[:start] + b"*" + key[end:]
        return _shown(pattern_of(key))


def pattern_of(key: bytes) -> bytes:
    """Returns a key's name with every id, number, token and encoded run replaced by ``*``."""
    key = _ENCODED.sub(lambda run: run[0] if _UUID.search(run[0]) else b"*", key)
    key = _TOKEN.sub(lambda run: run[0] if _HEX.search(run[0]) or not looks_random(run[0]) else b"*", key)
    return re.sub(rb"\*(?:[^:/|]?\*)+", b"*", _IDS.sub(b"*", key))


def where_of(part: KeyPart, ordinal: int, piece: int) -> str:
    """Returns what a text of a key is called: piece ``piece`` of an element, or of -1 the name."""
    if ordinal < 0:
        return KEY_NAME
    kind = part.kind
    if kind == "hash":
        return "the value" if piece else "the field's name"
    if kind == "stream":
        texts = part.elements[ordinal].texts
        return f"the entry's {_shown(texts[piece - piece % 2])[:40]}"
    return {"string": "the value", "list": "the element"}.get(kind, "the member")


def _command(part: KeyPart, element: Element | None) -> str:
    """The exact read command."""
    key = _quoted(part.key)
    if element is None:
        return f"EXISTS {key}"
    if part.kind == "string":
        return f"GET {key}"
    name, read = _quoted(element.name), _READS[part.kind][0]
    if part.kind in ("hash", "list"):
        return f"{read} {key} {name}"
    arguments = {"zset": " 0 -1", "stream": f" {name} {name}"}.get(part.kind, "")
    return f"{read} {key}{arguments}"


def _shown(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "·" for character in text)


def _quoted(name: bytes) -> str:
    if name.isascii() and name.decode().isprintable():
        return shlex.quote(name.decode())
    return "$'" + "".join(f"\\x{byte:02x}" for byte in name) + "'"
