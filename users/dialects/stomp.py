"""STOMP 1.2 over WebSocket, with STOMP 1.1 and 1.0 as far as they differ in nothing but the version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import orjson

from users.dialects.base import Dialect, Message, Undecodable

_ESCAPES = {"\\": "\\\\", "\r": "\\r", "\n": "\\n", ":": "\\c"}
_WRITTEN = {written: plain for plain, written in _ESCAPES.items()}
_TO_ESCAPE = re.compile(r"[\\\r\n:]")
_ESCAPED = re.compile(r"\\.?", re.DOTALL)
_COMMAND = re.compile(r"[A-Z]{2,16}")
_PLAIN = ("CONNECT", "CONNECTED")  # their headers are not escaped, so that a 1.0 peer can read them


class Stomp(Dialect):
    """Documents are ``{"command": …, "headers": {…}, "body": …}``; a body that is JSON becomes its document.

    ``CONNECT`` is said on opening unless the profile logs in by a frame. An object as a body is said as JSON.
    ``[target.options]``: ``host`` (the virtual host), ``heart_beat_s`` (10 if left out, 0 for none).
    """

    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        super().__init__(url, options)
        beat = options.get("heart_beat_s", 10)
        if isinstance(beat, bool) or not isinstance(beat, (int, float)) or beat < 0:
            raise ValueError("target.options.heart_beat_s: should be a number of seconds, or 0 for none")
        self._beat_s = float(beat)
        self.keep_alive_s = self._beat_s / 2 or None  # one heart beat may come late
        host = options.get("host", "")
        if not isinstance(host, str):
            raise ValueError("target.options.host: should be a text, the name of the virtual host")
        self._host = host or urlsplit(url).hostname or "/"

    def opening(self, *, login: bool) -> Iterable[Message]:
        """Returns ``CONNECT``, unless a login says it."""
        return () if login else (self.encode({"command": "CONNECT"}),)

    def encode(self, document: object) -> Message:
        """Returns the frame.

        Raises:
            ValueError: the document has no command.
        """
        if not isinstance(document, Mapping) or not _COMMAND.fullmatch(str(document.get("command"))):
            raise ValueError("a frame of STOMP is an object with command, headers and body")
        command, given = str(document["command"]), document.get("headers", {})
        headers = dict(given) if isinstance(given, Mapping) else {}
        if command in ("CONNECT", "STOMP"):
            beat_ms = int(self._beat_s * 1000)
            usual = {"accept-version": "1.2,1.1,1.0", "host": self._host, "heart-beat": f"{beat_ms},{beat_ms}"}
            headers = {**usual, **headers}
        body = document.get("body", "")
        text = body if isinstance(body, str) else orjson.dumps(body).decode()
        if text and "content-length" not in headers:
            headers["content-length"] = len(text.encode())
        escape = _PLAIN.__contains__(command)
        lines = [command, *(f"{_escaped(str(k), escape)}:{_escaped(str(v), escape)}" for k, v in headers.items())]
        return "\n".join(lines) + "\n\n" + text + "\0"

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the frames of a message; none of a heart beat."""
        data = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
        documents: list[object] = []
        position = _after_beats(data, 0)
        while position < len(data):
            document, position = _frame(data, position)
            documents.append(document)
            position = _after_beats(data, position)
        return documents

    def keep_alive(self) -> Message | None:
        """Returns a heart beat."""
        return "\n"


def _escaped(text: str, plain: bool) -> str:
    return text if plain else _TO_ESCAPE.sub(lambda match: _ESCAPES[match[0]], text)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _WRITTEN.get(match[0], match[0]), text)


def _after_beats(data: bytes, position: int) -> int:
    while position < len(data) and data[position] in b"\r\n":
        position += 1
    return position


def _frame(data: bytes, position: int) -> tuple[dict[str, object], int]:
    """The frame that begins here, and where it ends."""
    ends = [(at, size) for mark, size in ((b"\n\n", 2), (b"\r\n\r\n", 4)) if (at := data.find(mark, position)) >= 0]
    if not ends:
        raise Undecodable("a frame without the empty line that ends its headers")
    end, size = min(ends)
    lines = data[position:end].decode("utf-8", "replace").split("\n")
    command = lines[0].removesuffix("\r")
    if not _COMMAND.fullmatch(command):
        raise Undecodable("no command of STOMP")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.removesuffix("\r").partition(":")
        if not colon:
            raise Undecodable("a header without a colon")
        if command not in _PLAIN:
            name, value = _unescaped(name), _unescaped(value)
        headers.setdefault(name, value)  # the first of equal headers counts
    start, length = end + size, headers.get("content-length", "")
    stop = start + int(length) if re.fullmatch(r"[0-9]{1,9}", length) else data.find(b"\0", start)
    if not 0 <= stop < len(data) or data[stop] != 0:
        raise Undecodable("a frame without the octet that ends it")
    return {"command": command, "headers": headers, "body": _body(data[start:stop])}, stop + 1


def _body(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    if text[:1] in ("{", "["):
        try:
            found: object = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        return found
    return text
