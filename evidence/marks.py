"""Marks: values that name their owner to whoever holds the run's key.

A mark carries (kind, tenant number, sequence number) and a keyed checksum. Whoever has the 32-byte run key can say,
offline and in constant time, whose a mark is; nobody else can mint one.

Two spellings of the same 56-bit payload exist:

* **id**: an RFC 9562 version-8 UUID. The constant run tag sits in the middle (``time_mid``), so that software which
  keeps only one end of an id keeps our tenants exactly as far apart as it would keep random UUIDs::

      checksum[0:32] - run tag - 8 checksum[32:44] - 10 checksum[44:50] payload[48:56] - payload[0:48]

* **canary**: 29 lower-case letters and digits (a literal prefix and 25 base-32 characters), which JSON, HTML, URL
  escaping and case folding leave whole.

The payload is masked with a keystream drawn from its checksum (the synthetic-IV construction of RFC 5297), so equal
tenants do not look alike. A random candidate is taken for a mark with probability 2^-66 (id) or 2^-69 (canary).
"""

from __future__ import annotations

import enum
import functools
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

CANARY_PREFIX = "q7zk"
TENANT_BITS = 28
SEQUENCE_BITS = 24
REMEMBERED = 16_384  # marks verified lately, about 3 MiB
MAX_TENANT = (1 << TENANT_BITS) - 1
MAX_SEQUENCE = (1 << SEQUENCE_BITS) - 1

_PAYLOAD_BITS = 56
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_VALUE_OF = {character: value for value, character in enumerate(_ALPHABET)}
_CANARY_BODY = 25
# Escapers that touch the hyphen at all write it in one of these ways (URL, JSON, HTML decimal and hexadecimal).
_HYPHEN = rb"(?:-|%2d|\\u002d|&#45;|&#x2d;)?"
_LONGEST_HEAD = 8 + 6  # eight hex digits and the longest spelling of a hyphen


class MarkKind(enum.IntEnum):
    """What a mark was made for. ``TENANT`` to ``TEST`` are ids; the others are canaries, named by where they lie."""

    TENANT = 0
    MESSAGE = 1
    TEST = 2
    PROMPT = 4
    CONTEXT = 5
    STATE = 6
    SECRET = 7
    ROW = 8


MarkKey = tuple[MarkKind, int, int]
"""Kind, owner and sequence number of a mark."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a mark says: its kind, the number of the tenant that owns it, and its sequence number within that tenant."""

    kind: MarkKind
    tenant: int
    sequence: int = 0

    @property
    def key(self) -> MarkKey:
        """The same as a plain tuple, for sets of very many."""
        return self.kind, self.tenant, self.sequence


@dataclass(frozen=True, slots=True)
class Sighted:
    """A mark found in text: the mark, where in the text it stood (byte offsets), and whether it is of this run.

    ``again`` is the number in this run of the tenant of an earlier one whose mark it is, if it is known to play again.
    ``run_tag`` alone does not tell: two runs share a tag of 16 bits now and then.
    """

    mark: Mark
    run_tag: int
    start: int
    end: int
    current: bool
    again: int | None = None


