"""Who the tenants of earlier runs were, where tenants are accounts that exist: the same people play again, and what was
said in their name before still stands where it is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evidence.marks import RunKey
from evidence.oracle import is_control
from evidence.records import RowDamaged, TenantProvisioned, decode
from evidence.runfolder import RunFolder, RunFolderError

_ROW = b'{"row":"tenant",'

Rosters = Mapping[bytes, Mapping[int, str]]
"""By a run's key: the names of its accounts by the number that each had in that run."""


def recognising(rosters: Rosters, number_of: Callable[[str], int | None]) -> Callable[[RunKey, int], int | None]:
    """Returns what says which tenant of this run a tenant of an earlier one is; None if it is none, or not known.

    Args:
        rosters: who played in the earlier runs.
        number_of: returns the number that an account has in this run, by its name.
    """

    def again(key: RunKey, tenant: int) -> int | None:
        name = rosters.get(key.key, {}).get(tenant)
        return None if name is None else number_of(name)

    return again


def rosters(folder: RunFolder, limit: int = 50) -> dict[bytes, dict[int, str]]:
    """Returns the accounts of at most ``limit`` earlier runs at the same target, as far as their evidence says them.

    All of that evidence is read: to be asked for only where tenants are accounts.
    """
    target = folder.header().profile_name
    found = {}
    for other, key in folder.earlier(limit):
        try:
            if other.header().profile_name == target:
                found[key.key] = _accounts(other)
        except (OSError, RunFolderError):
            continue
    return found


def _accounts(folder: RunFolder) -> dict[int, str]:
    names = {}
    for path in sorted((folder.path / "evidence").glob("*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                row = _row(line) if line.startswith(_ROW) else None
                if row is not None and row.existed:
                    names[row.tenant] = row.name
                    if is_control(row.tenant):  # what is planted with a live control lies in its holder's account
                        names[row.tenant | 1] = row.name
    return names


def _row(line: bytes) -> TenantProvisioned | None:
    try:
        row = decode(line)
    except RowDamaged:
        return None
    return row if isinstance(row, TenantProvisioned) else None
