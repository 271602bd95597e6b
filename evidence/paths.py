"""Field paths: how a target profile points into a JSON frame.

``a.b`` is the value under ``b`` in the object under ``a``; ``a[].b`` is that of every element of the list ``a``.
"""

from __future__ import annotations

from collections.abc import Iterator


def dig(document: object, path: str) -> Iterator[object]:
    """Yields every value that ``path`` leads to in ``document``; nothing if it leads nowhere."""
    values = [document]
    for step in path.split("."):
        name, brackets, _ = step.partition("[]")
        found: list[object] = []
        for value in values:
            if isinstance(value, dict) and name in value:
                inner = value[name]
                if not brackets:
                    found.append(inner)
                elif isinstance(inner, list):
                    found.extend(inner)
        values = found
        if not values:
            return
    yield from values


def first(document: object, path: str) -> object | None:
    """Returns the first value that ``path`` leads to in ``document``, or None."""
    return next(dig(document, path), None)
