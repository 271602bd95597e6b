"""Who leaked to whom: the tenants with the most leaks as a matrix, all others as a list of the most frequent pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from checker.finding_reports import PairReport
from reporting.quantities import tenant

MATRIX_TENANTS = 12
PAIRS_SHOWN = 20


@dataclass(frozen=True)
class Leakage:
    """Leaks between tenants.

    Attributes:
        owners, recipients: names of the rows and columns of the matrix, the worst first.
        cells: how often data of the row's tenant was seen at the column's tenant.
        pairs: (owner, recipient, how often), the most frequent first.
        more: pairs left out of ``pairs``.
        most: the largest number in the matrix, at least 1.
    """

    owners: list[str]
    recipients: list[str]
    cells: list[list[int]]
    pairs: list[tuple[str, str, int]]
    more: int
    most: int


def leakage(leaks: Sequence[PairReport], total: int) -> Leakage | None:
    """Returns who leaked to whom, or None if no leak names two tenants.

    Args:
        leaks: the most frequent pairs.
        total: how many pairs there are in all.
    """
    between: Counter[tuple[str, str]] = Counter()
    for pair in leaks:
        between[tenant(pair.owner), tenant(pair.recipient)] += pair.sightings
    if not between:
        return None
    by_owner: Counter[str] = Counter()
    by_recipient: Counter[str] = Counter()
    for (owner, recipient), times in between.items():
        by_owner[owner] += times
        by_recipient[recipient] += times
    owners = [name for name, _ in by_owner.most_common(MATRIX_TENANTS)]
    recipients = [name for name, _ in by_recipient.most_common(MATRIX_TENANTS)]
    cells = [[between[owner, recipient] for recipient in recipients] for owner in owners]
    pairs = [(owner, recipient, times) for (owner, recipient), times in between.most_common(PAIRS_SHOWN)]
    most = max((number for row in cells for number in row), default=1)
    return Leakage(owners, recipients, cells, pairs, max(0, total - len(pairs)), max(1, most))
