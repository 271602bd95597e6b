"""Findings grouped once more, by what most likely caused them: one kind in one group of places is one cause.

A defect may strike thousands of pairs of tenants, each a finding of its own. Their cause is one line with counts, and
its worst finding as the example. Causes are counted from findings that are listed and from sightings for which no
finding found room; memory grows with causes and, up to a limit, with pairs of tenants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from checker.finding_reports import CauseReport
from evidence.findings import Finding, FindingKind, Severity, Sighting

PAIRS_KEPT = 100_000
CAUSES_KEPT = 1_000
REPORTED = 200

CauseKey = tuple[FindingKind, Severity, str]


@dataclass(slots=True)
class Cause:
    """One kind of finding in one group of places.

    Attributes:
        sightings: how often it was seen.
        findings: how many findings it makes.
        pairs: (whose data, who got it), as far as they are kept apart.
        tenants: tenants on either side.
        worst: its worst finding, or the first sighting as one if no finding of it found room.
    """

    kind: FindingKind
    severity: Severity
    group: str
    first_at_s: float
    last_at_s: float
    sightings: int = 0
    findings: int = 0
    pairs: set[tuple[int | None, int | None]] = field(default_factory=set)
    tenants: set[int] = field(default_factory=set)
    worst: Finding | None = None

    @property
    def key(self) -> CauseKey:
        """What makes it this cause."""
        return self.kind, self.severity, self.group

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that are the same in every run that shows this cause."""
        return fingerprint(self.kind, self.severity, self.group)

    def note(self, owner: int | None, recipient: int | None, first_at_s: float, last_at_s: float, count: int) -> None:
        """Counts sightings between two tenants."""
        self.sightings += count
        self.first_at_s = min(self.first_at_s, first_at_s)
        self.last_at_s = max(self.last_at_s, last_at_s)
        self.tenants.update(tenant for tenant in (owner, recipient) if tenant is not None)
        if len(self.pairs) < PAIRS_KEPT:
            self.pairs.add((owner, recipient))


class CauseTable:
    """Causes by kind, severity and group, in bounded memory."""

    def __init__(self) -> None:
        self._causes: dict[CauseKey, Cause] = {}

    def __iter__(self) -> Iterator[Cause]:
        """Yields leaks before suspicions, the most frequent first, equals in a fixed order."""
        return iter(
            sorted(self._causes.values(), key=lambda c: (c.severity is not Severity.LEAK, -c.sightings, c.fingerprint))
        )

    def add_finding(self, finding: Finding) -> None:
        """Counts a finding; the first of each cause is kept as its worst."""
        cause = self._cause((finding.kind, finding.severity, finding.group), finding.first_at_s)
        if cause is not None:
            cause.note(finding.owner, finding.recipient, finding.first_at_s, finding.last_at_s, finding.count)
            cause.findings += 1
            cause.worst = cause.worst or finding

    def add_sighting(self, sighting: Sighting, count: int = 1) -> None:
        """Counts sightings that no finding stands for; each new pair of tenants would have been a finding."""
        cause = self._cause((sighting.kind, sighting.severity, sighting.group), sighting.at_s)
        if cause is not None:
            known = len(cause.pairs)
            cause.note(sighting.owner, sighting.recipient, sighting.at_s, sighting.at_s, count)
            cause.findings += len(cause.pairs) - known
            if cause.worst is None:
                cause.worst = Finding.of(sighting, count)

    def merge(self, causes: Iterable[Cause]) -> None:
        """Adds the causes of another table."""
        for other in causes:
            cause = self._cause(other.key, other.first_at_s)
            if cause is None:
                continue
            known = len(cause.pairs)
            room = max(0, PAIRS_KEPT - known)
            cause.pairs.update(pair for pair, _ in zip(other.pairs, range(room), strict=False))
            cause.findings += len(cause.pairs) - known
            cause.sightings += other.sightings
            cause.tenants |= other.tenants
            cause.first_at_s = min(cause.first_at_s, other.first_at_s)
            cause.last_at_s = max(cause.last_at_s, other.last_at_s)
            cause.worst = cause.worst or other.worst

    def _cause(self, key: CauseKey, at_s: float) -> Cause | None:
        cause = self._causes.get(key)
        if cause is None and len(self._causes) < CAUSES_KEPT:
            cause = self._causes[key] = Cause(*key, at_s, at_s)
        return cause


def fingerprint(kind: FindingKind, severity: Severity, group: str) -> str:
    """Returns the fingerprint of a cause."""
    return hashlib.blake2b(f"{kind}|{severity}|{group}".encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def causes_of(findings: Iterable[Finding], beyond: Iterable[Cause] = ()) -> CauseTable:
    """Returns the causes of findings, the worst first, and of sightings beyond them."""
    table = CauseTable()
    for finding in findings:
        table.add_finding(finding)
    table.merge(beyond)
    return table


def report(cause: Cause, listed: set[str]) -> CauseReport:
    """Returns a cause for the result; ``listed`` holds the fingerprints of the findings that are in it."""
    example = cause.worst.fingerprint if cause.worst is not None else ""
    return CauseReport(
        kind=cause.kind.value,
        meaning=cause.kind.meaning,
        severity="leak" if cause.severity is Severity.LEAK else "suspicion",
        group=cause.group,
        sightings=cause.sightings,
        findings=cause.findings,
        pairs=sum(
            owner != recipient for owner, recipient in cause.pairs if owner is not None and recipient is not None
        ),
        tenants=len(cause.tenants),
        first_at_s=cause.first_at_s,
        last_at_s=cause.last_at_s,
        example=example if example in listed else "",
        likely_causes=list(cause.kind.likely_causes),
        look_first=list(cause.kind.look_first),
        doc=cause.kind.doc,
        fingerprint=cause.fingerprint,
    )
