"""Plain text: a message is read by regular expressions, whose named groups become fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import orjson

from users.dialects.base import Dialect, Message, Undecodable


class TextLines(Dialect):
    """Text messages. ``[target.options.patterns]`` names kinds by regular expression, tried in order.

    The document of a message is ``{"kind": name, "text": the whole, …}`` with a field for each named group; what no
    pattern fits is of the kind ``text``.
    """

    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        super().__init__(url, options)
        patterns = options.get("patterns", {})
        if not isinstance(patterns, dict):
            raise ValueError("target.options.patterns: should be a table of kinds and regular expressions")
        try:
            self._patterns = [(kind, re.compile(str(pattern), re.DOTALL)) for kind, pattern in patterns.items()]
        except re.error as error:
            raise ValueError(f"target.options.patterns: holds no regular expression: {error}") from None

    def encode(self, document: object) -> Message:
        """Returns a line as it is, the words of an array joined by spaces, anything else as JSON."""
        if isinstance(document, str):
            return document
        if isinstance(document, list):
            return " ".join(str(word) for word in document)
        return orjson.dumps(document).decode()

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the one document of a message."""
        try:
            text = message if isinstance(message, str) else message.decode()
        except UnicodeDecodeError:
            raise Undecodable("no text") from None
        for kind, pattern in self._patterns:
            if match := pattern.search(text):
                return ({**match.groupdict(), "kind": kind, "text": text},)
        return ({"kind": "text", "text": text},)
