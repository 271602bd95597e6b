"""Limits of the run."""

from __future__ import annotations

from pydantic import Field

from config.parts import Part, PositiveInt, Share


class Thresholds(Part):
    """Limits of the run. One that is left out is not judged."""

    startup_p95_ms: float | None = Field(
        None,
        gt=0,
        description="Longest time from asking for a token to the first frame of the first chat, of 95 % of tenants.",
    )
    startup_p99_ms: float | None = Field(None, gt=0, description="The same of 99 %.")
    success_rate: Share | None = Field(None, description="Least share of requests answered, or refused as was due.")
    routing_accuracy: Share | None = Field(
        None, description="Least share of routing checks that are answered to the right session."
    )
    dropped_sessions: int | None = Field(None, ge=0, description="Sessions lost that nobody dropped on purpose.")
    pool_share: Share | None = Field(None, description="Database connections in use, of those allowed.")
    generator_memory_mb: float | None = Field(
        None, gt=0, description="Most memory of the largest process of ours, in MB."
    )
    generator_cpu_percent: float | None = Field(None, gt=0, description="Of one core, of the busiest process.")
    generator_lag_ms: float = Field(
        100.0, gt=0, description="Later than this in 1 % of seconds: latencies don't count."
    )
    recall: Share = Field(0.99, description="Own marks that must be found again in each store.")
    replies_per_tenant: PositiveInt = Field(
        1, description="Fewer inspected replies of a tenant prove nothing about it."
    )
    unknown_share: Share = Field(0.05, description="More requests of unknown end than this make a run inconclusive.")
    wished_bound: float = Field(
        0.001,
        gt=0,
        lt=1,
        description="Leak rate that a clean run should exclude. It decides nothing: reports say "
        "how large a run that takes.",
    )
