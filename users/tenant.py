"""A tenant: who it is, what it may spend, and the counts that its ledger will show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.account import Account
from evidence.excerpts import without_credentials
from evidence.marks import Mark, MarkKind, RunKey
from evidence.records import TenantLedger

_SHORTEST_SECRET = 4  # who has one of fewer letters has none


@dataclass(frozen=True, slots=True)
class TenantIdentity:
    """A tenant as it was provisioned.

    Attributes:
        number: its number, which its marks carry.
        name: its id in the target.
        email: its e-mail address.
        budget: its starting budget in units.
        short: whether that was made to run out.
        numeric: whether its id is a whole number, and goes into JSON as one.
        extra: what else of it may stand in messages, by placeholder.
        secrets: its password or token, by placeholder; they stand where it proves who it is and nowhere else.
    """

    number: int
    name: str
    email: str
    budget: int
    short: bool = False
    numeric: bool = False
    extra: Mapping[str, object] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def json_name(self) -> str | int:
        """Its id in the target, as it stands in JSON."""
        return int(self.name) if self.numeric else self.name

    @property
    def placeholders(self) -> Mapping[str, object]:
        """What of it may stand in messages, by placeholder."""
        return {"tenant": self.json_name, "email": self.email, "number": self.number, **self.extra}


@dataclass(slots=True)
class TenantCounts:
    """What a tenant did and got. ``sent == answered + refused + unknown + open`` at any time."""

    sent: int = 0
    answered: int = 0
    refused: int = 0
    unknown: int = 0
    frames: int = 0
    inspected: int = 0
    unsolicited: int = 0
    duplicates: int = 0
    unmatched: int = 0


@dataclass(slots=True)
class Tenant:
    """The state of one acting tenant, shared by its sessions.

    Attributes:
        refusals_seen: how often the service refused for lack of budget.
        tokens: those that it has shown, and its secrets once it has proved who it is.
        ids: those of its latest login by which it goes, by placeholder.
    """

    identity: TenantIdentity
    key: RunKey
    account: Account
    counts: TenantCounts = field(default_factory=TenantCounts)
    refusals_seen: int = 0
    sequence: int = 0
    state_sequence: int = 1
    tokens: set[str] = field(default_factory=set, repr=False)
    ids: dict[str, str | int] = field(default_factory=dict)

    @classmethod
    def of(cls, identity: TenantIdentity, key: RunKey) -> Tenant:
        """Returns a tenant that has not acted yet."""
        return cls(identity, key, Account(identity.budget))

    @property
    def number(self) -> int:
        """The tenant's number."""
        return self.identity.number

    def conceal_said(self, text: str) -> str:
        """Returns what the target said without the tenant's secrets, and without whatever looks like somebody's."""
        return without_credentials(self.conceal(text))

    def conceal(self, text: str) -> str:
        """Returns text without the tenant's secrets and tokens, should the target have repeated one."""
        for secret in sorted({*self.tokens, *self.identity.secrets.values()}, key=len, reverse=True):
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "(hidden)")
        return text

    def next_sequence(self) -> int:
        """Returns the sequence number of the next request."""
        self.sequence += 1
        return self.sequence

    def message_id(self, sequence: int) -> str:
        """Returns the message id of a request."""
        return self.key.mint_id(Mark(MarkKind.MESSAGE, self.number, sequence))

    def test_id(self, sequence: int) -> str:
        """Returns the id of a routing check."""
        return self.key.mint_id(Mark(MarkKind.TEST, self.number, sequence))

    def prompt_canary(self, sequence: int) -> str:
        """Returns the canary that a request's prompt carries."""
        return self.key.mint_canary(Mark(MarkKind.PROMPT, self.number, sequence))

    def next_state_canary(self) -> str:
        """Returns a fresh canary for the tenant's state."""
        self.state_sequence += 1
        return self.key.mint_canary(Mark(MarkKind.STATE, self.number, self.state_sequence))

    def ledger(self) -> TenantLedger:
        """Returns the tenant's closed account and counts."""
        bounds, counts = self.account.bounds(), self.counts
        return TenantLedger(
            tenant=self.number,
            starting=self.account.starting,
            charged=self.account.charged,
            unknown=self.account.unknown,
            low=bounds.low,
            high=bounds.high,
            step=bounds.step,
            sent=counts.sent,
            answered=counts.answered,
            refused=counts.refused,
            unknown_requests=counts.unknown,
            frames=counts.frames,
            frames_inspected=counts.inspected,
            unsolicited=counts.unsolicited,
            duplicates=counts.duplicates,
            unmatched=counts.unmatched,
        )
