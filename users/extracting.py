"""Taking a value out of an answer, where the profile says that it stands. Pure."""

from __future__ import annotations

import re

import orjson

from config.calls import Extract
from evidence.paths import first
from users.http_calls import Answer, parsed


def extract(where: Extract, answer: Answer) -> object:
    """Returns the value, None if it is not there; where a pattern finds it, it is text."""
    found: object
    if where.cookie is not None:
        found = answer.cookies.get(where.cookie)
    elif where.header is not None:
        found = answer.headers.get(where.header.lower())
    elif where.path is not None:
        found = first(answer.document, where.path)
    else:
        found = answer.text
    if where.matches is None or found is None:
        return found
    match = re.search(where.matches, found if isinstance(found, str) else orjson.dumps(found).decode())
    return match[1] if match is not None else None


def described(where: Extract) -> str:
    """Returns in words where the value should stand, to follow a verb."""
    if where.cookie is not None:
        place = f"in the cookie '{where.cookie}'"
    elif where.header is not None:
        place = f"in the header '{where.header}'"
    else:
        place = f"at '{where.path}'" if where.path is not None else "in its text"
    return f"{place} that matches '{where.matches}'" if where.matches is not None else place


def said_by(output: bytes) -> Answer:
    """Returns what a command wrote, as an answer that has a body only."""
    return Answer(0, parsed(output), text=output.decode("utf-8", "replace").strip())
