"""Message templates: documents with ``{placeholders}``, which ``{name:int}`` and ``{name:str}`` convert."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)(?::(int|str))?\}")
_BETWEEN = re.compile(r"\{[a-z_][a-z0-9_]*(?::(?:int|str))?\}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_LEAVE_OUT = object()


class PlaceholderUnknown(Exception):
    """A template names a placeholder that nobody fills; the message names it and those there are."""


def fill(template: object, values: Mapping[str, object]) -> object:
    """Returns the template with its placeholders filled.

    A string that is one placeholder alone takes the value with its type; inside a longer string the value's text is
    put in. A lone placeholder without a value yet (None) takes its key out of the object, or itself out of the list.
    ``{name:int}`` takes the value as a whole number if it is one, ``{name:str}`` as text.

    Raises:
        PlaceholderUnknown: a placeholder is not among ``values``.
    """
    filled = _fill(template, values)
    return None if filled is _LEAVE_OUT else filled


def fill_text(text: str, values: Mapping[str, object]) -> str:
    """Returns ``text`` with its placeholders put in as text; one without a value becomes empty.

    Raises:
        PlaceholderUnknown: a placeholder is not among ``values``.
    """

    def replace(match: re.Match[str]) -> str:
        value = _look_up(match[1], values)
        return "" if value is None else str(value)

    return _PLACEHOLDER.sub(replace, text)


def fill_known(text: str, values: Mapping[str, object]) -> str:
    """Returns ``text`` with those of its placeholders put in that ``values`` has.

    For secrets: braces in one are no mistake, and an error would show them.
    """
    for name in placeholders(text) & values.keys():
        text = text.replace(f"{{{name}}}", "" if values[name] is None else str(values[name]))
    return text


def placeholders(template: object) -> set[str]:
    """Returns the names of all placeholders in a template."""
    if isinstance(template, str):
        return {match[1] for match in _PLACEHOLDER.finditer(template)}
    if isinstance(template, dict):
        return set().union(*(placeholders(value) for value in template.values()))
    if isinstance(template, (list, tuple)):
        return set().union(*(placeholders(value) for value in template))
    return set()


def literals(text: str) -> list[str]:
    """Returns what stands in a text between its placeholders."""
    return [part for part in _BETWEEN.split(text) if part]


def _fill(template: object, values: Mapping[str, object]) -> object:
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole is None:
            return fill_text(template, values)
        value = _look_up(whole[1], values)
        return _LEAVE_OUT if value is None else _converted(value, whole[2])
    if isinstance(template, dict):
        filled = {key: _fill(value, values) for key, value in template.items()}
        return {key: value for key, value in filled.items() if value is not _LEAVE_OUT}
    if isinstance(template, (list, tuple)):
        return [value for value in (_fill(item, values) for item in template) if value is not _LEAVE_OUT]
    return template


def _converted(value: object, wanted: str | None) -> object:
    if wanted == "str":
        return str(value)
    if wanted == "int" and isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value


def _look_up(name: str, values: Mapping[str, object]) -> object:
    if name not in values:
        known = ", ".join(sorted(values))
        raise PlaceholderUnknown(f"nothing fills the placeholder {{{name}}}; there are: {known}")
    return values[name]
