"""Rows that speak of what the live oracle saw of another tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evidence.findings import FindingKind, Severity, Sighting


@dataclass(frozen=True, slots=True)
class SightingSeen:
    """The live oracle saw what belongs to somebody else (fields as in ``Sighting``)."""

    row: ClassVar[str] = "sighting"
    kind: str
    owner: int | None
    recipient: int | None
    place: str
    group: str
    at_s: float
    excerpt: str
    severity: str
    detail: str
    name: str = ""

    @classmethod
    def of(cls, sighting: Sighting) -> SightingSeen:
        """Returns the row for a sighting."""
        return cls(
            str(sighting.kind),
            sighting.owner,
            sighting.recipient,
            sighting.place,
            sighting.group,
            sighting.at_s,
            sighting.excerpt,
            str(sighting.severity),
            sighting.detail,
            sighting.name,
        )

    def sighting(self) -> Sighting:
        """Returns the sighting this row stands for."""
        return Sighting(
            FindingKind(self.kind),
            self.owner,
            self.recipient,
            self.place,
            self.group,
            self.at_s,
            self.excerpt,
            "",
            Severity(self.severity),
            self.detail,
            self.name,
        )


@dataclass(frozen=True, slots=True)
class ControlCaught:
    """The live control was planted through the target and seen (or not) by this node's oracle."""

    row: ClassVar[str] = "control"
    node: str
    at_s: float
    caught: bool
    detail: str = ""
