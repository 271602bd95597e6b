"""What an answer at another tenant's door means, by the profile's word."""

from __future__ import annotations

from config.frames import Refusal
from config.profile import Profile
from evidence.requests import Request


class DoorJudge:
    """Judges answers at the doors of one tenant.

    Args:
        profile: describes the doors and what a refusal looks like.
        victim: number of the tenant whose doors they are.
    """

    def __init__(self, profile: Profile, victim: int) -> None:
        self._doors = profile.attempts.doors
        self._refusal = profile.refusal
        self._victim = victim

    def opens(self, door: str, attempt: Request) -> bool:
        """Returns whether this answer means that the door was open. What it shows of third tenants is no door's."""
        return self._doors[door].granted_by == "answer" or self._victim in attempt.foreign_owners

    def is_refusal(self, attempt: Request) -> bool:
        """Returns whether the target refused, and did not merely fail; who can't pay was not tried for its rights."""
        if attempt.told_something:
            return False  # errors beside data: something was done or shown all the same
        return says_no(self._refusal, attempt.reason)

    def shows_what_it_guards(self, door: str, control: Request) -> bool:
        """Returns whether the owner's access showed what would have to be seen in another's: else its lack is no sign.

        What changes something may well show nothing; whether it did is seen in the stores.
        """
        settings = self._doors[door]
        return settings.granted_by == "answer" or settings.does != "read" or control.shows_owner


def says_no(refusal: Refusal, code: str) -> bool:
    """Returns whether a code says that somebody may not, and neither that the service failed nor who can't pay."""
    return not refusal.is_failure(code) and code not in refusal.budget
