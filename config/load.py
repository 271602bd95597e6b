"""Reading a target profile: TOML, ``${NAME}`` from the environment, then the schema.

An error names the file, the line, the key, what was found there and what is allowed. Secrets are never shown: neither
in errors nor in ``public_view``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, cast

import orjson
from pydantic import SecretStr, ValidationError

from config.consistency import mistakes
from config.document import read, resolve, variables
from config.errors import ProfileError, ProfileInvalid, ProfileUnreadable, VariableMissing
from config.files import FOLDERS
from config.positions import Path as Key
from config.profile import Profile
from config.secrets import CREDENTIAL_PARTS, secret_parts, told_by_name
from config.sentences import sentence, unresolved, written

__all__ = [
    "DEFAULT_PROFILE",
    "ProfileError",
    "ProfileInvalid",
    "ProfileUnreadable",
    "VariableMissing",
    "fingerprint",
    "load",
    "public_view",
]

DEFAULT_PROFILE = Path(__file__).parent / "targets" / "reference.toml"
_HIDDEN = "(hidden)"
# User and password of an address, and its query.
_ADDRESS_SECRETS = re.compile(r"(://)\S*@|\?\S+")


def load(path: Path, environment: Mapping[str, str] = os.environ, text: str | None = None) -> Profile:
    """Returns the profile in a TOML file. A key ``extends`` at its top names another one that it is laid over.

    Args:
        path: the file.
        environment: where ``${NAME}`` is looked up.
        text: what the file will hold, where it is not written yet.

    Raises:
        ProfileUnreadable: the file is missing or no TOML.
        VariableMissing: a variable it names is not set.
        ProfileInvalid: its content does not fit the schema.
    """
    document = read(path, text=text)
    resolved = resolve(document, environment)
    needed = [key for key, _ in resolved.missing]
    lines = [
        f"{document.place(key)}: {written(key)}: needs the environment variable {name}, which is not set"
        for key, name in resolved.missing
    ]
    if resolved.shown:
        lines += [
            f"{document.place(key)}: {written(key)}: holds ${{{name}}}, which every user of this machine could read in "
            "the list of processes: hand it over in 'environment', or let the command read it from its own"
            for key, name in resolved.shown
        ]
        raise ProfileInvalid("\n".join(lines))
    try:
        profile = Profile.model_validate(resolved.values, context={FOLDERS: document.folders})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
        # What a variable would have filled is no mistake of its own.
        own = [item for item in found if not _within(item["loc"], needed)]
        if own:
            lines += [sentence(document, item, resolved.used) for item in own]
            raise ProfileInvalid("\n".join(lines)) from None
        profile = None
    if profile is not None and not resolved.missing:
        lines = [
            f"{document.place(key)}: {written(key)}: {unresolved(what, resolved.used)}"
            for key, what in mistakes(profile)
        ]
        if lines:
            raise ProfileInvalid("\n".join(lines)) from None
    if resolved.missing or profile is None:
        raise VariableMissing("\n".join(lines) + _hint({name for _, name in resolved.missing}))
    profile.lies_in(path.absolute().parent)
    profile.was_given(resolved.used)
    return profile


def _within(place: tuple[str | int, ...], keys: list[Key]) -> bool:
    return any(place[: len(key)] == key for key in keys)


def _hint(missing: set[str]) -> str:
    """How the reference target's variables are set, for those who have only just begun."""
    if not missing <= set(variables(read(DEFAULT_PROFILE).values)):
        return ""
    return "; `python -m target run -- COMMAND` starts the reference target and sets them"


def public_view(profile: Profile) -> dict[str, object]:
    """Returns the profile as plain data with every secret replaced, fit for evidence and reports."""
    hidden = _Hidden(frozenset(profile.given.values()), told_by_name(profile.given))
    return cast(dict[str, object], _hide(profile.model_dump(mode="python"), hidden))


def fingerprint(profile: Profile) -> str:
    """Returns 16 hexadecimal digits that are the same on nodes which run the same profile (secrets apart)."""
    return hashlib.blake2b(orjson.dumps(public_view(profile), option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()


class _Hidden(NamedTuple):
    """Values of variables: all of them, which are secret among credentials, and those that are secret anywhere."""

    given: frozenset[str]
    anywhere: frozenset[str]


def _hide(value: object, hidden: _Hidden, *, inside: bool = False, name: str = "") -> object:
    """Returns plain data without secrets; with ``inside``, text may be one that is sent where credentials are."""
    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, dict):
        return {
            str(key): _hide(inner, hidden, inside=inside or key in CREDENTIAL_PARTS, name=str(key))
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_hide(inner, hidden, inside=inside, name=name) for inner in value]
    if not isinstance(value, str):
        return value
    secrets = {*hidden.anywhere, *(secret_parts(name, value, hidden.given) if inside else ())}
    for secret in sorted(secrets, key=len, reverse=True):
        value = value.replace(secret, _HIDDEN)
    return _ADDRESS_SECRETS.sub(_hide_part, value) if "://" in value else value


def _hide_part(match: re.Match[str]) -> str:
    return f"{match[1]}{_HIDDEN}@" if match[1] else f"?{_HIDDEN}"