class RunKey:
    """The secret of one run, with which its marks are minted and recognised.

    Args:
        key: 32 bytes. It opens nothing in the target; who has it can only mint and recognise marks of this run.

    Raises:
        ValueError: the key is not 32 bytes long.
    """

    __slots__ = ("_checksum_key", "_mask_key", "_unseal", "key", "tag")

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError(f"a run key has 32 bytes, this one has {len(key)}")
        self.key = key
        self._checksum_key = hashlib.blake2b(key, digest_size=32, person=b"checksum").digest()
        self._mask_key = hashlib.blake2b(key, digest_size=32, person=b"mask").digest()
        self.tag = int.from_bytes(hashlib.blake2b(key, digest_size=2, person=b"tag").digest())
        # A tenant's id stands in every row of its own: what has been verified need not be verified again.
        self._unseal = functools.lru_cache(REMEMBERED)(self._unseal_afresh)

    @classmethod
    def generate(cls) -> RunKey:
        """Returns a fresh random key."""
        return cls(secrets.token_bytes(32))

    def derive(self, purpose: bytes) -> bytes:
        """Returns 32 bytes that belong to this key and ``purpose`` (at most 16 bytes)."""
        return hashlib.blake2b(self.key, digest_size=32, person=purpose).digest()

    def mint_id(self, mark: Mark) -> str:
        """Returns the mark as a lower-case version-8 UUID."""
        checksum, masked = self._seal(mark, b"id", 50)
        value = (
            (checksum >> 18) << 96
            | self.tag << 80
            | 8 << 76
            | ((checksum >> 6) & 0xFFF) << 64
            | 0b10 << 62
            | (checksum & 0x3F) << 56
            | masked
        )
        return str(uuid.UUID(int=value))

    def mint_canary(self, mark: Mark) -> str:
        """Returns the mark as 29 lower-case letters and digits."""
        checksum, masked = self._seal(mark, b"canary", 53)
        value = checksum << 72 | self.tag << 56 | masked
        body = "".join(_ALPHABET[(value >> shift) & 31] for shift in range(120, -1, -5))
        return CANARY_PREFIX + body

    def open_id(self, text: str) -> Mark | None:
        """Returns what this UUID says, or None if it was not minted with this key."""
        try:
            found = uuid.UUID(text)
        except (ValueError, AttributeError):
            return None
        # Python reads a space or an underscore among digits over, and digits of other scripts as its own.
        return self._open_id_value(found.int) if found.hex in text.replace("-", "").lower() else None

    def open_canary(self, text: str) -> Mark | None:
        """Returns what this canary says, or None if it was not minted with this key."""
        text = text.lower()
        if len(text) != len(CANARY_PREFIX) + _CANARY_BODY or not text.startswith(CANARY_PREFIX):
            return None
        value = 0
        for character in text[len(CANARY_PREFIX) :]:
            digit = _VALUE_OF.get(character)
            if digit is None:
                return None
            value = value << 5 | digit
        return self._open_canary_value(value)

    def _open_id_value(self, value: int) -> Mark | None:
        if (value >> 80) & 0xFFFF != self.tag or (value >> 76) & 0xF != 8 or (value >> 62) & 0b11 != 0b10:
            return None
        checksum = (value >> 96) << 18 | ((value >> 64) & 0xFFF) << 6 | (value >> 56) & 0x3F
        return self._unseal(checksum, value & ((1 << _PAYLOAD_BITS) - 1), b"id", 50)

    def _open_canary_value(self, value: int) -> Mark | None:
        if (value >> _PAYLOAD_BITS) & 0xFFFF != self.tag:
            return None
        return self._unseal(value >> 72, value & ((1 << _PAYLOAD_BITS) - 1), b"canary", 53)

    def _seal(self, mark: Mark, form: bytes, bits: int) -> tuple[int, int]:
        if not 0 <= mark.tenant <= MAX_TENANT:
            raise ValueError(f"tenant number {mark.tenant} is outside 0 … {MAX_TENANT}")
        if not 0 <= mark.sequence <= MAX_SEQUENCE:
            raise ValueError(f"sequence number {mark.sequence} is outside 0 … {MAX_SEQUENCE}")
        payload = mark.kind << (TENANT_BITS + SEQUENCE_BITS) | mark.tenant << SEQUENCE_BITS | mark.sequence
        checksum = self._checksum(payload, form, bits)
        return checksum, payload ^ self._keystream(checksum, form)

    def _unseal_afresh(self, checksum: int, masked: int, form: bytes, bits: int) -> Mark | None:
        payload = masked ^ self._keystream(checksum, form)
        expected = self._checksum(payload, form, bits)
        if not hmac.compare_digest(expected.to_bytes(8), checksum.to_bytes(8)):
            return None
        try:
            kind = MarkKind(payload >> (TENANT_BITS + SEQUENCE_BITS))
        except ValueError:
            return None
        return Mark(kind, (payload >> SEQUENCE_BITS) & MAX_TENANT, payload & MAX_SEQUENCE)

    def _checksum(self, payload: int, form: bytes, bits: int) -> int:
        digest = hashlib.blake2b(payload.to_bytes(7), digest_size=8, key=self._checksum_key, person=form).digest()
        return int.from_bytes(digest) >> (64 - bits)

    def _keystream(self, checksum: int, form: bytes) -> int:
        digest = hashlib.blake2b(checksum.to_bytes(8), digest_size=7, key=self._mask_key, person=form).digest()
        return int.from_bytes(digest)


