"""What so many of these faults have in common: something shared that still holds what its last user left there."""

from __future__ import annotations

from typing import Generic, TypeVar
from uuid import UUID

Thing = TypeVar("Thing")


class LastOf(Generic[Thing]):
    """Remembers the last thing of each of the last two tenants that left one."""

    def __init__(self) -> None:
        self._last: tuple[UUID, Thing] | None = None
        self._before: tuple[UUID, Thing] | None = None

    def leave(self, user_id: UUID, thing: Thing) -> None:
        """The tenant leaves ``thing`` behind."""
        if self._last is not None and self._last[0] != user_id:
            self._before = self._last
        self._last = (user_id, thing)

    def of_another(self, user_id: UUID) -> Thing | None:
        """What the last tenant other than ``user_id`` left; None if there was none."""
        for held in (self._last, self._before):
            if held is not None and held[0] != user_id:
                return held[1]
        return None


class LastTenant(LastOf[UUID]):
    """Remembers who came last."""

    def note(self, user_id: UUID) -> None:
        """The tenant comes."""
        self.leave(user_id, user_id)
