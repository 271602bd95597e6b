"""JSON-RPC 2.0 over WebSocket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from users.dialects.base import Message, Undecodable
from users.dialects.json_messages import JsonText

_NOT_FOUND = {"code": -32601, "message": "Method not found"}


class JsonRpc(JsonText):
    """Requests get their ``jsonrpc`` field, a batch is as many documents, and the service's own calls are refused."""

    def encode(self, document: object) -> Message:
        """Returns the request with the version that the protocol wants."""
        return super().encode({"jsonrpc": "2.0", **document} if isinstance(document, Mapping) else document)

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the documents of a message: several if it is a batch."""
        (document,) = super().decode(message)
        if isinstance(document, list):
            return tuple(document)
        if not isinstance(document, dict):
            raise Undecodable("neither an object nor a batch")
        return (document,)

    def answer(self, document: object) -> Iterable[Message]:
        """Returns the refusal of a call of the service's: it awaits an answer, and we offer no methods."""
        if isinstance(document, dict) and "method" in document and document.get("id") is not None:
            return (orjson.dumps({"jsonrpc": "2.0", "id": document["id"], "error": _NOT_FOUND}).decode(),)
        return ()
