"""``python -m config reference``: a page on every key of a profile, made from the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.profile import Profile
from config.schema_tables import Model, tables

_INTRODUCTION = Path(__file__).parent / "reference_introduction.md"


def reference() -> str:
    """Returns the page as Markdown."""
    seen: set[Model] = set()
    parts = [_INTRODUCTION.read_text(encoding="utf-8").rstrip(), "\n".join(_contents())]
    for path, model in tables():
        if model is not Profile:
            parts.append("\n".join(_table(path, model, seen)))
            seen.add(model)
    return "\n\n".join(parts) + "\n"


def _contents() -> Iterator[str]:
    for name, field in Profile.model_fields.items():
        below = [path for path, _ in tables() if path == name or path.startswith((f"{name}[", f"{name}."))]
        if below:
            say = next(model.__doc__ or "" for path, model in tables() if path == below[0])
            must = " Required." if field.is_required() else ""
            yield f"- [`{_header(below[0])}`](#{_anchor(below[0])}): {_first_line(say)}{must}"


def _table(path: str, model: Model, seen: set[Model]) -> Iterator[str]:
    yield f"## {_header(path)}"
    yield ""
    first = next((known for known, other in tables() if other is model), path)
    if model in seen:
        yield f"As [`{_header(first)}`](#{_anchor(first)})."
        return
    yield _paragraphs(model.__doc__ or "")
    rows = list(_rows(model))
    if rows:
        yield ""
        yield "| key | value | default | meaning |"
        yield "|---|---|---|---|"
        yield from rows


def _rows(model: Model) -> Iterator[str]:
    properties: dict[str, Any] = model.model_json_schema().get("properties", {})
    definitions: dict[str, Any] = model.model_json_schema().get("$defs", {})
    for name, field in model.model_fields.items():
        shape = properties[field.alias or name]
        yield "| " + " | ".join((
            f"`{name}`", _cell(_type(shape, definitions)), _cell(_default(field)), _cell(field.description or ""),
        )) + " |"  # fmt: skip


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, (tuple, dict)) and not value:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`' if value else ""
    if isinstance(value, (int, float)):
        return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
    if isinstance(value, tuple) and all(isinstance(item, (int, float, str)) for item in value):
        return f"`{list(value)}`".replace("'", '"')
    return ""


def _type(shape: dict[str, Any], definitions: dict[str, Any]) -> str:
    """What kind of value a key takes, in the words of TOML."""
    if "anyOf" in shape:
        kinds = [_type(option, definitions) for option in shape["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "allOf" in shape:
        return _type(shape["allOf"][0], definitions)
    if "$ref" in shape:
        inner = definitions.get(shape["$ref"].rpartition("/")[2], {})
        return "table" if inner.get("type") == "object" else _type(inner, definitions)
    if "enum" in shape:
        return ", ".join(f'`"{option}"`' for option in shape["enum"])
    if "const" in shape:
        return f'`"{shape["const"]}"`'
    kind = shape.get("type")
    if kind == "array":
        items = shape.get("items") or (shape.get("prefixItems") or [{}])[0]
        return f"list of {_type(items, definitions)}" if items else "list"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    bounds = [
        f"{sign} {shape[key]:g}"
        for key, sign in (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
        if key in shape
    ]
    return words.get(str(kind), "table" if kind == "object" else "any value") + (
        f" {', '.join(bounds)}" if bounds else ""
    )


def _header(path: str) -> str:
    return f"[[{path.removesuffix('[]')}]]" if path.endswith("[]") else f"[{path}]"


def _anchor(path: str) -> str:
    return "".join(letter for letter in path.lower() if letter.isalnum() or letter in "_-")


def _first_line(doc: str) -> str:
    return " ".join(doc.strip().partition("\n\n")[0].split())


def _paragraphs(doc: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in doc.strip().split("\n\n"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
