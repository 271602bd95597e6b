"""Frames that showed a leak: how many, of which type, on which sessions. Rates count frames, not what stood in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from evidence.findings import FindingKind, Severity
from evidence.records import SightingSeen

NAMES_KEPT = 50_000


@dataclass(slots=True)
class LeakingFrames:
    """Frames that showed a leak, each once however much it showed.

    Attributes:
        frames: how many, by type.
        sessions: the sessions on which they arrived.
        by_amount: (type, session, owner) of frames that showed nothing but another's amount: whether that is a leak
            depends on whether there is such a tenant, which is known only at the end.
        by_name: (type, session, name) of frames with a name that their node did not know: the same holds for it.
    """

    frames: Counter[str] = field(default_factory=Counter)
    sessions: set[str] = field(default_factory=set)
    by_amount: Counter[tuple[str, str, int | None]] = field(default_factory=Counter)
    by_name: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _latest: dict[str, tuple[str, float]] = field(default_factory=dict)

    def note(self, node: str, row: SightingSeen) -> None:
        """Counts the frame that a sighting was made in, unless it is the one of the node's sighting before.

        What one frame showed stands in rows that follow one another, with the same place and time.
        """
        frame = (row.place, row.at_s)
        if (row.severity != Severity.LEAK and not row.name) or self._latest.get(node) == frame:
            return
        kind, of, session = row.place.removeprefix("frame ").rpartition(" of session ")
        if not row.place.startswith("frame ") or not of:
            return
        if row.name:
            if len(self.by_name) < NAMES_KEPT or (kind, session, row.name) in self.by_name:
                self.by_name[kind, session, row.name] += 1
            return
        self._latest[node] = frame
        if row.kind == FindingKind.FOREIGN_BUDGET:  # the last thing that is looked for in a frame
            self.by_amount[kind, session, row.owner] += 1
            return
        self.frames[kind] += 1
        self.sessions.add(session)

    def judged(self, known: Collection[int], names: Collection[str] = ()) -> tuple[Counter[str], set[str]]:
        """Returns the frames by type and the sessions, those of amounts of ``known`` tenants and of ``names`` that
        turned out to be others' included.
        """
        by_amount = [(kind, session, times) for (kind, session, of), times in self.by_amount.items() if of in known]
        by_name = [(kind, session, times) for (kind, session, name), times in self.by_name.items() if name in names]
        frames = self.frames.copy()
        for kind, _, times in (*by_amount, *by_name):
            frames[kind] += times
        return frames, self.sessions | {session for _, session, _ in (*by_amount, *by_name)}
