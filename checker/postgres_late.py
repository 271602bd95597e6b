"""Foreign keys that lead to their own table, or in a circle of tables: they are followed once all rows are read."""

from __future__ import annotations

from collections.abc import Mapping

from checker.postgres_catalogue import Table
from checker.postgres_links import LATE_KEPT
from checker.postgres_looking import Looking
from checker.postgres_parents import Late, resolve_late
from checker.postgres_places import condition, identity, key_names, psql
from evidence.findings import FindingKind, Sighting


def follow_late(look: Looking, tables: Mapping[int, Table]) -> None:
    """Follows what the rows left for the end, once all of them have been read, and reports what is misfiled.

    Args:
        look: holds what was left, and takes what is found.
        tables: by their number in the catalogue.
    """
    if len(look.late) >= LATE_KEPT:
        look.scan.skipped.append(
            f"only {LATE_KEPT} foreign keys that lead to their own table, or in a circle of tables, were followed"
        )
    for row, tenant in resolve_late(look.late, look.parents):
        if row.tenant is None:
            look.scan.unattributed = max(0, look.scan.unattributed - 1)
        elif row.tenant != tenant:
            look.shelf.add(_sighting(row, tenant, tables[row.table], look.at_s))


def _sighting(row: Late, tenant: int, table: Table, at_s: float) -> Sighting:
    assert row.tenant is not None
    key, names = row.key.decode("utf-8", "replace")[:120], ", ".join(row.parent[1])
    where = condition(key_names(table), row.row)
    owner, recipient = (tenant, row.tenant) if row.named else (row.tenant, tenant)
    return Sighting(
        kind=FindingKind.MISFILED_DATA,
        owner=owner,
        recipient=recipient,
        place=f"postgres {table.label} {identity(key_names(table), row.row)}",
        group=table.label,
        at_s=at_s,
        excerpt=key,
        reproduce=psql(f"SELECT * FROM {table.quoted} WHERE {where}"),
        detail=f"a row of tenant {row.tenant} refers to a row of tenant {tenant}, by its {names}",
    )
