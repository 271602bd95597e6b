"""Socket.IO over WebSocket: version 4 (Engine.IO 4), and version 2 (Engine.IO 3), of which many services are still.

Only the WebSocket transport: ``target.url`` ends with ``/socket.io/?EIO=4&transport=websocket``. Packets are those of
the socket.io-protocol and engine.io-protocol specifications.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping

import orjson

from users.dialects.base import Dialect, Message, Undecodable

_PACKETS = ("connect", "disconnect", "event", "ack", "connect_error", "event", "ack")
_CODES = {"connect": 0, "disconnect": 1, "event": 2, "ack": 3, "connect_error": 4}
_EVERY = {"packet", "namespace"}
_SAID = {
    "connect": _EVERY | {"data"}, "connect_error": _EVERY | {"data"}, "disconnect": _EVERY,
    "event": _EVERY | {"event", "args", "id"}, "ack": _EVERY | {"args", "id"},
}  # fmt: skip
_BINARY = (5, 6)
_ENGINE = {"0": "open", "1": "close", "2": "ping", "3": "pong", "5": "upgrade", "6": "noop"}
_HEAD = re.compile(r"([0-6])(?:(\d{1,3})-)?(?:(/[^,]*)(?:,|$))?(\d{1,15})?(.*)", re.DOTALL)
_MOST_ATTACHMENTS = 100


class SocketIo(Dialect):
    """Documents are ``{"packet": …, "namespace": "/", …}``.

    An event has ``event`` (its name), ``args`` (the others) and ``wants_ack`` if the service awaits an
    acknowledgement, which it gets, empty. One of ours has ``id`` and ``args``; ``connect``, ``connect_error`` and
    ``open`` have ``data``. Said is the same: ``{event = "message", args = [{…}], id = "{counter}"}``, where ``id``
    asks for an acknowledgement. The namespace of ``[target.options]`` is joined on opening, unless the profile logs in
    by a frame (``{packet = "connect", data = { token = "{token}" }}``, after the kind ``open``).
    """

    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        super().__init__(url, options)
        self._old = "EIO=3" in url
        namespace = options.get("namespace", "/")
        if not isinstance(namespace, str) or not namespace.startswith("/"):
            raise ValueError("target.options.namespace: should be a text that begins with /")
        self._namespace = namespace
        self._login = False
        self._awaited: dict[str, object] | None = None
        self._attachments: list[bytes] = []
        self._wanted = 0
        if self._old:
            self.keep_alive_s = 20.0  # in version 3 it is the client that pings

    def opening(self, *, login: bool) -> Iterable[Message]:
        """Returns nothing: the service speaks first."""
        self._login = login
        return ()

    def encode(self, document: object) -> Message:
        """Returns the packet, as a message of Engine.IO.

        Raises:
            ValueError: the document is no packet.
        """
        if isinstance(document, str):
            return document
        if not isinstance(document, Mapping):
            raise ValueError("a packet of Socket.IO is an object with event and args")
        packet = str(document.get("packet", "event"))
        if packet not in _CODES:
            raise ValueError(f"Socket.IO has no packet {packet!r}; there are: {', '.join(_CODES)}")
        if lost := sorted(set(document) - _SAID[packet]):
            there = ", ".join(sorted(_SAID[packet]))
            raise ValueError(f"{lost[0]!r} goes nowhere in a packet {packet!r} of Socket.IO; there are: {there}")
        namespace = str(document.get("namespace", self._namespace))
        head = f"4{_CODES[packet]}" + (f"{namespace}," if namespace != "/" else "")
        if packet == "disconnect":
            return head
        if packet in ("connect", "connect_error"):
            data = document.get("data")
            return head + ("" if data is None else orjson.dumps(data).decode())
        number = document.get("id")
        head += "" if number is None else str(number)
        args = document.get("args", [])
        items = list(args) if isinstance(args, (list, tuple)) else [args]
        return head + orjson.dumps([document.get("event", "message"), *items] if packet == "event" else items).decode()

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the packet of a message; one with attachments once all of them are there."""
        if isinstance(message, bytes):
            return self._attach(message)
        kind, rest = message[:1], message[1:]
        if kind in _ENGINE:
            return ({"packet": _ENGINE[kind], "data": _loaded(rest) if kind == "0" else rest},)
        if kind != "4":
            raise Undecodable("no packet of Engine.IO")
        document, attachments = _packet(rest)
        if not attachments:
            return (document,)
        self._awaited, self._wanted, self._attachments = document, attachments, []
        return ()

    def answer(self, document: object) -> Iterable[Message]:
        """Returns the pong to a ping, the join after the opening, the acknowledgement that an event asks for."""
        if not isinstance(document, dict):
            return
        match document.get("packet"):
            case "ping":
                yield f"3{document.get('data') or ''}"
            case "open" if not self._login and (not self._old or self._namespace != "/"):
                yield self.encode({"packet": "connect"})
            case "event" if (number := document.get("wants_ack")) is not None:
                yield self.encode({"packet": "ack", "namespace": document["namespace"], "id": number})

    def keep_alive(self) -> Message | None:
        """Returns the ping that version 3 wants of its clients."""
        return "2" if self._old else None

    def _attach(self, data: bytes) -> Iterable[object]:
        if self._awaited is None:
            raise Undecodable("a binary attachment that no packet announced")
        self._attachments.append(data[1:] if self._old and data[:1] == b"\x04" else data)
        if len(self._attachments) < self._wanted:
            return ()
        document, self._awaited = self._awaited, None
        return (_with_attachments(document, self._attachments),)


def _packet(text: str) -> tuple[dict[str, object], int]:
    match = _HEAD.fullmatch(text)
    if match is None:
        raise Undecodable("no packet of Socket.IO")
    code, attachments, namespace, number, body = match.groups()
    kind, packet = int(code), _PACKETS[int(code)]
    if (kind in _BINARY) != (attachments is not None) or int(attachments or 0) > _MOST_ATTACHMENTS:
        raise Undecodable("an attachment count that does not fit the packet")
    document: dict[str, object] = {"packet": packet, "namespace": namespace or "/"}
    data = _loaded(body)
    if packet in ("event", "ack"):
        if not isinstance(data, list) or (packet == "event" and not data):
            raise Undecodable("an event or acknowledgement without its array")
        if packet == "event":
            document |= {"event": data[0], "args": data[1:]} | ({"wants_ack": int(number)} if number else {})
        else:
            document |= {"id": int(number) if number else None, "args": data}
    else:
        document["data"] = data
    return document, int(attachments or 0)


def _loaded(text: str) -> object:
    if not text:
        return None
    try:
        found: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Undecodable(f"no JSON: {error}") from None
    return found


def _with_attachments(value: object, attachments: list[bytes]) -> object:
    """Binary attachments in their places: as text where they are text, else base64-coded."""
    if isinstance(value, dict):
        number = value.get("num")
        if value.get("_placeholder") is True and isinstance(number, int) and 0 <= number < len(attachments):
            data = attachments[number]
            try:
                return data.decode()
            except UnicodeDecodeError:
                return base64.b64encode(data).decode("ascii")
        return {key: _with_attachments(inner, attachments) for key, inner in value.items()}
    return [_with_attachments(inner, attachments) for inner in value] if isinstance(value, list) else value
