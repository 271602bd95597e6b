"""Rows that speak of tenants: how they came, what they were given, how they went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class TenantProvisioned:
    """A tenant (or a half of a planted control) is being created in the target and its stores; the last such row of it
    counts.

    Attributes:
        tenant: its number.
        name: its id in the target.
        aliases: other names it goes by (an e-mail address).
        budget: its starting budget in units.
        short: whether the budget was made to run out.
        planted: canary sequence numbers by kind name that were written into each store.
        control: whether it is part of a planted control.
        values: what fills the placeholders of its removal, beside its name; no secret is among them.
        begun: how many of the profile's steps that ask for one tenant at a time have been begun,
        done: and how many have succeeded.
        existed: whether it is an account that was there before the run, and stays.
    """

    row: ClassVar[str] = "tenant"
    tenant: int
    name: str
    node: str
    at_s: float
    budget: int
    short: bool = False
    control: bool = False
    aliases: list[str] = field(default_factory=list)
    planted: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, str | int] = field(default_factory=dict)
    begun: int = 0
    done: int = 0
    existed: bool = False


@dataclass(frozen=True, slots=True)
class TenantStarted:
    """A tenant began to act: which kind of Locust user it is and how many sessions it holds.

    Attributes:
        follows: the tenant whose place it took, since that one had left for good; None for the first of a user.
    """

    row: ClassVar[str] = "tenant_started"
    tenant: int
    user_class: str
    sessions: int
    at_s: float
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class IdLearnt:
    """The service handed out an id (a thread, an agent, a session) to this tenant, for the first time on this node.

    Attributes:
        session, kind, at_s: on which session, in which kind of frame (or ``login``), and when.
        by_design: whether in the reply to an operation that shows everybody's by the profile's word.
        names_tenant: whether the tenant goes by it from then on, as the answer to its login has told.
    """

    row: ClassVar[str] = "learnt"
    tenant: int
    thing: str
    value: str
    session: int = 0
    kind: str = ""
    at_s: float = 0.0
    by_design: bool = False
    names_tenant: bool = False


@dataclass(frozen=True, slots=True)
class TokenShown:
    """The tenant has shown a token, or has a password, that looks like one: whoever reads a store can leave it out.

    Attributes:
        fingerprint: what ``evidence.secrecy`` remembers of it, from which nobody gets it back.
    """

    row: ClassVar[str] = "token"
    tenant: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TenantRemoved:
    """A tenant that had acted is being removed from the target while the run goes on; the last such row of it counts.

    Attributes:
        outcome: begun (written down before anything is done), removed, or failed.
        things: how many rows and keys the removal itself took, cascades not counted.
        detail: why it failed.
    """

    row: ClassVar[str] = "tenant_removed"
    tenant: int
    at_s: float
    outcome: str
    things: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TenantLedger:
    """A tenant's closed account and counts, as its node knew them at the end."""

    row: ClassVar[str] = "ledger"
    tenant: int
    starting: int
    charged: int
    unknown: int
    low: int
    high: int
    step: int
    sent: int
    answered: int
    refused: int
    unknown_requests: int
    frames: int
    frames_inspected: int
    unsolicited: int
    duplicates: int
    unmatched: int
