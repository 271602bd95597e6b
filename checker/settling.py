"""Waiting for what a service writes after its reply: a store is read again until nothing is missing, or time is up.

A leak seen in any of the readings counts, also if a later one does not show it any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from checker.accounts import settle
from checker.causes import Cause
from checker.recall import recall
from checker.scan import Progress, Roster, StoreScan
from checker.scanning import Scanner
from checker.summary import Summary
from config.profile import Profile
from evidence.findings import Finding
from evidence.marks import Keyring

PAUSE_S = 0.2
Clock = Callable[[], float]
Pause = Callable[[float], None]


def settling(
    scanners: Mapping[str, Scanner],
    profile: Profile,
    summary: Summary,
    now: Clock = time.time,
    pause: Pause = time.sleep,
) -> dict[str, Scanner]:
    """Returns the scanners, those of stores with ``settle_s`` made to wait.

    Args:
        scanners: by name of the store.
        profile: says how long to wait.
        summary: says what must be there.
        now: Unix time.
        pause: waits so many seconds.
    """
    stores = profile.stores.named()

    def patient(name: str, scan: Scanner) -> Scanner:
        def scan_until_settled(keyring: Keyring, roster: Roster, progress: Progress) -> StoreScan:
            return until_settled(
                lambda: scan(keyring, roster, progress),
                lambda found: is_settled(summary, profile, found),
                summary.header.ended_at_s,
                stores[name].settle_s,
                now,
                pause,
            )

        return scan_until_settled

    return {
        name: patient(name, scan) if name in stores and stores[name].settle_s else scan
        for name, scan in scanners.items()
    }


def is_settled(summary: Summary, profile: Profile, scan: StoreScan) -> bool:
    """Returns whether a store holds all that must be in it: every own mark, and an amount that each ledger allows."""
    found = recall(summary, profile, scan)
    accounts = settle(summary, [scan])
    return found.found >= found.expected and not accounts.unsettled


def until_settled(
    scan: Callable[[], StoreScan],
    complete: Callable[[StoreScan], bool],
    ended_at_s: float | None,
    settle_s: float,
    now: Clock,
    pause: Pause,
) -> StoreScan:
    """Returns a scan of the settled store, with a note that says how long that took.

    Args:
        scan: reads the store once.
        complete: whether nothing is missing in a scan.
        ended_at_s: Unix time of the run's end; None: it ends now.
        settle_s: how long after the end to wait at most.
        now: Unix time.
        pause: waits so many seconds.
    """
    began = now()
    ended = min(began, ended_at_s) if ended_at_s is not None else began
    found = scan()
    readings, is_complete = 1, complete(found)
    while not is_complete and now() < ended + settle_s:
        # Reading is work for the store too: no more than half of the time is spent on it.
        pause(min(max(PAUSE_S, found.seconds), max(0.0, ended + settle_s - now())))
        found = joined(found, scan())
        readings, is_complete = readings + 1, complete(found)
    if readings > 1 or not is_complete:
        how = "was complete" if is_complete else "was not complete"
        times = "once" if readings == 1 else f"{readings} times"
        found.notes.append(
            f"{found.store} {how} {now() - ended:.1f} s after the run (settle_s = {settle_s:g}); it was read {times}"
        )
    return found


def joined(earlier: StoreScan, later: StoreScan) -> StoreScan:
    """Returns the later scan with what only the earlier one showed: findings, and marks that have gone since."""
    later.findings = _with(later.findings, earlier.findings)
    later.control_findings = _with(later.control_findings, earlier.control_findings)
    later.overflow = max(later.overflow, earlier.overflow)
    later.beyond = _more_often(later.beyond, earlier.beyond)
    later.own_marks |= earlier.own_marks
    later.seconds += earlier.seconds
    return later


def _more_often(causes: list[Cause], others: list[Cause]) -> list[Cause]:
    """Both scans read the same store: of a cause that both met, the counts of the one that met it more often."""
    best = {cause.key: cause for cause in causes}
    for cause in others:
        if cause.key not in best or best[cause.key].sightings < cause.sightings:
            best[cause.key] = cause
    return list(best.values())


def _with(findings: list[Finding], more: list[Finding]) -> list[Finding]:
    known = {finding.fingerprint for finding in findings}
    return [*findings, *(finding for finding in more if finding.fingerprint not in known)]
