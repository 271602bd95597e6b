"""Profiles for tests: the reference one, changed in one place."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping
from pathlib import Path

from config.load import DEFAULT_PROFILE, load
from config.profile import Profile

ENVIRONMENT = {
    "TARGET_URL": "ws://127.0.0.1:8000/ws",
    "TARGET_HTTP_URL": "http://127.0.0.1:8000",
    "TARGET_AUTH_URL": "http://127.0.0.1:8001",
    "AUTH_SERVICE_KEY": "PLANTED-auth-service-key",
    "TARGET_JWT_SECRET": "PLANTED-shared-secret-of-forty-characters",
    "REDIS_URL": "redis://:PLANTED-redis-password@127.0.0.1:6379/0",
    "POSTGRES_URL": "postgresql://app:PLANTED-postgres-password@127.0.0.1:5433/app",
}
PLANTED = "PLANTED"
REMOVE = object()


def reference(**environment: str) -> Profile:
    """The reference profile with these variables."""
    return load(DEFAULT_PROFILE, {**ENVIRONMENT, **environment})


def document(changes: Mapping[str, object]) -> dict[str, object]:
    """The reference profile as plain data with values set at dotted paths; REMOVE takes a key out."""
    whole = copy.deepcopy(tomllib.loads(DEFAULT_PROFILE.read_text(encoding="utf-8")))
    for path, value in changes.items():
        *tables, name = path.split(".")
        table = whole
        for step in tables:
            table = table.setdefault(step, {})
        if value is REMOVE:
            del table[name]
        else:
            table[name] = value
    return whole


def changed(**changes: object) -> Profile:
    """The reference profile, valid and resolved, with changes whose paths have ``__`` for dots."""
    plain = document({path.replace("__", "."): value for path, value in changes.items()})
    return Profile.model_validate(_resolved(plain))


def written(path: Path, changes: Mapping[str, object]) -> Path:
    """The changed profile as a TOML file."""
    path.write_text("\n".join(_toml(document(changes))), encoding="utf-8")
    return path


def _resolved(value: object) -> object:
    if isinstance(value, dict):
        return {key: _resolved(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner) for inner in value]
    if isinstance(value, str):
        for name, text in ENVIRONMENT.items():
            value = value.replace(f"${{{name}}}", text)
    return value


def _toml(table: Mapping[str, object]) -> list[str]:
    """Every top-level value on a line of its own, tables inline: ugly, and all that these tests need."""
    return [f"{_key(name)} = {_inline(value)}" for name, value in table.items()]


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(name)} = {_inline(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_inline(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return str(value)


def _key(name: str) -> str:
    return f'"{name}"'
