"""The adapter of ``config/targets/websockify.toml``: Redis over a TCP stream, cut into binary WebSocket messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import hiredis

from users.dialects.base import Dialect, Message, Undecodable


class Resp(Dialect):
    """Version 3 of Redis's protocol. Said is a list of words.

    Documents are ``{"kind": "value", "value": …}`` and ``{"kind": "error", "code": "NOPERM", "text": …}``. What comes
    unasked has its first word as its kind: ``{"kind": "message", "value": [channel, text]}``.

    Messages are pieces of a stream: one may hold several replies, or a part of one.
    """

    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        super().__init__(url, options)
        self._reader = hiredis.Reader(encoding="utf-8", errors="replace", protocolError=Undecodable)

    def encode(self, document: object) -> Message:
        """Returns a command's words as Redis wants them.

        Raises:
            ValueError: the document is no list of words.
        """
        if isinstance(document, str) or not isinstance(document, Sequence):
            raise ValueError("a command of Redis is a list of words")
        words: tuple[Any, ...] = tuple(str(word) for word in document)  # its stubs know tuples of one word only
        return bytes(hiredis.pack_command(words))

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the replies that are whole by now."""
        self._reader.feed(message.encode() if isinstance(message, str) else message)
        documents: list[object] = []
        while (reply := self._reader.gets()) is not False:
            documents.append(_document(reply))
        return documents


def _document(reply: object) -> dict[str, object]:
    if isinstance(reply, hiredis.PushNotification):
        return {"kind": str(reply[0]), "value": _plain(reply[1:])}
    if isinstance(reply, hiredis.ReplyError):
        text = str(reply)
        return {"kind": "error", "code": text.partition(" ")[0], "text": text}
    return {"kind": "value", "value": _plain(reply)}


def _plain(value: object) -> object:
    """The reply as JSON could have it: errors within it as text, a map's keys as strings."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, hiredis.ReplyError) else value
