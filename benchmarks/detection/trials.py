"""What is to be run: which defects at which rates, and the faultless target in how many ways."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.detection.parts import Part
from target.defects.catalogue import entries
from target.defects.choice import DefectChoice

Disturbance = Literal["", "service worker", "service", "redis", "swarm worker"]

LOWER = 5.0  # a defect is tried at its natural rate and at a fifth of it
# An eighth of the replies are made after somebody else has spoken, so that this strikes about one in a thousand of all.
RARE = "reply-to-other-socket:0.008"


@dataclass(frozen=True)
class Shape:
    """How a run differs from the ordinary one.

    Attributes:
        name: for the table.
        workload: keys of the profile's ``[workload]`` to set.
        users, seconds: in place of those asked for; 0 leaves them.
        service: more options of the service.
        locust: more options of Locust.
        disturbance: what is killed or restarted in the middle.
    """

    name: str
    workload: Mapping[str, object] = field(default_factory=dict)
    users: int = 0
    seconds: int = 0
    service: tuple[str, ...] = ()
    locust: tuple[str, ...] = ()
    disturbance: Disturbance = ""


ORDINARY = Shape("ordinary")

SHAPES = (
    Shape("short", users=12, seconds=6),
    Shape("two tenants", users=2, seconds=6),
    Shape("ordinary", seconds=12),
    Shape("a service worker dies", seconds=9, disturbance="service worker"),
    Shape("budgets run out", {"short_budgets": 1.0, "short_requests": 4}, users=25, seconds=9),
    Shape("Redis restarts", users=25, seconds=9, disturbance="redis"),
    Shape("a swarm worker dies", users=24, seconds=10, locust=("--processes", "2"), disturbance="swarm worker"),
    Shape("drops all the time", {"mix": {"agent": 1, "roving": 8}, "roving_rate": 4.0}, users=30, seconds=9),
    Shape("silent", users=15, seconds=10, service=("--silent",)),
    Shape("two swarm workers", users=30, seconds=9, locust=("--processes", "2")),
    Shape("the service dies", users=20, seconds=8, disturbance="service"),
    Shape("trespassers", {"mix": {"agent": 1, "trespassing": 4}, "attempt_rate": 4.0}, users=24, seconds=9),
    Shape("many in flight", {"in_flight": 16, "two_sessions": 1.0, "chat_rate": 4.0}, users=20, seconds=9),
    Shape("state and listeners", {"mix": {"agent": 1, "state": 5, "listening": 4}}, users=24, seconds=9),
    Shape("stopped at once", users=30, seconds=6, locust=("--stop-timeout", "0"), service=("--think-median-ms", "200")),
    Shape("one service worker, slow agents", seconds=9, users=20, service=("--think-median-ms", "300")),
)


TRESPASSERS = Shape("trespassers", {"mix": {"agent": 1, "trespassing": 4}, "attempt_rate": 4.0})
# An amount of a tenant whose budget is short lies in no band: the accounts would see it too.
ALL_IN_BANDS = Shape("no short budgets", {"short_budgets": 0.0})

# What was filed under another tenant's name outlives its own: with removals another part sees it too.
NOBODY_LEAVES = Shape("nobody is removed", {"departures": 0.0})

# For each part of the oracle a defect that only this part sees, and in what run.
ONLY_SEEN_BY: Mapping[Part, tuple[str, Shape]] = {
    Part.MESSAGE_IDS: ("refusal-to-other-socket", TRESPASSERS),
    Part.TENANT_NAMES: ("misstamped-reply", ORDINARY),
    Part.CANARIES: ("text-in-error", ORDINARY),
    Part.BUDGET_BANDS: ("quota-of-last", ALL_IN_BANDS),
    Part.LEARNT_IDS: ("colliding-agent-ids", ORDINARY),
    Part.REPLY_ACCOUNTS: ("stale-balance", ORDINARY),
    Part.REFUSALS: ("shared-limit", ORDINARY),
    Part.ATTEMPTS: ("token-expired", ORDINARY),
    Part.REDIS_MARKS: ("prompts-under-last-tenant", NOBODY_LEAVES),
    Part.POSTGRES_MARKS: ("log-under-last-tenant", NOBODY_LEAVES),
    Part.ENCODINGS: ("encoded-trace", ORDINARY),
    Part.STORE_BANDS: ("balance-under-last-tenant", NOBODY_LEAVES),
    Part.STORE_ACCOUNTS: ("counted-at-close", ORDINARY),
    Part.REMOVED: ("survives-delete", ORDINARY),
}


@dataclass(frozen=True)
class Trial:
    """One run of the swarm against one target.

    Attributes:
        name: of its folder.
        defects: as ``--defect`` takes them; none: faultless.
        users, seconds, seed, shape: how large, how long, with which chances and in which way.
        blind: the name of the part of the oracle that is switched off; empty: none.
    """

    name: str
    defects: tuple[str, ...]
    users: int
    seconds: int
    seed: int
    shape: Shape = ORDINARY
    blind: str = ""

    @property
    def clean(self) -> bool:
        """Whether nothing in it can leak."""
        return not self.defects


def of_defects(asked: Iterable[str], users: int, seconds: int) -> Iterator[Trial]:
    """Yields a trial for each defect that was asked for, ``NAME`` or ``NAME:RATE``.

    Raises:
        SettingsError: there is no such defect, or the rate is no probability.
    """
    for text in asked:
        choice = DefectChoice.parse(text)
        name = _file_name(f"{choice.name}-{choice.rate:g}-{users}x{seconds}")
        yield Trial(name, (str(choice),), users, seconds, 1)


def blinded(users: int, seconds: int) -> Iterator[Trial]:
    """Yields for each part of the oracle a trial with it and one without, of a defect that nothing else sees."""
    for part, (defect, shape) in ONLY_SEEN_BY.items():
        choice = (f"{defect}:{entries()[defect].rate:g}",)
        yield Trial(_file_name(f"seeing-{part.name}"), choice, users, seconds, 1, shape)
        yield Trial(_file_name(f"blind-{part.name}"), choice, users, seconds, 1, shape, blind=part.name)


def all_defects(*, lower: bool) -> list[str]:
    """Every defect at its natural rate; with ``lower``, at a fifth of it, if a finding can show it."""
    if not lower:
        return [f"{entry.name}:{entry.rate:g}" for entry in entries().values()]
    return [f"{entry.name}:{entry.rate / LOWER:g}" for entry in entries().values() if entry.shows]


def faultless(number: int, users: int, seconds: int) -> Iterator[Trial]:
    """Yields ``number`` trials without a defect, of all shapes in turn, each with a seed of its own."""
    for seed, shape in zip(range(1, number + 1), itertools.cycle(SHAPES), strict=False):
        name = _file_name(f"clean-{seed:03d}-{shape.name}")
        yield Trial(name, (), shape.users or users, shape.seconds or seconds, seed, shape)


def rare(number: int, users: int, seconds: int) -> Iterator[Trial]:
    """Yields ``number`` trials of a leak in about a thousandth of the replies, each with a seed of its own."""
    for seed in range(1, number + 1):
        yield Trial(f"rare-{seed:03d}", (RARE,), users, seconds, seed)


def _file_name(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")
