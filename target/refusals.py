"""What a tenant may be refused with.

Refusal                     becomes a frame ``{"type": "error", "code": …}``; the session stays
├── InvalidFrame            validation_error: not a frame we know, or one with a wrong field
├── NotFound                not_found: not yours or not there, told apart by nobody
├── DuplicateMessage        duplicate_message: this message id was charged already
├── BudgetExhausted         budget_exhausted: with what remains and what was required
├── TooManyRequests         too_many_requests: more in flight than a session may have
└── Unavailable             unavailable: a store failed; whether the request counted is unknown

A message never repeats a tenant's text: error texts travel into logs and to people who may not read it.
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """The request is refused; ``details`` are further fields of the error frame."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def frame(self, message_id: str | None = None) -> dict[str, Any]:
        """The error frame that tells the client."""
        frame: dict[str, Any] = {"type": "error", "code": self.code, "message": self.message, **self.details}
        if message_id is not None:
            frame["message_id"] = message_id
        return frame


class InvalidFrame(Refusal):
    """Not a frame we know, or one with a missing or wrong field."""

    code = "validation_error"


class NotFound(Refusal):
    """Not the tenant's own, or not there at all: one answer for both, so that nobody learns what exists."""

    code = "not_found"


class DuplicateMessage(Refusal):
    """This tenant has used the message id before; nothing was charged again."""

    code = "duplicate_message"


class BudgetExhausted(Refusal):
    """Too little remains; nothing was charged."""

    code = "budget_exhausted"

    def __init__(self, remaining: int, required: int) -> None:
        super().__init__("the budget is too small for this request", remaining=remaining, required=required)


class TooManyRequests(Refusal):
    """The session has as many requests in flight as it may."""

    code = "too_many_requests"


class Unavailable(Refusal):
    """A store failed while the request was served; it may or may not have counted."""

    code = "unavailable"
