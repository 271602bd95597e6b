"""What a store showed: the interface between the store scanners and the judgement.

``checker.redis_scan.scan_redis`` and ``checker.postgres_scan.scan_postgres`` each return one ``StoreScan`` or raise
``StoreUnreadable``. Memory stays bounded however much leaked: violations are grouped into findings as they are met,
and only so many findings are kept (``overflow`` counts the violations that no longer found room, ``beyond`` holds their
causes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from checker.causes import Cause
from checker.finding_table import FINDINGS_KEPT, FindingTable
from evidence.findings import Finding, Sighting
from evidence.marks import MarkKey
from evidence.oracle import is_control

Progress = Callable[[int, int | None], None]
"""Is called with (units read so far, units expected or None) every now and then while a store is read."""


class StoreUnreadable(Exception):
    """A store can't be read; the message is one sentence: what failed, where (host:port/db), what to do.

    StoreUnreadable
    ├── StoreUnreachable    nothing answers there: refused, timed out, no such host, lost in between
    ├── StoreRefused        it answers and does not let us in: wrong password, unknown database or role, TLS
    ├── StoreNotUnderstood  what answers there does not speak the store's protocol, or the URL says nothing usable
    ├── StoreNotAllowed     a server of it names another machine, and nobody has said that it may be tested
    └── RightsMissing       we are in, but the role may not see everything: row security, no read rights at all
    """


class StoreUnreachable(StoreUnreadable):
    """Nothing answers at the store's address, or the connection was lost."""


class StoreRefused(StoreUnreadable):
    """The store answers and refuses us: password, role, database, TLS."""


class StoreNotUnderstood(StoreUnreadable):
    """The address is unusable, or what answers there is another kind of server."""


class StoreNotAllowed(StoreUnreadable):
    """A sentinel or a node of a cluster names a machine that nobody has given permission to test."""


class RightsMissing(StoreUnreadable):
    """The role we came as may not see what has to be looked at."""


@dataclass(frozen=True)
class Roster:
    """Who exists, from the evidence; control tenants (``evidence.oracle.is_control``) included.

    Attributes:
        names: tenant number to its id in the target, exactly as the target knows it.
        numbers: id or alias, lower-cased, to tenant number.
        learnt: ids handed out by the service (thread, agent, session, run) to the tenant they were handed to; an id
            that two tenants learnt is left out.
        removed: tenants of whom nothing may be left, as they were removed in the run.
    """

    names: Mapping[int, str]
    numbers: Mapping[str, int]
    learnt: Mapping[str, int]
    removed: frozenset[int] = frozenset()


@dataclass
class StoreScan:
    """What one store showed.

    Attributes:
        store: its name in the profile; ``redis`` or ``postgres`` where there is only one of a kind.
        where: host:port/db, without credentials.
        findings: violations between tenants, kind MISFILED_DATA, and what is left of removed ones, SURVIVED_DELETE;
            grouped by (owner, recipient, group of places).
        control_findings: the same where owner and recipient are both control tenants: they prove that looking works.
        overflow: violations between tenants that belong to none of the findings kept (there are too many).
        beyond: the causes of those violations.
        own_marks: (kind, tenant, sequence) of this run's marks found in a place that is their owner's or nobody's.
        amounts: (label of the budget place, tenant number) to the remaining amount found, in units.
        budget_places: the labels of all budget places of the profile, found or not.
        units: keys or rows read.
        elements: elements (fields, members, entries) or column values read.
        bytes: bytes read.
        containers: units by key type or by table; shared ones carry `` (shared)``.
        unattributed: units with no mark, no name and no owner.
        earlier_runs: marks of earlier runs met.
        left_out: values or keys that the profile says can't be read, by column or by key pattern.
        unreadable: values in tenants' places that look encrypted, or packed in a form that is not known, by column or
            key pattern.
        skipped: what could not be read and why, a sentence each; not empty means the store was not read whole.
        removed: the removed tenants of whom nothing may be left and who were looked for.
        notes: what is worth knowing about the reading and takes nothing from it, a sentence each.
        seconds: how long reading took.
        read_at_s: Unix time at which reading was done.
        explain: whether the two below are wanted; they cost time.
        belongs: (group of places, by what they belong to a tenant) to how many do.
        nobodys: group of places to how many in it show nothing that names anybody; of Redis only, where groups are
            not ``containers``.
    """

    store: str
    where: str
    findings: list[Finding] = field(default_factory=list)
    control_findings: list[Finding] = field(default_factory=list)
    overflow: int = 0
    beyond: list[Cause] = field(default_factory=list)
    own_marks: set[MarkKey] = field(default_factory=set)
    amounts: dict[tuple[str, int], int] = field(default_factory=dict)
    budget_places: list[str] = field(default_factory=list)
    units: int = 0
    elements: int = 0
    bytes: int = 0
    containers: dict[str, int] = field(default_factory=dict)
    unattributed: int = 0
    earlier_runs: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    removed: frozenset[int] = frozenset()
    unreadable: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    read_at_s: float = 0.0
    explain: bool = False
    belongs: Counter[tuple[str, str]] = field(default_factory=Counter)
    nobodys: Counter[str] = field(default_factory=Counter)


class FindingShelf:
    """Groups a store's sightings as they come, those between two planted controls apart from all others.

    Args:
        kept: how many findings to keep; what more there is is counted to its cause alone.
    """

    def __init__(self, kept: int = FINDINGS_KEPT) -> None:
        self._findings = FindingTable(kept)
        self._controls = FindingTable(kept)

    def add(self, sighting: Sighting, count: int = 1) -> Sighting:
        """Adds ``count`` sightings of one cause, the given one as their example; returns the first one of its cause."""
        control = all(tenant is not None and is_control(tenant) for tenant in (sighting.owner, sighting.recipient))
        return (self._controls if control else self._findings).add(sighting, count)

    def hand_over(self, scan: StoreScan) -> None:
        """Puts the findings, the most frequent first, and what found no room into ``scan``."""
        scan.findings = list(self._findings)
        scan.control_findings = list(self._controls)
        scan.overflow = self._findings.overflow
        scan.beyond = list(self._findings.beyond)
