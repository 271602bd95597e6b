"""The live oracle: looks at every received frame and says what in it belongs to somebody else.

It looks at the message id, at every field that names a tenant, at remaining amounts and their bands, at the ids the
service hands out, and at the whole text for any mark at all. It is pure: the caller brings the frame and the time.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from evidence.budgets import BudgetBands
from evidence.excerpts import AFTER, BEFORE, MARGIN, excerpt, without_signed_tokens
from evidence.findings import FindingKind, Severity, Sighting
from evidence.marks import Keyring, MarkKind, Sighted
from evidence.paths import dig
from evidence.seeing_through import FrameDecoder
from evidence.strangers import NAME_KEPT, STRANGERS_A_FRAME, Strangers

Sight = Callable[[FindingKind, int | None, str, str, Severity], None]

# Marks in the range of this worker index belong to the planted control, never to a tenant (see ``is_control``).
CONTROL_WORKER = 1023
ORDINAL_BITS = 18


def tenant_number(worker_index: int, ordinal: int) -> int:
    """Returns the number of the ``ordinal``-th tenant of a worker: unique without asking anybody.

    Raises:
        ValueError: the worker index or the ordinal is out of range (1,023 workers, 262,144 tenants each).
    """
    if not 0 <= worker_index < CONTROL_WORKER:
        raise ValueError(f"worker index {worker_index} is outside 0 … {CONTROL_WORKER - 1}")
    if not 0 <= ordinal < 1 << ORDINAL_BITS:
        raise ValueError(f"tenant ordinal {ordinal} is outside 0 … {(1 << ORDINAL_BITS) - 1}")
    return worker_index << ORDINAL_BITS | ordinal


def control_pair(node: int) -> tuple[int, int]:
    """Returns the two tenant numbers of a node's planted control: its holder, and whose data is planted with it.

    Args:
        node: 0 for the node that judges the run, worker index + 1 for the others.
    """
    return CONTROL_WORKER << ORDINAL_BITS | 2 * node, CONTROL_WORKER << ORDINAL_BITS | 2 * node + 1


def is_control(tenant: int) -> bool:
    """Returns whether the number belongs to a planted control."""
    return tenant >> ORDINAL_BITS == CONTROL_WORKER


class Names(Protocol):
    """Says whose a name is: a naming style, or a dictionary of accounts that existed already."""

    def get(self, name: str, /) -> int | None:
        """Returns the number of the tenant with this name, None if nobody of this run is called so."""


@dataclass(frozen=True, slots=True)
class FrameFields:
    """Where in a frame to look, as field paths (from the target profile).

    Attributes:
        tenant: fields that name the tenant the frame is for.
        budget: fields that hold remaining amounts.
        learn: what the service hands out to one tenant alone: name of the thing to its field path.
        nobody: patterns of what stands in such a field and names nobody, as a whole.
    """

    tenant: Sequence[str] = ()
    budget: Sequence[str] = ()
    learn: Mapping[str, str] = field(default_factory=dict)
    nobody: Sequence[re.Pattern[str]] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one frame showed.

    Attributes:
        sightings: what belongs to somebody else.
        own: the tenant's own marks in the frame.
        learnt: (thing, id) pairs seen on this tenant's session for the first time.
        kind: kind of the frame.
        at_s: Unix time in seconds at which it arrived.
    """

    sightings: list[Sighting]
    own: list[Sighted]
    learnt: list[tuple[str, str]]
    kind: str = field(default="", compare=False)
    at_s: float = field(default=0.0, compare=False)

    @property
    def foreign_owners(self) -> set[int]:
        """The other tenants of whom it showed a mark, a name or an id."""
        return {
            sighting.owner
            for sighting in self.sightings
            if sighting.severity is Severity.LEAK and sighting.owner is not None
        }


