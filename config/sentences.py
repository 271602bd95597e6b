"""What is wrong with a profile, in words: one sentence each, with key and remedy, without secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from pydantic_core import ErrorDetails

from config.document import Document
from config.positions import Path as Key
from config.schema_tables import tables, tables_at

_SHORTEST_SECRET = 4
_TOML_NAMES = {str: "string", int: "whole number", float: "number", bool: "boolean", dict: "table", list: "list"}
# What stood in place of a table or list is never shown: a store's address written one level too high, say.
_MISPLACED = {
    "model_type": "a table", "model_attributes_type": "a table", "dict_type": "a table", "tuple_type": "a list",
    "list_type": "a list",
}  # fmt: skip
_PATTERNS = {
    r"^wss?://[^\s]+$": "should be an address that begins with ws:// or wss://",
    r"^https?://[^\s]+$": "should be an address that begins with http:// or https://",
    r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$": "should be module:Class, as in my_adapter:MyAdapter",
    r"^[a-z][a-z0-9_]*$": "should be a name of small letters, digits and underscores that begins with a letter",
    r".*\{tenant\}.*": "should contain {tenant}, as it names one tenant's place",
}
_SECRET_KEYS = re.compile(r"url|secret|password|token|key$|headers|body|claims|env|stdin|argv|command")
_NAMED_KEY = re.compile(r"\[?((?:[a-z][a-z0-9_]*)(?:\.[A-Za-z0-9_-]+|\[\d+\])*)\]?:?\s+(?=\S)")
_STEP = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(\d+)\]")
_LISTED = 14


def sentence(document: Document, error: ErrorDetails, used: Mapping[str, str]) -> str:
    """Returns one mistake as ``file:line: key: what, and what to do``.

    Args:
        document: the profile, to say where the key stands.
        error: what pydantic found.
        used: variables that were put in, whose values are taken out again.
    """
    key = _in_document(document, error)
    what = _what(error, key)
    if error["type"] == "value_error":
        key, what = _named_in(document, key, what)
    text = f"{written(key) or 'the profile'}: {what}{_found(error, key)}"
    return f"{document.place(key)}: {unresolved(text, used)}"


def unresolved(text: str, used: Mapping[str, str]) -> str:
    """Returns ``text`` with the values of variables taken out again: any of them may be a secret."""
    for name, value in sorted(used.items(), key=lambda item: -len(item[1])):
        for form in {value, value.strip(), repr(value)[1:-1], repr(value.strip())[1:-1]}:
            if len(form) >= _SHORTEST_SECRET:
                text = text.replace(form, f"${{{name}}}")
    return text


def written(key: Key) -> str:
    """Returns a path as people write it: ``stores.postgres.budgets[0].amount``."""
    text = ""
    for step in key:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if re.fullmatch(r"[A-Za-z0-9_-]+", step) else f'"{step}"'
            text += f".{name}" if text else name
    return text


def mistyped(name: str, known: list[str]) -> str:
    """Returns ``; did you mean …?`` if a known name is close, otherwise nothing."""
    close = difflib.get_close_matches(name, known, 2, 0.6)
    if close and difflib.SequenceMatcher(None, name, close[0]).ratio() > 0.9:
        close = close[:1]
    if not close:  # half a name, mistyped: tiemout for connect_timeout_s
        words = {word for key in known for word in key.split("_") if len(word) > 3}
        near = difflib.get_close_matches(name, sorted(words), 1, 0.7)
        close = [key for key in known if near and near[0] in key.split("_")][:3]
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _in_document(document: Document, error: ErrorDetails) -> Key:
    """The place of an error as a path of the document: pydantic's own steps (tags of unions) left out."""
    key: Key = ()
    value: object = document.values
    steps = error["loc"]
    for number, step in enumerate(steps):
        below = _value_below(value, step)
        if below is not None:
            key, value = (*key, step), below
        elif error["type"] == "missing" and number == len(steps) - 1:
            key = (*key, step)
    return key


def _value_below(value: object, step: str | int) -> object:
    if isinstance(value, dict):
        return value.get(step)
    return value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None


def _what(error: ErrorDetails, key: Key) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return _missing(key)
    if kind == "extra_forbidden":
        return _unknown(key)
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind in _MISPLACED:
        remedy = ' (["…"])' if _MISPLACED[kind] == "a list" else f" ([{written(key)}] or {{ … }})"
        return f"should be {_MISPLACED[kind]}{remedy}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(context.get("pattern")), f"should match the pattern {context.get('pattern')}")
    if kind == "too_short":
        return "is empty, and needs one entry at least"
    if kind in ("literal_error", "enum"):
        options = re.findall(r"'([^']*)'", str(context.get("expected")))
        return f"should be {context.get('expected')}" + mistyped(str(error.get("input")), options)
    words = error["msg"].removeprefix("Input ").removeprefix("Value error, ")
    return words[0].lower() + words[1:]


def _missing(key: Key) -> str:
    if not key or isinstance(key[-1], int):
        return "is missing"
    for table in tables_at(key[:-1]):
        field = table.model_fields.get(key[-1])
        if field is not None and field.description:
            return f"is missing ({field.description.rstrip('.')})"
    return "is missing" if not tables_at(key) else f"is missing: a table [{written(key)}] is needed"


def _unknown(key: Key) -> str:
    name = str(key[-1])
    here = sorted({field for table in tables_at(key[:-1]) for field in table.model_fields})
    table = f"[{written(key[:-1])}]" if len(key) > 1 else "a profile"
    if close := mistyped(name, here):
        return f"is no key of {table}{close}"
    if elsewhere := sorted({path for path, model in tables() if path and name in model.model_fields}):
        return f"is no key of {table}; there is one of this name in [{'] and ['.join(elsewhere[:3])}]"
    listed = ", ".join(here) if len(here) <= _LISTED else ""
    return f"is no key of {table}; remove it" + (f", or use one of {listed}" if listed else " (a misspelling?)")


def _named_in(document: Document, key: Key, what: str) -> tuple[Key, str]:
    """The key that a sentence of the schema's own begins with, if it stands in the document, and the rest of it."""
    match = _NAMED_KEY.match(what)
    if match is None:
        return key, what
    steps = tuple(int(index) if index else name for name, index in _STEP.findall(match[1]))
    for start in (key, ()):
        named = (*start, *steps)
        if tables_at(named[:-1]) and any(named[-1] in table.model_fields for table in tables_at(named[:-1])):
            return named, what[match.end() :]
        if named in document.places:
            return named, what[match.end() :]
    return key, what


def _found(error: ErrorDetails, key: Key) -> str:
    """What stood there, unless it may be a secret: whatever the schema hides, and whatever looks like an address."""
    value = error.get("input")
    if error["type"] in {"missing", "extra_forbidden", "value_error"}:
        return ""
    if error["type"] != "literal_error" and any(_SECRET_KEYS.search(step) for step in key if isinstance(step, str)):
        return ""
    if error["type"] in _MISPLACED or isinstance(value, (dict, list)) or (isinstance(value, str) and "://" in value):
        return f", found a {_TOML_NAMES.get(type(value), 'value')}"
    return f", found {value!r}"
