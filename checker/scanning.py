"""Looks into the stores of the profile. A store that can't be read, or a scanner that crashes, stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from checker.look import Look
from checker.postgres_scan import scan_postgres
from checker.redis_scan import scan_redis
from checker.scan import Progress, Roster, StoreScan, StoreUnreadable
from config.profile import Profile
from evidence.marks import Keyring

Crash = Callable[[str, Exception], None]
Scanner = Callable[[Keyring, Roster, Progress], StoreScan]
ProgressOf = Callable[[str], Progress]


def scanners(profile: Profile) -> dict[str, Scanner]:
    """Returns a scanner for each store that the profile has."""
    found: dict[str, Scanner] = {}
    redis, postgres, fields = profile.stores.redis, profile.stores.postgres, _budget_fields(profile)
    if redis is not None:
        found["redis"] = lambda keyring, roster, progress: scan_redis(redis, keyring, roster, progress, fields)
    if postgres is not None:
        found["postgres"] = lambda keyring, roster, progress: scan_postgres(postgres, keyring, roster, progress, fields)
    return found


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
