"""A login that sessions of a tenant hold: its token, how long that serves, and what has come of renewing it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from gevent.lock import BoundedSemaphore

from config.auth import Renewal
from users.token_sources import CredentialRefused, Token


class Line:
    """The logins that have come one from another by renewing. Only the latest can be renewed, by one session at a
    time: a service that gives a fresh refresh token takes each of them once, and a second use for a theft.

    Attributes:
        lock: held by whoever renews.
        latest: the one that was made last.
        ended: why it can't be renewed any more; None if it can.
    """

    def __init__(self) -> None:
        self.lock = BoundedSemaphore(1)
        self.latest: HeldLogin | None = None
        self.ended: CredentialRefused | None = None


@dataclass(frozen=True, slots=True, eq=False)
class HeldLogin:
    """A token with what has come beside it, at the time it was made.

    Attributes:
        token: the token.
        line: where its successors are found.
        made_s: when it was asked for, on the ``monotonic`` time line.
    """

    token: Token = field(repr=False)
    line: Line = field(default_factory=Line, repr=False)
    made_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.line.latest = self

    @property
    def serves(self) -> bool:
        """Whether its token may be shown once more to open a connection: not where it would have to be renewed at once
        or soon, and can't be.
        """
        return self.line.ended is None and self.made_s + self.token.reuse_s > time.monotonic()

    def renewal_in_s(self, renewal: Renewal) -> float | None:
        """Returns in how many seconds it has to be renewed, below 0 if that is overdue; None if nobody says so."""
        after_s = renewal.every_s
        if after_s is None and renewal.before_expiry_s is not None and self.token.life_s is not None:
            after_s = self.token.life_s - renewal.before_expiry_s
        return None if after_s is None else self.made_s + after_s - time.monotonic()