class Keyring:
    """Recognises the marks of this run, and tells those of earlier runs apart.

    Args:
        current: the key of the run being judged.
        earlier: keys of other runs whose leftovers may still lie in the stores.
        again: returns the number in this run of a tenant of an earlier one; None if it does not play, or nobody knows.
    """

    def __init__(
        self, current: RunKey, earlier: Iterable[RunKey] = (),
        again: Callable[[RunKey, int], int | None] = lambda _key, _tenant: None,
    ) -> None:  # fmt: skip
        self.current = current
        self._again = again
        self._keys: dict[int, list[RunKey]] = {}
        for key in (current, *earlier):
            self._keys.setdefault(key.tag, []).append(key)
        tags = b"|".join(b"%04x" % tag for tag in self._keys)
        digits = b"[0-9a-f]"
        self._id_tail = re.compile(
            b"(%s)%s(8%s{3})%s([89ab]%s{3})%s(%s{12})" % (tags, _HYPHEN, digits, _HYPHEN, digits, _HYPHEN, digits)
        )
        self._id_head = re.compile(b"(%s{8})%s$" % (digits, _HYPHEN))
        # The same ids as 16 bytes: in network order, and with the first three fields reversed (Microsoft's GUIDs).
        big = b"|".join(re.escape(tag.to_bytes(2)) for tag in self._keys)
        little = b"|".join(re.escape(tag.to_bytes(2, "little")) for tag in self._keys)
        self._bytes = re.compile(b"(?:%s)[\x80-\x8f].[\x80-\xbf].{7}" % big, re.DOTALL)
        self._bytes_le = re.compile(b"(?:%s).[\x80-\x8f][\x80-\xbf].{7}" % little, re.DOTALL)
        self._canary = re.compile(b"%s[a-z2-7]{%d}" % (CANARY_PREFIX.encode(), _CANARY_BODY))

    def find(self, text: bytes | str) -> list[Sighted]:
        """Returns every mark in ``text``, of this run and of the earlier ones given, in order of position.

        Case does not matter, and a hyphen may be missing or escaped. Offsets count bytes of the UTF-8 text.
        """
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        data = data.lower()
        found = [*self._find_ids(data), *self._find_canaries(data)]
        if len(found) > 1:
            found.sort(key=lambda sighted: sighted.start)
        return found

    def find_bytes(self, data: bytes) -> list[Sighted]:
        """Returns every id among ``data`` that is written as 16 bytes instead of text, in order of position."""
        found = []
        for pattern, little in ((self._bytes, False), (self._bytes_le, True)):
            for match in pattern.finditer(data):
                start = match.start() - 4
                if start < 0:
                    continue
                raw = data[start : match.end()]
                value = uuid.UUID(bytes_le=raw).int if little else int.from_bytes(raw)
                for key in self._keys.get((value >> 80) & 0xFFFF, ()):
                    mark = key._open_id_value(value)
                    if mark is not None:
                        found.append(self._sighted(mark, key, start, match.end()))
                        break
        return sorted(found, key=lambda sighted: sighted.start)

    def is_current(self, sighted: Sighted) -> bool:
        """Returns whether the mark belongs to the run being judged."""
        return sighted.current

    def _sighted(self, mark: Mark, key: RunKey, start: int, end: int) -> Sighted:
        current = key is self.current
        return Sighted(mark, key.tag, start, end, current, None if current else self._again(key, mark.tenant))

    def _find_ids(self, data: bytes) -> Iterator[Sighted]:
        position = 0
        while (tail := self._id_tail.search(data, position)) is not None:
            sighted = self._sight_id(data, tail)
            # What only looked like a mark may overlap a real one: go on right after its first character.
            position = tail.start() + 1 if sighted is None else tail.end()
            if sighted is not None:
                yield sighted

    def _sight_id(self, data: bytes, tail: re.Match[bytes]) -> Sighted | None:
        head = self._id_head.search(data, max(0, tail.start() - _LONGEST_HEAD), tail.start())
        if head is None:
            return None
        value = int(head[1] + tail[1] + tail[2] + tail[3] + tail[4], 16)
        for key in self._keys[int(tail[1], 16)]:
            mark = key._open_id_value(value)
            if mark is not None:
                return self._sighted(mark, key, head.start(1), tail.end())
        return None

    def _find_canaries(self, data: bytes) -> Iterator[Sighted]:
        position = 0
        while (match := self._canary.search(data, position)) is not None:
            sighted = self._sight_canary(match)
            position = match.start() + 1 if sighted is None else match.end()
            if sighted is not None:
                yield sighted

    def _sight_canary(self, match: re.Match[bytes]) -> Sighted | None:
        value = 0
        for character in match[0][len(CANARY_PREFIX) :].decode():
            value = value << 5 | _VALUE_OF[character]
        for key in self._keys.get((value >> _PAYLOAD_BITS) & 0xFFFF, ()):
            mark = key._open_canary_value(value)
            if mark is not None:
                return self._sighted(mark, key, match.start(), match.end())
        return None
