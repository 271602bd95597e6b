"""What can go wrong with a connection.

    WireError
    ├── ConnectRefused      it never came to be; `stage` says how far it got
    ├── ConnectionLost      it was there and has ended, cleanly or not
    └── ProtocolViolation   the peer broke RFC 6455

No message holds a query string, a header or a response body: tokens travel in all three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from users.wire.messages import Received

Stage = Literal["resolve", "tcp", "tls", "upgrade"]


class WireError(Exception):
    """Whatever ends or prevents a connection."""


class ConnectRefused(WireError):
    """The connection could not be opened.

    Attributes:
        stage: the step that failed.
        status: the HTTP status of the answer to the upgrade, where there was one.
        detail: what went wrong, fit to be printed.
        response_body: what the server said beside the status (at most 16 KiB). Never part of the message, because
            servers like to echo the token they refuse; kept because a refusal can leak as well as a reply.
    """

    def __init__(
        self, where: str, stage: Stage, detail: str, *, status: int | None = None, response_body: bytes = b""
    ) -> None:
        super().__init__(f"{where}: refused at {stage}: {detail}")
        self.stage: Stage = stage
        self.status = status
        self.detail = detail
        self.response_body = response_body


class ConnectionLost(WireError):
    """The connection has ended.

    Attributes:
        code: the close code it ended with (the peer's, or ours after a violation), None when no close frame ended it.
        reason: the peer's reason, or what happened.
        clean: whether a closing handshake took place.
    """

    def __init__(self, code: int | None, reason: str, *, clean: bool) -> None:
        # The peer's reason is text of the peer's: it may hold anything, so it stays out of the message.
        how = "closed" if clean else "lost"
        super().__init__(f"connection {how} with code {code}" if code is not None else f"connection {how}: {reason}")
        self.code = code
        self.reason = reason
        self.clean = clean


class ProtocolViolation(WireError):
    """The peer sent what RFC 6455 forbids, or more than we accept.

    Attributes:
        code: the close code to fail the connection with: 1002, 1007 or 1009.
        reason: the rule that was broken.
        received: what was decoded from the same bytes before the violation.
    """

    def __init__(self, code: int, reason: str, received: Sequence[Received] = ()) -> None:
        super().__init__(f"WebSocket protocol violation ({code}): {reason}")
        self.code = code
        self.reason = reason
        self.received = tuple(received)
