"""How often a run gave each kind of leak the chance to show, and how often it did: the units that bounds speak of.

Replies are not independent: a leak that strikes once a reconnect or a pair of tenants is bounded by those and not by
replies. So exposures are counted in every unit that the evidence knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from checker import strangers
from checker.accounts import Settlement
from checker.causes import Cause
from checker.figure_reports import CoverageReport, Totals
from checker.summary import Summary
from config.profile import Profile
from evidence.findings import FindingKind, Severity

Grows = Literal["with time", "with tenants", "with pairs"]

_TRIED = {
    "read": "attempts to read what is another's",
    "change": "attempts to change what is another's",
    "resume": "attempts to resume another's session",
    "subscribe": "attempts to listen to another's events",
    "spend": "attempts to spend another's budget",
    "connect": "connects with a bad token",
    "return": "connects of tenants after their removal",
}
_DONE = (
    ("reconnects", "reconnects"),
    ("resumes", "resumes"),
    ("drops_mid_request", "drops in the middle of a request"),
    ("in_flight_overlaps", "requests sent while another was open"),
    ("reads_after_writes", "reads within a second of another tenant's write"),
    ("burst_arrivals", "arrivals in a burst"),
)


@dataclass(frozen=True)
class Exposure:
    """One unit of exposure.

    Attributes:
        unit: what is counted, in the plural.
        count: how often it happened.
        recall: share of the leaks in it that looking would have found, 0 to 1.
        leaks: how many of them leaked; None if what leaked can't be told by this unit.
        grows: what brings more of it.
    """

    unit: str
    count: int
    recall: float
    leaks: int | None
    grows: Grows = "with time"


def exposures_of(
    summary: Summary,
    profile: Profile,
    totals: Totals,
    coverage: Sequence[CoverageReport],
    settlement: Settlement,
    causes: Sequence[Cause],
    removed: Collection[int] = (),
) -> list[Exposure]:
    """Returns every unit, those that never happened included.

    Args:
        summary: the evidence.
        profile: says which frames end a reply, refuse or are pushed, and which doors are tried.
        totals: the counts of the run.
        coverage: what was read of each store.
        settlement: the accounts.
        causes: everything that was found, by cause.
        removed: removed tenants of whom nothing could be left when the stores were read.
    """
    leaks = [cause for cause in causes if cause.severity is Severity.LEAK]
    live = totals.frames_inspected / totals.frames if totals.frames else 0.0
    frames, sessions = summary.leaking.judged(
        {*summary.tenants, *summary.controls}, strangers.leaking_names(summary, profile)
    )
    return [
        *_frames(frames, profile, totals, live),
        *_sessions(summary, totals, leaks, len(sessions), live),
        *_attempts(summary, profile),
        *_removals(profile, coverage, leaks, removed),
        *_stores(coverage, leaks),
        *_accounts(settlement),
    ]


def _frames(leaking: Mapping[str, int], profile: Profile, totals: Totals, live: float) -> Iterator[Exposure]:
    ends = {end for operation in profile.said.values() for end in operation.ends}
    refusals = set(profile.refusal.type) - ends
    pushes = set(profile.frames.pushes) - ends - refusals
    yield Exposure("replies", totals.answered, live, sum(leaking.get(kind, 0) for kind in ends))
    yield Exposure("refusals", totals.refused, live, sum(leaking.get(kind, 0) for kind in refusals))
    if profile.frames.pushes:
        yield Exposure(
            "frames that nobody asked for", totals.unsolicited, live, sum(leaking.get(kind, 0) for kind in pushes)
        )


def _sessions(
    summary: Summary, totals: Totals, leaks: Sequence[Cause], sessions: int, live: float
) -> Iterator[Exposure]:
    untold = None if leaks else 0
    pairs = {frozenset(pair) for cause in leaks for pair in cause.pairs if None not in pair and pair[0] != pair[1]}
    yield Exposure("sessions", totals.sessions, live, sessions, "with tenants")
    yield Exposure("pairs of tenants", totals.overlapping_pairs, live, len(pairs), "with pairs")
    second = summary.exposures["second_sessions"]
    yield Exposure("second sessions of a tenant", second, live, untold, "with tenants")
    done = {**summary.exposures, "reconnects": totals.connections - totals.sessions}
    for name, unit in _DONE:
        yield Exposure(unit, done.get(name, 0), live, untold)


def _attempts(summary: Summary, profile: Profile) -> Iterator[Exposure]:
    """Only attempts that were decided: refused or granted, with their control."""
    wanted: set[str] = {door.does for door in profile.attempts.doors.values()}
    wanted |= {entrance.does for entrance in profile.attempts.entrances.values()}
    wanted |= {"connect"} if profile.attempts.tokens else set()
    wanted |= {"return"} if _departing(profile) and profile.provisioning.revokes else set()
    for does, unit in _TRIED.items():
        tried = [count.outcomes for count in summary.attempts.values() if count.does == does]
        if tried or does in wanted:
            granted = sum(outcomes["granted"] for outcomes in tried)
            yield Exposure(unit, granted + sum(outcomes["refused"] for outcomes in tried), 1.0, granted)


def _departing(profile: Profile) -> bool:
    return profile.removes_tenants and profile.workload.departures > 0


def _removals(
    profile: Profile, coverage: Sequence[CoverageReport], leaks: Sequence[Cause], removed: Collection[int]
) -> Iterator[Exposure]:
    """Removed tenants; what is left of one lies in any store, so the store that was read worst says how well."""
    if removed or _departing(profile):
        left = {owner for cause in leaks if cause.kind is FindingKind.SURVIVED_DELETE for owner, _ in cause.pairs}
        recall = min((report.recall or 0.0 for report in coverage if report.read), default=0.0)
        yield Exposure("tenants removed in the run", len(removed), recall, len(left.intersection(removed)), "with time")


def _stores(coverage: Sequence[CoverageReport], leaks: Sequence[Cause]) -> Iterator[Exposure]:
    for report in coverage:
        if report.read:
            misfiled = sum(
                cause.sightings
                for cause in leaks
                if cause.kind in (FindingKind.MISFILED_DATA, FindingKind.FOREIGN_BUDGET)
                and cause.worst is not None
                and cause.worst.first.place.startswith(f"{report.store} ")
            )
            yield Exposure(f"{report.title}s", report.units, report.recall or 0.0, misfiled)


def _accounts(settlement: Settlement) -> Iterator[Exposure]:
    """Accounts with an amount to judge; of those that are settled the settlement lists only the first."""
    off = sum(account.found is not None and not account.settled for account in settlement.accounts)
    if settlement.settled + off:
        yield Exposure("accounts", settlement.settled + off, 1.0, off, "with tenants")
