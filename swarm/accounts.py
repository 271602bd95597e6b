"""Handing out accounts that exist: each once in a run, whichever node asks."""

from __future__ import annotations

import time

from config.profile import Profile
from config.tenants import Account
from evidence.known_names import KnownNames
from evidence.oracle import control_pair
from evidence.records import TenantProvisioned
from users.tenant import TenantIdentity


class NoAccountLeft(Exception):
    """All accounts of this node have been handed out; the message says how many there are."""


class Accounts:
    """One node's share of the accounts.

    Entry *i* of the file is tenant number *i*, so that every node knows whose each name is. The first entries, one a
    node, are played by the nodes' live controls and by nobody else.

    Args:
        profile: names the file.
        part: which share is this node's, from 0.
        parts: how many shares there are.
        live_controls: whether the first entries are kept for the nodes' live controls.
    """

    def __init__(self, profile: Profile, part: int, parts: int, *, live_controls: bool = True) -> None:
        self._file = profile.tenants.accounts.name if profile.tenants.accounts is not None else ""
        self._accounts = profile.tenants.existing
        self._part = part
        self._parts = parts
        self._controls = parts if live_controls else 0
        self._next = part + self._controls

    def take(self) -> tuple[TenantIdentity, list[str]]:
        """Returns the next account, and what else it is called.

        Raises:
            NoAccountLeft: there is none any more.
        """
        index = self._next
        if self._part >= self._parts or index >= len(self._accounts):
            raise NoAccountLeft(
                f"tenants.accounts: {self._file} holds {len(self._accounts)} accounts, of which {self._share()} are "
                f"for the tenants of this node (one of {self._parts}), and one more was wanted: add accounts, or lower "
                "the number of users (a trespassing user plays two tenants)"
            )
        self._next += self._parts
        return self._identity(index, index)

    def take_control(self) -> tuple[TenantIdentity, list[str]]:
        """Returns the account of this node's live control, and what else it is called.

        Raises:
            NoAccountLeft: there is none for this node.
        """
        if self._part >= min(self._controls, len(self._accounts)):
            raise NoAccountLeft(
                f"tenants.accounts: {self._file} holds {len(self._accounts)} accounts, and there is none for the live "
                "control of this node: add accounts"
            )
        return self._identity(self._part, control_pair(self._part + 1)[0])

    def names(self) -> KnownNames:
        """Returns whose each name of an account is, those of the other nodes' too."""
        names = KnownNames()
        for index, account in enumerate(self._accounts):
            number = control_pair(index + 1)[0] if index < self._controls else index
            names.add(number, [account.tenant, *_aliases(account)])
        return names

    def _share(self) -> int:
        return len(range(self._part + self._controls, len(self._accounts), self._parts))

    def _identity(self, index: int, number: int) -> tuple[TenantIdentity, list[str]]:
        account = self._accounts[index]
        secrets = {name: value for name in ("password", "token") if (value := getattr(account, name)) is not None}
        identity = TenantIdentity(
            number, account.tenant, account.email or "", account.budget or 0, extra=account.extra, secrets=secrets
        )
        return identity, _aliases(account)


def too_few(profile: Profile, users: int, nodes: int) -> str | None:
    """Returns why a run can't have so many users on so many nodes; None if there are accounts enough to begin."""
    there = len(profile.tenants.existing)
    if profile.tenants.accounts is None or there >= users + nodes:
        return None
    return (
        f"tenants.accounts: {profile.tenants.accounts.name} holds {there} accounts, and {users} users were asked for, "
        f"which with a live control on each node takes {users + nodes} at least: add accounts, or lower the number of "
        "users"
    )


def existing_row(
    profile: Profile, node: str, identity: TenantIdentity, aliases: list[str], *, control: bool
) -> TenantProvisioned:
    """Returns what is written down of an account that is handed out; for a live control, where its data will lie."""
    operations = profile.operations
    by_state = operations.state_write if operations.state_read is not None else None
    says = by_state or operations.get("chat")
    planted = {store: ["STATE:1"] for store in says.stored_in} if control and says is not None else {}
    return TenantProvisioned(
        identity.number, identity.name, node, time.time(), identity.budget, False, control, aliases, planted,
        existed=True,
    )  # fmt: skip


def _aliases(account: Account) -> list[str]:
    return [*([account.email] if account.email else []), *account.aliases]
