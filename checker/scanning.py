"""Looks into the stores of the profile. A store that can't be read, or a scanner that crashes, stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.look import Look
from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.redis_topology import beside_others
from checker.scan import Progress, Roster, StoreScan, StoreUnreadable
from checker.store_names import named
from config.profile import Profile
from config.stores import RedisStore, Store
from evidence.marks import Keyring

Crash = Callable[[str, Exception], None]
Scanner = Callable[[Keyring, Roster, Progress], StoreScan]
ProgressOf = Callable[[str], Progress]


def scanners(profile: Profile, *, explain: bool = False) -> dict[str, Scanner]:
    """Returns a scanner for each store that the profile has; with ``explain`` it says why places belong to whom."""
    found: dict[str, Scanner] = {}
    fields = _budget_fields(profile)
    for name, store in beside_others(profile.stores).items():
        found[name] = _scanner(name, store, fields, explain)
    return found


def _scanner(name: str, store: Store, fields: frozenset[str], explain: bool) -> Scanner:
    def scan(keyring: Keyring, roster: Roster, progress: Progress) -> StoreScan:
        if isinstance(store, RedisStore):
            return named(scan_redis(store, keyring, roster, progress, fields, explain=explain), name)
        return named(scan_postgres(store, keyring, roster, progress, fields, explain=explain), name)

    return scan


def _budget_fields(profile: Profile) -> frozenset[str]:
    """What the member is called that holds the remaining amount in a frame: stores keep frames under the same names."""
    return frozenset(path.rpartition(".")[2].removesuffix("[]") for path in profile.frames.budget)


def look_into(
    stores: dict[str, Scanner], keyring: Keyring, roster: Roster, progress_of: ProgressOf, on_crash: Crash
) -> Sequence[Look]:
    """Returns what came of looking into each store.

    Args:
        stores: a scanner by name of the store.
        keyring: recognises marks.
        roster: who exists.
        progress_of: returns where a store's progress is shown.
        on_crash: is told what crashed, and why.
    """
    looks = []
    for store, scan in stores.items():
        try:
            looks.append(Look(store, scan=scan(keyring, roster, progress_of(store))))
        except StoreUnreadable as error:
            looks.append(Look(store, problem=str(error)))
        except Exception as error:
            on_crash(f"reading {store}", error)
            looks.append(Look(store, problem=f"reading {store} crashed: {type(error).__name__}"))
    return looks
