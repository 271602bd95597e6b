"""Findings, gathered one sighting at a time: memory grows with causes, not with sightings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from checker.causes import CauseTable
from evidence.findings import Finding, Severity, Sighting

FINDINGS_KEPT = 10_000


class FindingTable:
    """Groups sightings of one cause into one finding, without ever holding them all.

    Args:
        kept: how many findings to keep; sightings of further causes are only counted.

    Attributes:
        sightings: how many were added.
        overflow: how many of them are leaks that no finding kept stands for.
        beyond: the causes of what no finding kept stands for.
    """

    def __init__(self, kept: int = FINDINGS_KEPT) -> None:
        self._kept = kept
        self._findings: dict[tuple[object, ...], Finding] = {}
        self.sightings = 0
        self.overflow = 0
        self.beyond = CauseTable()

    @property
    def further_leaks(self) -> int:
        """How many leaks there are at least that no finding kept stands for."""
        counted = sum(cause.findings for cause in self.beyond if cause.severity is Severity.LEAK)
        return max(counted, min(self.overflow, 1))

    @property
    def further_suspicions(self) -> int:
        """The same of suspicions."""
        return sum(cause.findings for cause in self.beyond if cause.severity is Severity.SUSPICION)

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[Finding]:
        """Yields the worst and most frequent findings first, equals in a fixed order."""
        return iter(
            sorted(
                self._findings.values(),
                key=lambda f: (f.severity is not Severity.LEAK, -f.count, f.first_at_s, f.fingerprint),
            )
        )

    def add(self, sighting: Sighting, count: int = 1) -> Sighting:
        """Counts ``count`` sightings of one cause, of which this is an example; returns the first of that cause."""
        key = _cause_of(sighting)
        finding = self._findings.get(key)
        self.sightings += count
        if finding is not None:
            finding.add(sighting, count)
            return finding.first
        if len(self._findings) < self._kept:
            self._findings[key] = Finding.of(sighting, count)
        else:
            self.overflow += count if sighting.severity is Severity.LEAK else 0
            self.beyond.add_sighting(sighting, count)
        return sighting

    def merge(self, findings: Iterable[Finding]) -> None:
        """Adds whole findings, those of another table included."""
        for finding in findings:
            key = _cause_of(finding)
            known = self._findings.get(key)
            self.sightings += finding.count
            if known is None:
                if len(self._findings) < self._kept:
                    self._findings[key] = dataclasses.replace(finding, places=list(finding.places))
                else:
                    self.overflow += finding.count if finding.severity is Severity.LEAK else 0
                    self.beyond.add_finding(finding)
                continue
            known.count += finding.count
            known.first_at_s = min(known.first_at_s, finding.first_at_s)
            known.last_at_s = max(known.last_at_s, finding.last_at_s)
            places = [place for place in finding.places if place not in known.places]
            known.places = (known.places + places)[: Finding.PLACES_SHOWN]


def _cause_of(found: Sighting | Finding) -> tuple[object, ...]:
    return found.kind, found.severity, found.owner, found.recipient, found.group
