"""Access attempts: other tenants' doors, and tokens that must be refused."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from config.messages import Operation
from config.parts import Name, Part, PositiveInt

Forgery = Literal[
    "missing", "unsigned", "expired", "wrong_key", "wrong_audience", "contradictory", "unknown", "other_name"
]
UNSIGNED: frozenset[Forgery] = frozenset({"missing", "unknown", "other_name"})
"""Kinds of bad tokens that can be had without signing any."""


class Door(Operation):
    """Another tenant's door, tried with a tenant's own credentials. Placeholders {victim_…} name what is the other's:
    victim_tenant, victim_email, and victim_ with any learnt name; of what a login teaches, with the ids.

    The owner says the same first, of its own things: only a door that opens to its owner can be found shut.
    """

    does: Literal["read", "change", "resume", "subscribe", "spend"] = Field(
        description="What somebody would do who came through."
    )
    granted_by: Literal["answer", "victims_marks"] = Field(
        "answer",
        description="Whether any answer means that the door was open, or only one that shows the other's data.",
    )


class Attempts(Part):
    """Access attempts with a control: other tenants' doors, and tokens that must be refused."""

    doors: dict[Name, Door] = Field(
        default_factory=dict, description="Other tenants' doors, each under a name of your choice."
    )
    tokens: tuple[Forgery, ...] = Field(
        (),
        description="Tokens that must be refused. missing: none; unknown: of nobody, or made up; other_name: one's own "
        "under another tenant's name. The others need [auth.jwt], to sign tokens that are wrong in one thing.",
    )
    per_tenant: PositiveInt = Field(40, description="So many attempts a tenant makes at most.")
