"""Text that tenants, services or stores wrote is never trusted: what each kind of report must be protected from."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~<>&-])")


def printable(text: str) -> str:
    """Returns the text without what could move a terminal's cursor, turn text around or break XML.

    Control characters, direction marks and lone surrogates become U+FFFD; tabs and line feeds become spaces.
    """
    return _CONTROL.sub("\ufffd", text).replace("\n", " ").replace("\t", " ")


def markdown(text: str) -> str:
    """Returns the text as Markdown that shows it literally, in one line, in a paragraph or a table cell."""
    return _MARKDOWN.sub(r"\\\1", printable(text)).replace("@", "@\u200b").replace("://", ":\u200b//")


def code(text: str) -> str:
    """Returns the text as Markdown code, whatever backticks or bars it holds."""
    plain = printable(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", plain)), default=0) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}" if plain else ""
