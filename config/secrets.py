"""The secrets in a profile, so that whoever shows something can leave them out."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, unquote

from pydantic import BaseModel, SecretStr

from config.address import passwords
from config.profile import Profile
from config.template import placeholders

CREDENTIAL_PARTS = {"body", "claims", "form", "input"}
"""What is sent to a token service or signed into a token may hold a client's secret beside the placeholders."""
_SHORTEST = 4


def secrets_of(profile: Profile) -> set[str]:
    """Returns every secret of the profile in the forms in which it may show up, those shorter than four letters left
    out: whoever has one of them has no secret.
    """
    found: set[str] = set()
    for value in _values(profile, fixed=False):
        for form in (value, unquote(value), quote(value, safe=""), *passwords(value)):
            if len(form) >= _SHORTEST:
                found.add(form)
    return found


def _values(value: object, *, fixed: bool) -> Iterator[str]:
    """Secret values; with ``fixed``, text without a placeholder is taken for one, as it may be a client's secret."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _values(getattr(value, name), fixed=fixed or name in CREDENTIAL_PARTS)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, fixed=fixed or name in CREDENTIAL_PARTS)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _values(inner, fixed=fixed)
    elif isinstance(value, str):
        if fixed and not placeholders(value):
            yield value
        if "://" in value:
            yield from (word for word in (*passwords(value), *_query(value)) if not placeholders(word))


def _query(address: str) -> Iterator[str]:
    """The values in an address's query: keys and tokens are given there."""
    for word in address.partition("?")[2].partition("#")[0].split("&"):
        value = word.partition("=")[2]
        if value:
            yield value
            yield unquote(value)
