"""Caches whose keys say too little about whose the value is."""

from __future__ import annotations

from dataclasses import asdict
from time import monotonic
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson

from target.defects.around import HotCopiesAround, RecordsAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.hot_copies import HotCopies, HotState
from target.records import Records
from target.seams import Foundations

RESPONSE_CACHE_S = 1.0
PROFILE_CACHE_S = 5
PROFILE_KEY_CHARACTERS = 2
GENERIC_PLAN_FROM = 6

Value = TypeVar("Value")


class _ForAMoment(Generic[Value]):
    """Keeps values for ``life_s`` seconds."""

    def __init__(self, life_s: float) -> None:
        self._life_s = life_s
        self._held: dict[str, tuple[float, Value]] = {}

    def get(self, key: str) -> Value | None:
        kept_s, value = self._held.get(key, (0.0, None))
        return value if value is not None and monotonic() - kept_s < self._life_s else None

    def keep(self, key: str, value: Value) -> Value:
        self._held[key] = (monotonic(), value)
        return value


class CacheWithoutTenant(Defect):
    """Histories and profiles are cached for a second, under the question alone."""

    name = "cache-without-tenant"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.histories = _ForAMoment[list[dict[str, Any]]](RESPONSE_CACHE_S)
        self.profiles = _ForAMoment[HotState](RESPONSE_CACHE_S)

    def records(self, honest: Records) -> Records:
        return _CachedHistories(honest, self)

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _CachedProfiles(honest, self)


class _CachedHistories(RecordsAround):
    def __init__(self, inner: Records, defect: CacheWithoutTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        key = f"history?limit={limit}"
        cached = self._defect.histories.get(key)
        if cached is not None and self._defect.dice.strikes():
            return cached
        return self._defect.histories.keep(key, await super().history(user_id, thread_id, limit))


class _CachedProfiles(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: CacheWithoutTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        cached = self._defect.profiles.get("profile")
        if cached is not None and self._defect.dice.strikes():
            return cached
        return self._defect.profiles.keep("profile", await super().read(user_id))


class TruncatedKey(Defect):
    """Profiles are cached in Redis under the first two characters of the tenant's id."""

    name = "truncated-key"

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _ProfilesByPrefix(honest, self)


class _ProfilesByPrefix(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: TruncatedKey) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        if not self._defect.dice.strikes():
            return await super().read(user_id)
        client, key = self._defect.stores.client, f"profile:{str(user_id)[:PROFILE_KEY_CHARACTERS]}"
        cached = await client.get(key)
        if cached is not None:
            return HotState(**orjson.loads(cached))
        read = await super().read(user_id)
        await client.set(key, orjson.dumps(asdict(read)), ex=PROFILE_CACHE_S)
        return read


class FirstTenantPlan(Defect):
    """The statement is built once, with the first tenant's values in it, and used for all from the sixth time on."""

    name = "first-tenant-plan"

    def records(self, honest: Records) -> Records:
        return _PlannedHistories(honest, self)


class _PlannedHistories(RecordsAround):
    def __init__(self, inner: Records, defect: FirstTenantPlan) -> None:
        super().__init__(inner)
        self._defect = defect
        self._executions = 0
        self._first: tuple[UUID, UUID] | None = None

    async def history(self, user_id: UUID, thread_id: UUID, limit: int) -> list[dict[str, Any]]:
        self._executions += 1
        if self._first is not None and self._executions >= GENERIC_PLAN_FROM and self._defect.dice.strikes():
            return await super().history(*self._first, limit)
        told = await super().history(user_id, thread_id, limit)
        if self._first is None and told:
            self._first = (user_id, thread_id)
        return told


DEFECTS: tuple[type[Defect], ...] = (CacheWithoutTenant, TruncatedKey, FirstTenantPlan)
