"""Findings, their causes, and suspicions as the result tells them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from checker.reported import Part, TenantName


class FindingReport(Part):
    """One violation, grouped by cause. Times are Unix seconds; ``owner`` is whose data, ``recipient`` who got it."""

    kind: str
    meaning: str
    severity: Literal["leak", "suspicion"]
    owner: TenantName | None
    recipient: TenantName | None
    group: str
    places: list[str]
    count: int
    first_at_s: float
    last_at_s: float
    excerpt: str
    detail: str
    reproduce: str
    fingerprint: str
    cause: str = Field("", description="Fingerprint of the cause in ``causes`` that it belongs to.")
    doc: str = Field("", description="Page of the project that explains its kind.")


class CauseReport(Part):
    """All findings of one kind in one group of places, whoever they struck: most likely one defect."""

    kind: str
    meaning: str
    severity: Literal["leak", "suspicion"]
    group: str
    sightings: int
    findings: int
    pairs: int = Field(
        description="Pairs of tenants (whose data, who got it) that it struck; more than 100,000 are not told apart."
    )
    tenants: int = Field(description="Tenants that it touched on either side.")
    first_at_s: float
    last_at_s: float
    example: str = Field(description="Fingerprint of its worst finding; empty if that one is not listed.")
    likely_causes: list[str]
    look_first: list[str]
    doc: str
    fingerprint: str = Field(description="The same from run to run.")


class PairReport(Part):
    """Two tenants, and how often data of one was seen at the other."""

    owner: TenantName
    recipient: TenantName
    sightings: int


class SuspicionReport(Part):
    """A side channel that the run's figures point to. No proof: it changes neither the verdict nor the exit code."""

    kind: str
    meaning: str
    where: str = Field(description="Doors, ids or tenants that it concerns.")
    text: str = Field(description="What was seen, with figures.")
    chance: float | None = Field(None, description="How often chance alone shows as much; None: no test was needed.")
    look_first: str
    doc: str = Field(description="Page of the project that explains its kind.")
