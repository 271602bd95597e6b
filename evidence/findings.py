"""What a violation is called and what is written down about it."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field

from evidence.finding_guide import FOLDER, GUIDES


class FindingKind(enum.StrEnum):
    """The few, stable names of violations. Each says what was seen, not why it happened."""

    MISROUTED_REPLY = "misrouted-reply"
    FOREIGN_CONTENT = "foreign-content"
    WRONG_IDENTITY = "wrong-identity"
    FOREIGN_BUDGET = "foreign-budget"
    SHARED_ID = "shared-id"
    ACCOUNT_MISMATCH = "account-mismatch"
    REFUSED_TOO_EARLY = "refused-too-early"
    NOT_REFUSED = "not-refused"
    MISFILED_DATA = "misfiled-data"
    ACCESS_GRANTED = "access-granted"
    SURVIVED_DELETE = "survived-delete"

    @property
    def meaning(self) -> str:
        """One sentence for people who read a report."""
        return _MEANINGS[self]

    @property
    def likely_causes(self) -> tuple[str, ...]:
        """What usually causes it, the commonest first, a sentence each."""
        return GUIDES[self.value].causes

    @property
    def look_first(self) -> tuple[str, ...]:
        """What to look at first, in this order, a sentence each."""
        return GUIDES[self.value].first

    @property
    def innocent(self) -> str:
        """What looks like it and is none, and how the profile says so."""
        return GUIDES[self.value].innocent

    @property
    def doc(self) -> str:
        """Path of its page within the project."""
        return f"{FOLDER}/{self.value}.md"


_MEANINGS = {
    FindingKind.MISROUTED_REPLY: "A frame arrived that answers a request of another tenant.",
    FindingKind.FOREIGN_CONTENT: "A frame carried content that another tenant had sent or stored.",
    FindingKind.WRONG_IDENTITY: "A field that names the tenant named another one.",
    FindingKind.FOREIGN_BUDGET: "A remaining amount shown or stored for a tenant is from another's private band.",
    FindingKind.SHARED_ID: "The service handed one and the same id to two tenants.",
    FindingKind.ACCOUNT_MISMATCH: "A remaining amount cannot be explained by what this tenant was charged.",
    FindingKind.REFUSED_TOO_EARLY: "The service refused for lack of budget while the tenant had enough left.",
    FindingKind.NOT_REFUSED: "The service answered a request that the tenant's budget could not pay for.",
    FindingKind.ACCESS_GRANTED: "One tenant was let in where only another may go, or with a bad token.",
    FindingKind.SURVIVED_DELETE: "Something of a tenant was still there, or still let in, after it had been removed.",
    FindingKind.MISFILED_DATA: "A place in a store belongs to one tenant and holds data of another.",
}


class Severity(enum.StrEnum):
    """``LEAK`` makes a verdict LEAKING; ``SUSPICION`` is shown and never does.

    ``KNOWN`` is what an operation shows that leaks by the profile's word: it is counted, and left out of the verdict.
    """

    LEAK = "leak"
    SUSPICION = "suspicion"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One violation as it was seen, before sightings of one cause are grouped into a finding.

    Attributes:
        kind: what was seen.
        owner: number of the tenant whose data it is; None if the sighting does not say.
        recipient: number of the tenant that got it or where it lay; None if nobody's place.
        place: where: ``frame …``, ``redis …`` or ``postgres …``, precise enough to look it up.
        group: the part of the place that sightings of one cause share (an operation, a key pattern, a table).
        at_s: Unix time in seconds.
        excerpt: the offending text, shortened, with the mark shown in full.
        reproduce: the exact read command that shows it again, or an empty string for frames.
        severity: leak or suspicion.
        detail: one sentence with the figures.
        name: what a tenant-naming field said, where the node that saw it knows nobody of this name.
    """

    kind: FindingKind
    owner: int | None
    recipient: int | None
    place: str
    group: str
    at_s: float
    excerpt: str = ""
    reproduce: str = ""
    severity: Severity = Severity.LEAK
    detail: str = ""
    name: str = ""


@dataclass(slots=True)
class Finding:
    """Sightings of one cause: the same kind, the same two tenants, the same group of places."""

    kind: FindingKind
    severity: Severity
    owner: int | None
    recipient: int | None
    group: str
    first: Sighting
    count: int = 0
    first_at_s: float = 0.0
    last_at_s: float = 0.0
    places: list[str] = field(default_factory=list)

    PLACES_SHOWN = 5

    @classmethod
    def of(cls, sighting: Sighting, count: int = 1) -> Finding:
        """Returns the finding that ``count`` sightings of one cause make, of which this is the first."""
        finding = cls(
            kind=sighting.kind,
            severity=sighting.severity,
            owner=sighting.owner,
            recipient=sighting.recipient,
            group=sighting.group,
            first=sighting,
            first_at_s=sighting.at_s,
            last_at_s=sighting.at_s,
        )
        finding.add(sighting, count)
        return finding

    def add(self, sighting: Sighting, count: int = 1) -> None:
        """Counts more sightings of this cause, and keeps the place of this one if few are known yet."""
        self.count += count
        self.first_at_s = min(self.first_at_s, sighting.at_s)
        self.last_at_s = max(self.last_at_s, sighting.at_s)
        if len(self.places) < self.PLACES_SHOWN and sighting.place not in self.places:
            self.places.append(sighting.place)

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that stay the same when the same cause is found again in the same run."""
        text = f"{self.kind}|{self.severity}|{self.owner}|{self.recipient}|{self.group}"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
