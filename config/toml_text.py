"""Values as TOML writes them."""

from __future__ import annotations

import json


def toml_value(value: object) -> str:
    """Returns plain data as TOML writes it on one line; what is None in an object is left out."""
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {toml_value(below)}" for name, below in value.items() if below is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return _json(value)


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "")
    return name if plain.isascii() and plain.isalnum() else _json(name)


def _json(value: object) -> str:
    """Numbers, booleans and texts are written as in JSON, but for one character that TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
