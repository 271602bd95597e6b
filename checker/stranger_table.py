"""Names in tenant-naming fields that the node which saw them knew nobody by. Whose they are is settled at the end."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.findings import Finding, Severity, Sighting

KEPT = 20_000


class StrangerTable:
    """Groups such sightings by name, recipient and kind of frame; memory grows with these and not with sightings.

    Args:
        kept: how many to keep apart.

    Attributes:
        overflow: how many sightings found no room, of which nothing is known but that.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._findings: dict[tuple[str, int | None, str, Severity], Finding] = {}
        self.overflow = 0

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings.values())

    def add(self, sighting: Sighting) -> None:
        """Counts a sighting."""
        key = (sighting.name, sighting.recipient, sighting.group, sighting.severity)
        finding = self._findings.get(key)
        if finding is not None:
            finding.add(sighting)
        elif len(self._findings) < self._kept:
            self._findings[key] = Finding.of(sighting)
        else:
            self.overflow += 1
