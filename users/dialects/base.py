"""The base of all dialects, and of adapters for protocols that no profile can describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Message = str | bytes
"""A WebSocket message: text, or binary."""


class Undecodable(Exception):
    """A message that the dialect can't read: it is counted and inspected as raw text, and ends nothing."""


class Dialect:
    """Turns messages into documents and documents into messages, for one connection.

    A document is plain data as JSON has it (dicts, lists, strings, numbers, booleans, None): the profile's paths lead
    into it. A dialect may remember what the connection said before; each connection gets an instance of its own. It
    does no I/O and starts nothing: whatever it wants said it returns.

    What it makes of a message is for correlation only. The raw text of every message is inspected for marks before,
    and whether or not the dialect understands it.

    Args:
        url: the profile's ``target.url``.
        options: the profile's ``[target.options]``.
    """

    keep_alive_s: float | None = None
    """Every so many seconds ``keep_alive`` is said; None if it never needs to be."""

    def __init__(self, url: str, options: Mapping[str, object]) -> None:
        self.url = url
        self.options = options

    def opening(self, *, login: bool) -> Iterable[Message]:
        """Returns what is said as soon as the connection is open.

        Args:
            login: whether the profile opens the session by a frame of its own (``[auth.frame]``), so that the dialect
                must not.
        """
        return ()

    def encode(self, document: object) -> Message:
        """Returns the message that says a document: what ``send`` of an operation came to, placeholders filled.

        Raises:
            ValueError: it can't be said in this dialect; the message says why.
        """
        raise NotImplementedError

    def decode(self, message: Message) -> Iterable[object]:
        """Returns the documents in a message: usually one; none if it is the protocol's own (a heartbeat).

        Raises:
            Undecodable: it is no message of this dialect.
        """
        raise NotImplementedError

    def answer(self, document: object) -> Iterable[Message]:
        """Returns what the protocol wants said at once about a document that was received: a pong to its ping."""
        return ()

    def keep_alive(self) -> Message | None:
        """Returns what is said every ``keep_alive_s`` so that the service does not take the client for dead."""
        return None
