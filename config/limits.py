"""How much of a load a target may get at all, whatever the workload and the command line say."""

from __future__ import annotations

from pydantic import Field

from config.parts import Part, PositiveInt


class Limits(Part):
    """How much the target may get at most, whatever the workload and the command line say. A run that would go beyond
    one stops by itself and says so; one that is left out limits nothing.
    """

    tenants: PositiveInt | None = Field(
        None, description="Tenants of a run, whether they act, were made in advance or only serve as a control."
    )
    requests_per_second: float | None = Field(
        None,
        gt=0,
        description="Requests of all tenants together. So many may be sent in any second, and as many again that were "
        "not sent in the seconds before, up to five seconds' worth.",
    )
    duration_s: float | None = Field(None, gt=0, description="Length of a run, from its start to its stop.")
