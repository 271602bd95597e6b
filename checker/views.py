"""The readable views of a stored value: the one place that knows encodings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# How Postgres writes a bytea as text; inside an array or a composite the backslash is doubled.
_HEX_BYTES = re.compile(rb"\\+x((?:[0-9a-fA-F]{2})+)")


def views(value: bytes) -> Sequence[bytes]:
    """Returns what the bytes of a stored value can be read as beside themselves. Marks are looked for in every view.

    Nothing yet: values are read as they are. Compression and transfer encodings have their place here.
    """
    return ()


def binary_views(text: bytes) -> Iterator[bytes]:
    """Yields the bytes behind every bytea in the text form of a Postgres value, and the views of those."""
    for match in _HEX_BYTES.finditer(text):
        value = bytes.fromhex(match[1].decode())
        yield value
        yield from views(value)
