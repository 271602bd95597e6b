"""JSON, one document a message: as text, or in binary messages."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from users.dialects.base import Dialect, Message, Undecodable


class JsonText(Dialect):
    """A JSON document in each text message. One in a binary message is read as well."""

    def encode(self, document: object) -> Message:
        """Returns the document as JSON text."""
        return orjson.dumps(document).decode()

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the one document of a message."""
        try:
            return (orjson.loads(message),)
        except orjson.JSONDecodeError as error:
            raise Undecodable(f"no JSON: {error}") from None


class JsonBinary(JsonText):
    """A JSON document in each binary message."""

    def encode(self, document: object) -> Message:
        """Returns the document as JSON in bytes."""
        return orjson.dumps(document)
