"""Whether a value can't be read: encrypted, or packed in a form that is not known.

A tenant's place that holds such a value has not been looked at, whatever else says that it is the tenant's. Hashes,
keys and tokens are as random and hold nobody's data: up to ``SHORTEST_BYTES`` a value is taken for one of them.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter

from evidence.written_forms import is_text

SHORTEST_BYTES = 65  # a digest has 64 at most
_LOOKED_AT = 4096
_RANDOM = 0.88  # of the entropy that so many random bytes (or characters) can have; text and documents have less
_RUN = re.compile(rb"[A-Za-z0-9+/]{88,}|[A-Za-z0-9_-]{88,}")  # so many characters for SHORTEST_BYTES
_MOST = 0.5  # of a value; the rest is what it is wrapped in: quotes, a document, the name of a key
_HEX = re.compile(rb"\s*(?:\\x)?((?:[0-9a-fA-F]{2})+)\s*")


def is_unreadable(value: bytes) -> bool:
    """Returns whether a value is as random as what is encrypted or compressed; it may be in a form that is known."""
    packed = _packed(value)
    return packed is not None and len(packed) >= SHORTEST_BYTES and _is_random(packed, 256)


def _packed(value: bytes) -> bytes | None:
    """The bytes behind a value that is no text, or is for the most part one run of base64 or hex."""
    if not is_text(value):
        return value
    in_hex = _HEX.fullmatch(value)
    if in_hex is not None:
        return bytes.fromhex(in_hex[1].decode())
    run = max((match[0] for match in _RUN.finditer(value)), key=len, default=b"")
    if not run or len(run) < _MOST * len(value) or not _is_random(run, 64):
        return None  # a word, a path, a name
    text = run.translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(text[: len(text) // 4 * 4])


def _is_random(data: bytes, symbols: int) -> bool:
    """Whether the data is about as random as so much of it can be."""
    sample = data[:_LOOKED_AT]
    total = len(sample)
    entropy = -sum(count / total * math.log2(count / total) for count in Counter(sample).values())
    return entropy >= _RANDOM * math.log2(min(total, symbols))
