"""Field paths: how a target profile points into a frame.

``a.b`` is the value under ``b`` in the object under ``a``; ``a[].b`` is that of every element of the list ``a``, and
``a[0].b`` that of its first. A frame that is itself a list begins so: ``[0]``, ``[].a``. A path that leads into a
string leads into the JSON that stands there, since many protocols carry a document as text within a document.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import orjson

_STEP = re.compile(r"([^\[\]]*)((?:\[-?\d*\])*)")
_EVERY = None

Step = str | int | None  # a key, an index, or every element


def dig(document: object, path: str) -> Sequence[object]:
    """Returns every value that ``path`` leads to in ``document``; nothing if it leads nowhere."""
    steps = _steps(path)
    if isinstance(document, dict):
        if type(steps[0]) is not str or steps[0] not in document:
            return ()  # most paths lead nowhere in most frames
        if len(steps) == 1:
            return (document[steps[0]],)
    values = [document]
    for step in steps:
        found: list[object] = []
        for outer in values:
            value = _within(outer) if isinstance(outer, str) else outer
            if isinstance(value, dict):
                if isinstance(step, str) and step in value:
                    found.append(value[step])
            elif isinstance(value, list) and not isinstance(step, str):
                if step is _EVERY:
                    found.extend(value)
                elif -len(value) <= step < len(value):
                    found.append(value[step])
        values = found
        if not values:
            break
    return values


def first(document: object, path: str) -> object | None:
    """Returns the first value that ``path`` leads to in ``document``, or None."""
    if isinstance(document, dict):
        steps = _steps(path)
        if type(steps[0]) is not str:
            return None
        value: object = document.get(steps[0])
        if value is None or len(steps) == 1:
            return value
    found = dig(document, path)
    return found[0] if found else None


@functools.lru_cache(4096)
def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            return (part,)
        name, brackets = match.groups()
        if name or not brackets:
            steps.append(name)
        steps.extend(int(index) if index else _EVERY for index in re.findall(r"\[(-?\d*)\]", brackets) if index != "-")
    return tuple(steps)


def _within(text: str) -> object:
    """The document that stands in a string, or None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found
