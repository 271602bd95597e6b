"""``python -m config schema``: the JSON Schema of a profile, for editors that complete and check TOML.

What extends another profile may leave anything out, and may leave out a whole table by ``false``; so no table is
complete by itself, and only a profile that extends nothing has to have its required keys.
"""

from __future__ import annotations

from typing import Any

import orjson

from config.profile import Profile

_DIALECT = "http://json-schema.org/draft-07/schema#"
_EXTENDS = {
    "type": "string",
    "description": "Path of another profile, from the folder of this one, that this one is laid over: tables are "
    "merged, false leaves a table out, any other value replaces that of the other profile.",
}


def editor_schema() -> dict[str, Any]:
    """Returns the JSON Schema as plain data."""
    schema = Profile.model_json_schema(ref_template="#/definitions/{model}")
    definitions: dict[str, Any] = {**schema["$defs"], "Profile": _without_definitions(schema)}
    in_lists = {name for item in definitions.values() for name in _names_in_lists(item)}
    required: dict[str, list[str]] = {}
    for name, definition in definitions.items():
        for value in definition.get("properties", {}).values():
            if isinstance(value.get("default"), dict):  # a whole table of defaults, which its own keys have too
                del value["default"]
        _suit_the_file(definition)
        if name not in in_lists:
            required[name] = definition.pop("required", [])
            _let_false_leave_out(definition)
    top = definitions.pop("Profile")
    top["properties"] = {"extends": _EXTENDS, **top["properties"]}
    whole: dict[str, Any] = {"required": required["Profile"], "properties": {}}
    for key, value in top["properties"].items():
        below = required.get(_name_of(value) or "", [])
        if below:
            whole["properties"][key] = {"required": below}
    return {
        "$schema": _DIALECT,
        "title": "Target profile",
        **{key: value for key, value in top.items() if key not in ("title", "required")},
        "if": {"not": {"required": ["extends"]}},
        "then": whole,
        "definitions": definitions,
    }


def written() -> str:
    """Returns the schema as the text of its file."""
    return orjson.dumps(editor_schema(), option=orjson.OPT_INDENT_2).decode() + "\n"


def _without_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "$defs"}


def _name_of(value: dict[str, Any]) -> str | None:
    """The definition that a key's value refers to, as the only one or beside null."""
    options = [value, *value.get("anyOf", []), *value.get("allOf", [])]
    return next((str(option["$ref"]).rpartition("/")[2] for option in options if "$ref" in option), None)


def _names_in_lists(schema: object) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in _names_in_lists(item)]
    if not isinstance(schema, dict):
        return []
    items = schema.get("items")
    own = [found] if isinstance(items, dict) and (found := _name_of(items)) else []
    return own + [name for value in schema.values() for name in _names_in_lists(value)]


def _let_false_leave_out(definition: dict[str, Any]) -> None:
    """TOML has no null: a table that may be left out is left out by false."""
    for value in definition.get("properties", {}).values():
        for option in value.get("anyOf", []):
            if option == {"type": "null"}:
                option.clear()
                option["const"] = False


def _suit_the_file(schema: object) -> None:
    """Before the environment's variables are put in, a text may be one; and a list of fixed length is draft 7's."""
    if isinstance(schema, list):
        for item in schema:
            _suit_the_file(item)
    elif isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            schema["pattern"] = rf"({schema['pattern']})|\$\{{"
        if "prefixItems" in schema:
            schema["items"] = schema.pop("prefixItems")
        for value in schema.values():
            _suit_the_file(value)
