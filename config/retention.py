"""How long a store keeps what was said, where it does not keep it for good."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.parts import Part, PositiveInt


class Retention(Part):
    """What a store still holds of what an operation sent: the latest few, or what is not older than so long.

    A run's marks that a store has dropped by then are not looked for in it, and the report says how many.
    """

    last: PositiveInt | None = Field(
        None,
        description="So many of the latest are kept. Where a request leaves several entries, count requests; where "
        "each thread or session keeps so many, the latest of the tenant are among them.",
    )
    of: Literal["tenant", "all"] = Field(
        "tenant", description="Whether that many are kept of each tenant, or of all of them together."
    )
    for_s: float | None = Field(
        None, gt=0, description="Seconds after which an entry may be gone: Redis' EXPIRE, a job that clears up."
    )

    @property
    def in_words(self) -> str:
        """What is kept, to be read after "keeps"."""
        whose = "of each tenant" if self.of == "tenant" else "of all tenants"
        parts = [] if self.last is None else [f"the latest {self.last:,} {whose}"]
        return ", ".join(parts if self.for_s is None else [*parts, f"nothing for longer than {self.for_s:g} s"])

    @model_validator(mode="after")
    def _keeps_less_than_all(self) -> Retention:
        if self.last is None and self.for_s is None:
            raise ValueError("says neither 'last' nor 'for_s': leave it out if the store keeps everything")
        if self.last is None and self.of == "all":
            raise ValueError("of: says of whom the 'last' so many are kept, and there is no 'last'")
        return self