class Oracle:
    """Inspects the frames of all tenants of one process.

    Args:
        keyring: recognises marks.
        bands: recognises budgets.
        fields: where to look in a frame.
        roster: says whose a name is that no mark can be read from; it may grow while the oracle is in use.
    """

    def __init__(self, keyring: Keyring, bands: BudgetBands, fields: FrameFields, roster: Names | None = None) -> None:
        self._keyring = keyring
        self._decoder = FrameDecoder(keyring)
        self._bands = bands
        self._fields = fields
        self._roster: Names = roster if roster is not None else {}
        self._learnt: MutableMapping[tuple[str, str], int] = {}
        self._strangers = Strangers(fields.nobody)

    def beside(self) -> Oracle:
        """Returns an oracle that knows the ids this one has learnt, and keeps to itself what it learns."""
        other = Oracle(self._keyring, self._bands, self._fields, self._roster)
        other._learnt = ChainMap({}, self._learnt)
        return other

    @property
    def cut(self) -> int:
        """How many frames were too large, or unpacked to too much, to be seen through whole."""
        return self._decoder.cut

    def inspect(
        self, text: str | bytes, document: object, *, tenant: int, session: str, at_s: float, kind: str = ""
    ) -> Inspection:
        """Looks at one frame.

        Args:
            text: the frame as it came: text, or the bytes of a binary message.
            document: the same parsed, or None if it is not JSON.
            tenant: number of the tenant whose session received it.
            session: name of that session, for the place of a sighting.
            at_s: Unix time in seconds at which it arrived.
            kind: kind of the frame, for the place of a sighting.
        """
        sightings: list[Sighting] = []
        own: list[Sighted] = []
        kind_of_frame = kind[:40] or "?"
        place = f"frame {kind_of_frame} of session {session}"
        seen: set[tuple[FindingKind, int]] = set()

        def sight(kind: FindingKind, owner: int | None, excerpt: str, detail: str, severity: Severity) -> None:
            key = (kind, -1 if owner is None else owner)
            if key not in seen:
                seen.add(key)
                group = f"frame {kind_of_frame}"
                sightings.append(Sighting(kind, owner, tenant, place, group, at_s, excerpt, "", severity, detail))

        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        plain = ((found, data, "") for found in self._keyring.find(data))
        for found, seen_in, path in (*plain, *self._decoder.hidden(data)):
            if found.current and found.mark.tenant == tenant:
                own.append(found)
                continue
            if found.again == tenant:
                continue  # an account's own, said in an earlier run: neither foreign, nor anything that this run said
            whose = "another tenant" if found.current or found.again is not None else "a tenant of another run"
            shown = self._excerpt(seen_in, found)
            owner = found.mark.tenant if found.current else found.again
            detail = f"a {found.mark.kind.name.lower()} mark of {whose}"
            sight(_kind_of(found.mark.kind), owner, f"{path} › {shown}" if path else shown, detail, Severity.LEAK)
        if document is not None:
            for name, path in self._check_names(document, tenant, sight).items():
                severity = self._strangers.severity(name, tenant, kind_of_frame)
                if severity is not None:
                    name = without_signed_tokens(name)  # before it is cut: half a token is not known for one
                    detail = f"{path} names somebody whom this node does not know"
                    sightings.append(
                        Sighting(
                            FindingKind.WRONG_IDENTITY, None, tenant, place, f"frame {kind_of_frame}", at_s,
                            f"{path}: {name[:60]}", "", severity, detail, name[:NAME_KEPT],
                        )
                    )  # fmt: skip
            self._check_budgets(document, tenant, sight)
        # What stands in a leaked frame was handed to somebody else: learning from it would name the wrong owner.
        leaked = any(sighting.severity is Severity.LEAK for sighting in sightings)
        learnt = (
            self._learn(document, self._fields.learn, tenant, sight, trusted=not leaked) if document is not None else []
        )
        return Inspection(sightings, own, learnt, kind_of_frame, at_s)

    def _excerpt(self, text: bytes, found: Sighted) -> str:
        """The mark with what stands around it; other marks may be shown, as they let nobody in."""
        first = max(0, found.start - BEFORE - MARGIN)
        near = self._keyring.find(text[first : found.end + AFTER + MARGIN])
        return excerpt(text, found.start, found.end, [(first + other.start, first + other.end) for other in near])

    def _check_names(self, document: object, tenant: int, sight: Sight) -> dict[str, str]:
        """Looks names up that no mark can be read from; returns those that nobody is known by, with their field."""
        strangers: dict[str, str] = {}
        for path in self._fields.tenant:
            for value in dig(document, path):
                if value is None or value == "":
                    continue  # names nobody
                name = str(value)
                owner = self._roster.get(name)
                if owner == tenant:
                    continue
                if owner is not None:
                    shown, detail = f"{path}: {name[:60]}", f"{path} names another tenant"
                    sight(FindingKind.WRONG_IDENTITY, owner, shown, detail, Severity.LEAK)
                elif len(strangers) < STRANGERS_A_FRAME and not self._is_marked(name):
                    strangers.setdefault(name, path)
        return strangers

    def _is_marked(self, name: str) -> bool:
        """Whether a name is a mark, which is judged by itself: of this run or another."""
        return any(found.mark.kind is MarkKind.TENANT for found in self._keyring.find(name))

    def _check_budgets(self, document: object, tenant: int, sight: Sight) -> None:
        for path in self._fields.budget:
            for value in dig(document, path):
                owner = self._bands.owner(value)
                if owner is None or owner == tenant:
                    continue
                sight(
                    FindingKind.FOREIGN_BUDGET,
                    owner,
                    f"{path}: {value}",
                    f"{path} shows an amount from another tenant's band",
                    Severity.LEAK,
                )

    def learn(
        self, document: object, learn: Mapping[str, str], *, tenant: int, session: str, at_s: float, kind: str,
        trusted: bool,
    ) -> Inspection:  # fmt: skip
        """Learns ids that stand in this frame alone, beside those of every frame; ``kind`` names it in a sighting.

        Args:
            document: the frame, which has been inspected.
            learn: name of the thing to its field path.
            tenant: number of the tenant whose session received it.
            session: name of that session.
            at_s: Unix time in seconds at which it arrived.
            kind: kind of the frame.
            trusted: whether nothing in it was another tenant's.
        """
        sightings: list[Sighting] = []

        def sight(finding: FindingKind, owner: int | None, excerpt: str, detail: str, severity: Severity) -> None:
            place, group = f"frame {kind[:40]} of session {session}", f"frame {kind[:40]}"
            sightings.append(Sighting(finding, owner, tenant, place, group, at_s, excerpt, "", severity, detail))

        return Inspection(sightings, [], self._learn(document, learn, tenant, sight, trusted=trusted), kind[:40], at_s)

    def _learn(
        self, document: object, learn: Mapping[str, str], tenant: int, sight: Sight, *, trusted: bool
    ) -> list[tuple[str, str]]:
        fresh: list[tuple[str, str]] = []
        for thing, path in learn.items():
            for value in dig(document, path):
                if not isinstance(value, (str, int)) or isinstance(value, bool) or value == "":
                    continue
                key = (thing, str(value))
                owner = self._learnt.get(key)
                if owner is None and trusted:
                    self._learnt[key] = tenant
                    fresh.append(key)
                elif owner is not None and owner != tenant:
                    sight(
                        FindingKind.SHARED_ID,
                        owner,
                        f"{path}: {key[1][:60]}",
                        f"this {thing} was handed to another tenant before",
                        Severity.LEAK,
                    )
        return fresh


def _kind_of(kind: MarkKind) -> FindingKind:
    if kind in (MarkKind.MESSAGE, MarkKind.TEST):
        return FindingKind.MISROUTED_REPLY
    return FindingKind.WRONG_IDENTITY if kind is MarkKind.TENANT else FindingKind.FOREIGN_CONTENT
