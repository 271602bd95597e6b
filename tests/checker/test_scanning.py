from __future__ import annotations

from pydantic import SecretStr

from checker.scan import Roster, StoreUnreachable
from checker.scanning import look_into, scanners
from config.stores import RedisStore, Stores
from evidence.budgets import BudgetBands
from evidence.findings import FindingKind
from evidence.marks import Keyring
from tests.checker.histories import profile
from tests.checker.store_worlds import KEY, KEYRING, A, B, fill_redis, ignore_progress, marked_world, tenant


def test_a_store_that_crashes_or_cannot_be_read_stops_no_other() -> None:
    crashed: list[str] = []

    def unreadable(keyring: Keyring, roster: Roster, progress: object) -> object:
        raise StoreUnreachable("Redis at 127.0.0.1:1 refuses")

    def broken(keyring: Keyring, roster: Roster, progress: object) -> object:
        raise KeyError("some row")

    looks = look_into(
        {"redis": unreadable, "postgres": broken},  # type: ignore[dict-item]
        KEYRING,
        marked_world().roster(),
        lambda store: ignore_progress,
        lambda what, error: crashed.append(what),
    )
    assert [(look.store, look.problem) for look in looks] == [
        ("redis", "Redis at 127.0.0.1:1 refuses"),
        ("postgres", "reading postgres crashed: KeyError"),
    ]
    assert crashed == ["reading postgres"]


def test_a_profile_without_stores_has_nothing_to_look_into() -> None:
    whole = profile()
    assert set(scanners(whole)) == {"redis", "postgres"}
    assert scanners(whole.model_copy(update={"stores": Stores()})) == {}


def test_amounts_are_looked_for_in_members_called_as_in_frames(fresh_redis: str) -> None:
    whole = profile()
    frames = whole.frames.model_copy(update={"budget": ("usage[].left",)})
    redis = RedisStore(url=SecretStr(fresh_redis))
    whole = whole.model_copy(update={"frames": frames, "stores": Stores(redis=redis)})
    amount = BudgetBands(KEY).starting(A)
    fill_redis(fresh_redis, lambda client: client.set(f"doc:{tenant(B)}", f'{{"left": {amount}, "right": {amount}}}'))
    scan = scanners(whole)["redis"](KEYRING, marked_world().roster(), ignore_progress)
    assert [(f.kind, f.owner, f.recipient, f.count) for f in scan.findings] == [(FindingKind.FOREIGN_BUDGET, A, B, 1)]
