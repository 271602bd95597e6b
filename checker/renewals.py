"""Were the logins of long sessions renewed as the profile says? Each check is a plain function."""

from __future__ import annotations

from collections import Counter

from checker.figures import count
from checker.summary import Summary
from config.profile import RENEWAL, Profile
from evidence.records import NOT_RENEWED, RENEWED


def not_renewed(summary: Summary) -> list[str]:
    """A service that will not renew a login ends the sessions that were to be held: what they would have shown later
    nobody has seen.
    """
    failed = summary.exposures[NOT_RENEWED]
    if not failed:
        return []
    asked = summary.operations.get(RENEWAL)
    reasons = summary.sessions.not_fresh + (asked.reasons if asked is not None else Counter())
    commonest = f"; most often: {reasons.most_common(1)[0][0]}" if reasons else ""
    renewals = count(failed + summary.exposures[RENEWED], "renewal")
    return [f"{failed:,} of {renewals} of a login did not succeed, and the sessions had to log in anew{commonest}"]


def notes(summary: Summary, profile: Profile) -> list[str]:
    """What the profile says of renewing and this run did not come to."""
    tried = summary.exposures[RENEWED] or summary.exposures[NOT_RENEWED]
    if profile.auth.renewal is None or tried or not summary.sent:
        return []
    return ["no login was renewed, though the profile says how: no session was held for long enough (auth.renewal)"]
