"""What every table and every large object of a database is looked at with."""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.content import Content
from checker.postgres_parents import Late, Parents
from checker.scan import FindingShelf, StoreScan


@dataclass(frozen=True)
class Looking:
    """What is the same for all of a database."""

    scan: StoreScan
    shelf: FindingShelf
    content: Content
    parents: Parents
    at_s: float
    late: list[Late] = field(default_factory=list)
    objects: dict[bytes, int] = field(default_factory=dict)  # who holds the rows that refer to large objects
