"""What comes out of a connection: messages, and the close codes of RFC 6455, section 7.4."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal["text", "binary", "ping", "pong", "close"]

NORMAL_CLOSURE: Final = 1000
PROTOCOL_ERROR: Final = 1002
NO_STATUS_RECEIVED: Final = 1005
INVALID_DATA: Final = 1007
MESSAGE_TOO_BIG: Final = 1009


class Received(NamedTuple):
    """One message as it came in. A named tuple, for one is made for every message and a frozen dataclass costs more.

    Attributes:
        kind: text, binary, or the control frame it was.
        text: the text of a text message, the reason of a close, else None.
        data: the payload's bytes; those of a close begin with its code.
        arrived_s: when the bytes that completed it arrived, on the time line of `time.perf_counter`.
    """

    kind: Kind
    text: str | None
    data: bytes
    arrived_s: float

    @property
    def close_code(self) -> int | None:
        """The code of a close frame (1005 when it carries none); None for any other message."""
        if self.kind != "close":
            return None
        return int.from_bytes(self.data[:2], "big") if self.data else NO_STATUS_RECEIVED


def may_be_sent(code: int) -> bool:
    """Whether `code` may stand in a close frame: some are reserved for what never was on the wire."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
