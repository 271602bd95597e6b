"""The secrets in a profile, so that whoever shows something can leave them out.

What the schema calls a secret is one, and so are passwords in addresses, accounts' passwords and tokens. What is sent
to a token service, signed into a token or told to a command holds words beside secrets: there a text is one if it came
from a variable, if its name says so, or if nobody would write it by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, unquote

from pydantic import BaseModel, SecretStr

from config.address import passwords
from config.profile import Profile
from config.template import literals, placeholders

CREDENTIAL_PARTS = {"body", "claims", "form", "input"}
"""What is sent to a token service or signed into a token may hold a client's secret beside the placeholders."""
_SHORTEST = 4
_DISTINCT = 8
_TELLING = re.compile(
    r"secret|pass|pwd|token|key|credential|signature|assertion|authori[sz]ation|cookie|pin\b|otp|nonce",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"(?:type|kind|format|method|name|scope|alg|algorithm|ur[il]|hint|audience)$", re.IGNORECASE)
_WORDS = re.compile(r"[\s;,=&]+")
_MADE_UP = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[^\s]{16,}")


def secrets_of(profile: Profile) -> set[str]:
    """Returns every secret of the profile in the forms in which it may show up, those shorter than four letters left
    out: whoever has one of them has no secret.
    """
    found: set[str] = set()
    given = frozenset(profile.given.values())
    for value in (*_values(profile, given, inside=False), *_of_tenants(profile), *told_by_name(profile.given)):
        for form in (value, unquote(value), quote(value, safe=""), *passwords(value)):
            if len(form) >= _SHORTEST:
                found.add(form)
    return found


def told_by_name(variables: Mapping[str, str]) -> frozenset[str]:
    """Returns the values of those variables whose names say that they are secret, wherever in a profile they stand.

    A word is left out: as a password it is one of a development machine, and may well name a store or a key besides.
    """
    return frozenset(
        value
        for name, value in variables.items()
        if len(value) >= _DISTINCT and not value.isalpha() and _is_telling(name)
    )


def secret_parts(name: str, text: str, given: frozenset[str]) -> list[str]:
    """Returns what of a text is secret that is sent where credentials are; nothing of most words and placeholders.

    Args:
        name: the key it stands at.
        text: the text.
        given: values of variables that were put into the profile.
    """
    found = [value for value in given if len(value) >= _SHORTEST and value in text]
    if _is_telling(name) and not placeholders(text):
        found.append(text)
    return [*found, *(part for part in literals(text) if _MADE_UP.fullmatch(part))]


def _is_telling(name: str) -> bool:
    return _TELLING.search(name) is not None and _NO_SECRET.search(name) is None


def _values(value: object, given: frozenset[str], *, inside: bool, name: str = "") -> Iterator[str]:
    """Secret values; with ``inside``, text may be one that is sent where credentials are."""
    if isinstance(value, SecretStr):
        yield (text := value.get_secret_value())
        if placeholders(text):  # filled it is another text, and what stands around the placeholders as secret as before
            yield from secret_parts("", text, given)
            yield from filter(_MADE_UP.fullmatch, _WORDS.split(" ".join(literals(text))))
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _values(getattr(value, key), given, inside=inside or key in CREDENTIAL_PARTS, name=key)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, given, inside=inside or key in CREDENTIAL_PARTS, name=str(key))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _values(inner, given, inside=inside, name=name)
    elif isinstance(value, str):
        if inside:
            yield from secret_parts(name, value, given)
        if "://" in value:
            yield from (word for word in passwords(value) if not placeholders(word))
            yield from _query(value, given)


def _query(address: str, given: frozenset[str]) -> Iterator[str]:
    """What is secret in an address's query: keys and tokens are given there, beside versions and formats."""
    for word in address.partition("?")[2].partition("#")[0].split("&"):
        name, _, value = word.partition("=")
        for text in {value, unquote(value)}:
            yield from secret_parts(name, text, given)


def _of_tenants(profile: Profile) -> Iterator[str]:
    """What accounts that exist prove themselves with."""
    for account in profile.tenants.existing:
        yield from (secret for secret in (account.password, account.token) if secret)
    if profile.auth.file is not None:
        yield from profile.auth.file.tokens.values()
