"""What a service says at another's door, made comparable: the same words without ids, names and figures."""

from __future__ import annotations

import random
import re
import string
from uuid import UUID

import orjson

LONGEST = 300
"""So many characters of an answer are kept: enough to tell two apart, too few to hold what it gave away."""
# Whatever has a digit in it may be an id, a time or an amount, and differs from answer to answer.
_FIGURES = re.compile(r"[\w.:+-]*\d[\w.:+-]*")


def shape_of(document: object, code: object = None) -> str:
    """Returns an answer as text that is the same for two answers which differ in ids, names and figures only.

    Args:
        document: the frame.
        code: a refusal's code, which is kept as it is: 403 and 404 are figures too.
    """
    told = orjson.dumps(_worded(document), option=orjson.OPT_SORT_KEYS).decode()
    return (f"{code}: {told}" if code is not None else told)[:LONGEST]


def _worded(value: object) -> object:
    if isinstance(value, dict):
        return {_FIGURES.sub("#", str(key)): _worded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted({orjson.dumps(_worded(inner)).decode() for inner in value})
    if isinstance(value, bool) or value is None:
        return value
    return _FIGURES.sub("#", value) if isinstance(value, str) else "#"


def look_alike(value: str, draw: random.Random) -> str:
    """Returns a value of the same shape that was never handed out: digits for digits, letters for letters.

    A UUID keeps its version and variant. What has neither letters nor digits is returned as it is.
    """
    try:
        version = UUID(value).version
    except ValueError:
        version = None
    if version is not None and len(value) == len(str(UUID(int=0))):
        return str(UUID(int=draw.getrandbits(128), version=version if version <= 5 else 4))
    hexadecimal = set(value) <= {*string.hexdigits, "-"}
    letters = "abcdef" if hexadecimal else string.ascii_lowercase
    drawn = []
    for position, letter in enumerate(value):
        if letter.isdecimal():
            drawn.append(draw.choice(string.digits[position == 0 :]))
        elif letter.isalpha():
            picked = draw.choice(letters)
            drawn.append(picked.upper() if letter.isupper() else picked)
        else:
            drawn.append(letter)
    return "".join(drawn)
