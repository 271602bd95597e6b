"""What every part of the result is made of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Base of every part of the result."""

    model_config = ConfigDict(extra="forbid")


class TenantName(Part):
    """A tenant as reports name it: its number, its id in the target, and its kind."""

    number: int
    name: str
    kind: str = ""
