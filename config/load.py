"""Reading a target profile: TOML, ``${NAME}`` from the environment, then the schema.

An error names the file, the key, what was found there and what is allowed. Secrets are never shown: neither in errors
nor in ``public_view``.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import orjson
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from config.profile import Profile
from config.template import placeholders

DEFAULT_PROFILE = Path(__file__).parent / "targets" / "reference.toml"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HIDDEN = "(hidden)"
_SHORTEST_SECRET = 4
# What is sent to a token service or signed into a token may hold a client's secret beside the placeholders.
_CREDENTIAL_PARTS = {"body", "claims"}
# User and password of an address, and its query.
_ADDRESS_SECRETS = re.compile(r"(://)\S*@|\?\S+")
# What stood in place of a table or list is never shown: a store's address written one level too high, say.
_TOML_NAMES = {str: "string", int: "whole number", float: "number", bool: "boolean"}
_MISPLACED = {"model_type", "model_attributes_type", "dict_type", "tuple_type", "list_type"}


class ProfileError(Exception):
    """A profile can't be used. The message is one sentence for each mistake, with file and key.

    ProfileError
    ├── ProfileUnreadable   the file is missing, unreadable or no TOML
    ├── VariableMissing     a ${NAME} names a variable that the environment has not
    └── ProfileInvalid      a key is unknown, missing or has a value that is not allowed
    """


class ProfileUnreadable(ProfileError):
    """The file is missing, can't be read or is no TOML."""


class VariableMissing(ProfileError):
    """The profile refers to an environment variable that is not set."""


class ProfileInvalid(ProfileError):
    """The profile's content does not fit the schema."""


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Profile:
    """Returns the profile in a TOML file. A key ``extends`` at its top names another one that it is laid over.

    Args:
        path: the file.
        environment: where ``${NAME}`` is looked up.

    Raises:
        ProfileUnreadable: the file is missing or no TOML.
        VariableMissing: a variable it names is not set.
        ProfileInvalid: its content does not fit the schema.
    """
    document = _read(path, ())
    used: dict[str, str] = {}
    resolved = _resolve(document, "", path, environment, used)
    try:
        return Profile.model_validate(resolved)
    except ValidationError as error:
        lines = [_sentence(path, item) for item in error.errors(include_url=False, include_context=True)]
        raise ProfileInvalid(_unresolve("\n".join(lines), used)) from None


def _read(path: Path, readers: tuple[Path, ...]) -> dict[str, object]:
    """The document in a file, laid over the one it ``extends``."""
    try:
        document: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProfileUnreadable(f"{path}: there is no such profile") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileUnreadable(f"{path}: can't be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileUnreadable(f"{path}: is no valid TOML: {error}") from None
    base = document.pop("extends", None)
    if base is None:
        return document
    if not isinstance(base, str):
        raise ProfileInvalid(f"{path}: extends: input should be the path of another profile, beside this one")
    if path.resolve() in readers:
        raise ProfileInvalid(f"{path}: extends: leads back to this profile")
    return _laid_over(_read(path.parent / base, (*readers, path.resolve())), document)


def _laid_over(base: dict[str, object], changes: dict[str, object]) -> dict[str, object]:
    """Tables are merged, ``false`` leaves one out, any other value (lists too) replaces that of the base."""
    merged = dict(base)
    for key, value in changes.items():
        below = merged.get(key)
        if isinstance(below, dict) and value is False:
            del merged[key]
        else:
            merged[key] = _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def public_view(profile: Profile) -> dict[str, object]:
    """Returns the profile as plain data with every secret replaced, fit for evidence and reports."""
    return cast(dict[str, object], _hide(profile.model_dump(mode="python")))


def fingerprint(profile: Profile) -> str:
    """Returns 16 hexadecimal digits that are the same on nodes which run the same profile (secrets apart)."""
    return hashlib.blake2b(orjson.dumps(public_view(profile), option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


def _hide(value: object, *, fixed: bool = False) -> object:
    """Returns plain data without secrets; with ``fixed``, text without a placeholder is taken for one."""
    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, dict):
        return {str(key): _hide(inner, fixed=fixed or key in _CREDENTIAL_PARTS) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide(inner, fixed=fixed) for inner in value]
    if not isinstance(value, str):
        return value
    if fixed and not placeholders(value):
        return _HIDDEN
    return _ADDRESS_SECRETS.sub(_hide_part, value) if "://" in value else value


def _hide_part(match: re.Match[str]) -> str:
    return f"{match[1]}{_HIDDEN}@" if match[1] else f"?{_HIDDEN}"


def _resolve(value: object, key: str, path: Path, environment: Mapping[str, str], used: dict[str, str]) -> object:
    """Returns ``value`` with variables put in; ``used`` gathers them."""
    if isinstance(value, dict):
        return {
            name: _resolve(inner, f"{key}.{name}" if key else name, path, environment, used)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_resolve(inner, f"{key}[{index}]", path, environment, used) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name = match[1]
        if not environment.get(name):
            raise VariableMissing(f"{path}: {key}: needs the environment variable {name}, which is not set")
        used[name] = environment[name]
        return environment[name]

    return _VARIABLE.sub(look_up, value)


def _unresolve(text: str, used: Mapping[str, str]) -> str:
    """Returns ``text`` with the values of variables taken out again: any of them may be a secret."""
    for name, value in sorted(used.items(), key=lambda item: -len(item[1])):
        for form in {value, value.strip(), repr(value)[1:-1], repr(value.strip())[1:-1]}:
            if len(form) >= _SHORTEST_SECRET:
                text = text.replace(form, f"${{{name}}}")
    return text


def _sentence(path: Path, error: ErrorDetails) -> str:
    key = ""
    for step in error["loc"]:
        key += f"[{step}]" if isinstance(step, int) else f".{step}" if key else str(step)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        what = "is missing"
    elif kind == "extra_forbidden":
        what = "is no key of a profile (a misspelling, or in the wrong table?)"
    elif kind == "value_error":
        what = str(context.get("error", error["msg"]))
    else:
        what = f"{error['msg'][0].lower()}{error['msg'][1:]}"
    return f"{path}: {key or 'the profile'}: {what}{_found(error)}"


def _found(error: ErrorDetails) -> str:
    """What stood there, unless it may be a secret: whatever the schema hides, and whatever looks like an address."""
    value = error.get("input")
    last = str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] in {"missing", "extra_forbidden", "value_error"} or isinstance(value, (dict, list)):
        return ""
    if last in {"url", "secret"} or "headers" in error["loc"]:
        return ""
    if error["type"] in _MISPLACED or (isinstance(value, str) and "://" in value):
        return f", found a {_TOML_NAMES.get(type(value), 'value')}"
    return f", found {value!r}"
