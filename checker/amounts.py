"""Remaining amounts that say whose they are: numbers in another tenant's band, where the profile says budgets stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from checker.ownership import Claim, Standing
from evidence.budgets import BudgetBands

_NUMBER = re.compile(rb"\s*[0-9]{7,16}\s*")


class Amounts:
    """Recognises amounts. A band is a name and not a checksum, so only tenants of this run count.

    Args:
        bands: recognises budgets.
        tenants: the numbers of the tenants that exist.
        fields: what JSON members, hash fields and columns that hold remaining amounts are called.
    """

    def __init__(self, bands: BudgetBands, tenants: Collection[int], fields: Iterable[str] = ()) -> None:
        self._bands = bands
        self._tenants = tenants
        self.fields = tuple(sorted({field.encode() for field in fields if field}))
        # One pattern a field: a pattern that begins with a literal is found fastest.
        self._members = [
            re.compile(rb'"%s"\s*:\s*"?([0-9]{7,16})(?![0-9.eE])' % re.escape(field)) for field in self.fields
        ]

    def owner(self, amount: object) -> int | None:
        """Returns the tenant of this run in whose band the amount lies, or None."""
        tenant = self._bands.owner(amount)
        return tenant if tenant in self._tenants else None

    def of_value(self, value: bytes, where: str) -> Claim | None:
        """Returns the claim of a value that is as a whole an amount of somebody's."""
        tenant = self.owner(int(value)) if _NUMBER.fullmatch(value) else None
        if tenant is None:
            return None
        return Claim(Standing.AMOUNT, tenant, where, "remaining amount", value, 0, len(value))

    def members(self, text: bytes) -> Iterator[tuple[int, int, int]]:
        """Yields tenant, start and end of each amount in a JSON member of one of the names, in a text or in several."""
        for pattern in self._members:
            for match in pattern.finditer(text):
                tenant = self.owner(int(match[1]))
                if tenant is not None:
                    yield tenant, match.start(1), match.end(1)

    def of_members(self, text: bytes, where: str) -> Iterator[Claim]:
        """Yields the claims of the amounts in JSON members of one text."""
        for tenant, start, end in self.members(text):
            yield Claim(Standing.AMOUNT, tenant, where, "remaining amount", text, start, end)
