"""How tenants behave."""

from __future__ import annotations

from pydantic import Field

from config.parts import Part, PositiveInt, Share


class Mix(Part):
    """How many of each kind of tenant there are, relative to one another; 0 leaves a kind out."""

    agent: int = Field(5, ge=0, description="Starts agents and converses.")
    state: int = Field(3, ge=0, description="Reads and changes its state and history.")
    roving: int = Field(2, ge=0, description="Drops out mid-request, reconnects, resumes.")
    listening: int = Field(1, ge=0, description="Mostly listens, on two sessions.")
    trespassing: int = Field(1, ge=0, description="Tries other tenants' doors and bad tokens.")


class Workload(Part):
    """How tenants behave. Rates are requests a second and tenant."""

    seed: int = Field(1, description="What every choice by lot is drawn from: the same seed draws the same lots.")
    chat_rate: float = Field(0.5, gt=0, description="Of each agent tenant.")
    read_rate: float = Field(1.0, gt=0, description="Of each state tenant.")
    roving_rate: float = Field(0.5, gt=0, description="Of each roving tenant.")
    listening_rate: float = Field(0.1, gt=0, description="Of each listening tenant.")
    attempt_rate: float = Field(1.0, gt=0, description="Of each trespassing tenant, at others' doors.")
    in_flight: PositiveInt = Field(4, description="Requests a session may have open at once.")
    two_sessions: Share = Field(0.25, description="Share of tenants that hold two sessions at once.")
    short_budgets: Share = Field(0.1, description="Share of conversing tenants whose budget is made to run out.")
    short_requests: PositiveInt = Field(8, description="After so many requests a short budget is spent.")
    drop_after_ms: tuple[float, float] = Field((10.0, 30.0), description="A drop follows a send by so much.")
    burst_every_s: float = Field(10.0, gt=0, description="Roving tenants also return together, on multiples of this.")
    repeats: PositiveInt = Field(7, description="One statement is repeated so often on one connection.")
    loud_chats: PositiveInt = Field(
        12,
        description="So many chats a conversing tenant sends at once now and then, by lot and beyond in_flight, to see "
        "whether others wait longer for it; 1: nobody is ever loud.",
    )
    departures: Share = Field(
        0.1,
        description="Share of agent and state tenants that leave for good while the others go on: each is removed as "
        "[provisioning] says, then tries to come back, and nothing of it may be left. Without a removal nobody leaves.",
    )
    departs_after_s: tuple[float, float] = Field(
        (3.0, 8.0), description="Who leaves for good does so when it has acted for so long, and nothing of it is open."
    )
    mix: Mix = Field(Mix(), description="How many tenants there are of each kind.")
    drain_s: float = Field(
        5.0,
        ge=0,
        description="How long a stopping tenant waits for its open replies. What was open longer is unanswered.",
    )
