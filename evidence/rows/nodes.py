"""Rows that speak of the processes of a run, and of the target as they saw it from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

FRAMES_CUT = "frames_cut"
"""The exposure that counts frames too large to be seen through whole."""
PUSHED_OWN = "pushes_showing_own of kind: "
"""How the exposures begin that count, by kind, pushes that showed content of their tenant's own."""
SUBSCRIBED_OWN = "pushes_showing_own of: "
"""How those begin that count the same by the subscription that brought them."""
UNMATCHED = "frames_of_no_request of kind: "
"""How those begin that count, by kind, frames that belonged to no request and were no push; the first few kinds."""
RENEWED, NOT_RENEWED = "renewals", "renewals_failed"
"""The exposures that count renewals of a login on a session that was held, and those that did not succeed."""
OVERLONG = "texts_beyond_their_limit of: "
"""How those begin that count, by operation, texts that could not be kept as short as the service takes them."""


@dataclass(frozen=True, slots=True)
class NodeStarted:
    """A process that runs users has joined the run."""

    row: ClassVar[str] = "node"
    node: str
    worker_index: int
    host: str
    pid: int
    at_s: float
    locust: str
    python: str
    time_source: str


@dataclass(frozen=True, slots=True)
class GeneratorSample:
    """The load generator's own state over the last second.

    Attributes:
        lag_max_ms: the longest the event loop came late.
        lag_mean_ms: how late it came on average.
        late_s: seconds of this sample in which the event loop was later than the profile allows.
        span_s: how long the sample is.
        cpu_percent: of one core.
        memory_mb: resident memory.
        users: tenants acting.
        in_flight: requests open.
    """

    row: ClassVar[str] = "generator"
    node: str
    at_s: float
    lag_max_ms: float
    lag_mean_ms: float
    cpu_percent: float
    memory_mb: float
    users: int
    in_flight: int
    late_s: float = 0.0
    span_s: float = 1.0


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """What a health check of the target answered."""

    row: ClassVar[str] = "health"
    name: str
    at_s: float
    ok: bool
    latency_ms: float | None
    detail: str = ""
    pool_in_use: int | None = None
    pool_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Exposures:
    """How often the node did what makes leaks show, by name (replies, drops, resumes, …)."""

    row: ClassVar[str] = "exposures"
    node: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that should have been seen, done or reported was not; ``fatal`` ones end the run."""

    row: ClassVar[str] = "gap"
    node: str
    at_s: float
    what: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class NodeEnded:
    """A node's last row: how many rows it wrote before this one, and its requests by outcome."""

    row: ClassVar[str] = "node_end"
    node: str
    at_s: float
    rows: int
    sent: int
    answered: int
    refused: int
    unknown: int
