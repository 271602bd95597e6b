"""Reads the remaining amounts of all tenants from the keys that the profile names."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence

import hiredis
from redis.crc import key_slot

from checker.amounts import Amounts
from checker.held_amounts import HeldAmounts, amount_of, redis_label
from checker.redis_wire import RedisWire
from checker.scan import FindingShelf, StoreScan
from config.redis_store import RedisBudget
from evidence.findings import FindingKind, Sighting

Skip = Callable[[bytes, str], None]


class RedisBudgets:
    """Reads budgets.

    Args:
        wires: every database or master that is read, with the client command that reads it again.
        masters: in a cluster, which of them serves a slot; None otherwise: then all are asked.
        names: tenants by number.
        amounts: recognises whose band an amount lies in.
        scan: is filled.
        shelf: takes the sightings.
        skip: is told of keys that can't be used.
        at_s: Unix time of the scan.
    """

    def __init__(
        self,
        wires: Sequence[tuple[RedisWire, str]],
        masters: Callable[[int], int] | None,
        names: Mapping[int, str],
        amounts: Amounts,
        scan: StoreScan,
        shelf: FindingShelf,
        skip: Skip,
        at_s: float,
    ) -> None:
        self._wires = wires
        self._masters = masters
        self._names = names
        self._amounts = amounts
        self._scan = scan
        self._shelf = shelf
        self._skip = skip
        self._at_s = at_s

    def read(self, budget: RedisBudget) -> None:
        """Reads one budget place for all tenants."""
        held = HeldAmounts(self._scan, redis_label(budget))
        field = budget.field.encode() if budget.field else None
        for index, (wire, client) in enumerate(self._wires):
            keys = {tenant: budget.key.replace("{tenant}", name).encode() for tenant, name in self._names.items()}
            if self._masters is not None:
                keys = {tenant: key for tenant, key in keys.items() if self._masters(key_slot(key)) == index}
            commands = [(b"HGET", key, field) if field else (b"GET", key) for key in keys.values()]
            for (tenant, key), reply in zip(keys.items(), wire.ask_all(commands), strict=True):
                if reply is None:
                    continue
                try:
                    if isinstance(reply, hiredis.ReplyError):
                        raise ValueError(str(reply))
                    amount = amount_of(reply, budget.path)
                except ValueError:
                    self._skip(key, "it should hold a whole number, the remaining budget, and doesn't")
                    continue
                held.add(tenant, amount)
                owner = self._amounts.owner(amount)
                if owner is not None and owner != tenant:
                    self._shelf.add(self._foreign(owner, tenant, key, budget, amount, client))
        held.close("name the database that counts in the URL, or leave the others out with databases_left_out")

    def _foreign(self, owner: int, tenant: int, key: bytes, budget: RedisBudget, amount: int, client: str) -> Sighting:
        name = key.decode("utf-8", "replace")
        read = f"HGET {shlex.quote(name)} {shlex.quote(budget.field)}" if budget.field else f"GET {shlex.quote(name)}"
        return Sighting(
            kind=FindingKind.FOREIGN_BUDGET,
            owner=owner,
            recipient=tenant,
            place=f"redis key '{name}'" + (f" field '{budget.field}'" if budget.field else ""),
            group=budget.key.replace("{tenant}", "*"),
            at_s=self._at_s,
            excerpt=str(amount),
            reproduce=f"{client} {read}",
            detail=f"the remaining amount of tenant {tenant} lies in the band of tenant {owner}",
        )
