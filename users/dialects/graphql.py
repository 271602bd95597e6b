"""GraphQL over WebSocket, the protocol ``graphql-transport-ws`` (the specification of the graphql-ws package)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from users.dialects.base import Message
from users.dialects.json_messages import JsonText

_PING = '{"type":"ping"}'
_PONG = '{"type":"pong"}'
_REQUEST = ("query", "variables", "operationName", "extensions")


class GraphqlTransportWs(JsonText):
    """JSON messages with a type. ``connection_init`` is said on opening unless the profile logs in by a frame.

    A document with ``query`` and no ``type`` is said as a ``subscribe`` message of its ``id``. Pings are answered, and
    one is said every twenty seconds, as an idle client may be taken for dead.
    """

    keep_alive_s: float | None = 20.0

    def opening(self, *, login: bool) -> Iterable[Message]:
        """Returns ``connection_init`` with the payload of ``[target.options]``, unless a login says it."""
        if login:
            return ()
        payload = self.options.get("payload")
        return (super().encode({"type": "connection_init", **({"payload": payload} if payload else {})}),)

    def encode(self, document: object) -> Message:
        """Returns the message, wrapped as ``subscribe`` if it is a bare request."""
        if isinstance(document, Mapping) and "query" in document and "type" not in document:
            payload = {name: document[name] for name in _REQUEST if name in document}
            document = {"id": document.get("id"), "type": "subscribe", "payload": payload}
        return super().encode(document)

    def answer(self, document: object) -> Iterable[Message]:
        """Returns the pong to a ping."""
        return (_PONG,) if isinstance(document, dict) and document.get("type") == "ping" else ()

    def keep_alive(self) -> Message | None:
        """Returns a ping."""
        return _PING
