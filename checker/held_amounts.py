"""The remaining amounts that stores hold where the profile says budgets stand."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import orjson

from checker.scan import StoreScan
from config.stores import PostgresBudget, RedisBudget
from evidence.paths import dig

TWICE_NAMED = 3


def amount_of(value: bytes | str, path: str | None = None) -> int:
    """Returns the whole number that a value holds, or that its JSON document holds at a path.

    ``12``, ``12.00`` and ``"12"`` all say twelve: columns of type ``numeric`` and programs that keep numbers as text
    are common.

    Raises:
        ValueError: it holds none, or one with a fraction.
    """
    if path is not None:
        found = list(dig(orjson.loads(value), path))
        if len(found) != 1 or isinstance(found[0], (bool, dict, list)) or found[0] is None:
            raise ValueError(f"there is not one amount at {path}")
        value = str(found[0])
    text = value.decode("ascii") if isinstance(value, bytes) else value
    try:
        number = Decimal(text.strip())
        whole = int(number)
    except (InvalidOperation, OverflowError):
        raise ValueError("is no number") from None
    if whole != number:
        raise ValueError("has a fraction")
    return whole


class HeldAmounts:
    """Gathers the amounts of one budget place into a scan. A tenant that has two of them is a doubt.

    Args:
        scan: is filled.
        label: of the budget place.
    """

    def __init__(self, scan: StoreScan, label: str) -> None:
        self._scan = scan
        self._label = label
        self._twice: set[int] = set()
        scan.budget_places.append(label)

    def add(self, tenant: int, amount: int) -> None:
        """Takes what a tenant has left. The first of several counts, and the others are told."""
        if (self._label, tenant) in self._scan.amounts:
            self._twice.add(tenant)
        else:
            self._scan.amounts[self._label, tenant] = amount

    def close(self, remedy: str) -> None:
        """Says whose amounts were several.

        Args:
            remedy: what to write into the profile so that one of them is meant.
        """
        for tenant in sorted(self._twice)[:TWICE_NAMED]:
            self._scan.skipped.append(f"{self._label} holds several amounts of tenant {tenant}: {remedy}")
        if len(self._twice) > TWICE_NAMED:
            more = len(self._twice) - TWICE_NAMED
            self._scan.skipped.append(f"{self._label} holds several amounts of {more} more tenants: {remedy}")


def redis_label(budget: RedisBudget) -> str:
    """Returns what a budget place of Redis is called in reports."""
    field, path = budget.field, budget.path
    return f"redis {budget.key}" + (f" field {field}" if field else "") + (f" path {path}" if path else "")


def postgres_label(budget: PostgresBudget) -> str:
    """Returns what a budget place of Postgres is called in reports."""
    path, where = budget.path, budget.where
    label = f"postgres {budget.table}.{budget.amount}"
    return label + (f" path {path}" if path else "") + (f" where {where}" if where else "")
