"""Who asked, and where the answer goes: fixed when a frame arrives, handed along as an argument until it is answered.

Frameworks often keep this in an ambient "current user" or "current socket". Under asyncio, whoever speaks next
changes it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from target.session import Session


class Scope:
    """One request's tenant and session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def user_id(self) -> UUID:
        """The tenant that asked."""
        return self._session.user_id

    @property
    def session(self) -> Session:
        """The session that it asked on."""
        return self._session

    def reply(self, frame: dict[str, Any]) -> None:
        """Send the answer to the socket that asked."""
        self._session.send(frame)
