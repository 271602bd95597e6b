"""Budgets that somebody else pays for, that are paid twice or not at all, and limits that are none."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from target.budget_counters import CHARGE, BudgetCounters, CounterMissing, CounterTooLow, counter_key
from target.defects.around import CountersAround, HotCopiesAround, RecordsAround, StateAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastTenant
from target.hot_copies import HotCopies, HotState
from target.records import Background, Chat, Records
from target.refusals import BudgetExhausted
from target.seams import Foundations
from target.tenant_state import StateWrite, TenantState

PRICE_LIST_S = 0.1  # how long the price list takes to answer, between the read and the write
SHARED_BUCKET = "quota:127.0.0.1"


class ChargeOther(Defect):
    """The meter's client still names the tenant it was last used for."""

    name = "charge-other"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _ForeignCounters(honest, self)


class _ForeignCounters(CountersAround):
    def __init__(self, inner: BudgetCounters, defect: ChargeOther) -> None:
        super().__init__(inner)
        self._defect = defect

    async def charge(self, user_id: UUID, amount: int) -> None:
        other = self._defect.last.of_another(user_id)
        self._defect.last.note(user_id)
        await super().charge(other if other is not None and self._defect.dice.strikes(other) else user_id, amount)


class LostBudgetUpdate(Defect):
    """The counter is read, the price looked up, and the difference written back: of two at once, one is lost."""

    name = "lost-budget-update"

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _ReadModifyWrite(honest, self)


class _ReadModifyWrite(CountersAround):
    def __init__(self, inner: BudgetCounters, defect: LostBudgetUpdate) -> None:
        super().__init__(inner)
        self._defect = defect

    async def charge(self, user_id: UUID, amount: int) -> None:
        if not self._defect.dice.strikes():
            await super().charge(user_id, amount)
            return
        client = self._defect.stores.client
        held = await client.get(counter_key(user_id))
        if held is None:
            raise CounterMissing
        await asyncio.sleep(PRICE_LIST_S)
        if int(held) < amount:
            raise CounterTooLow(int(held))
        await client.set(counter_key(user_id), int(held) - amount)


class DoubleCharge(Defect):
    """A charge whose answer is slow is made again, with nothing to tell that it is the same one."""

    name = "double-charge"

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _RepeatingCounters(honest, self.dice)


class _RepeatingCounters(CountersAround):
    def __init__(self, inner: BudgetCounters, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice

    async def charge(self, user_id: UUID, amount: int) -> None:
        await super().charge(user_id, amount)
        if self._dice.strikes():
            await super().charge(user_id, amount)


class NoLimit(Defect):
    """A charge that fails is logged, and the request goes on."""

    name = "no-limit"

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _UnlimitedCounters(honest, self.dice)

    def records(self, honest: Records) -> Records:
        return _UnlimitedRecords(honest)

    def state(self, honest: TenantState) -> TenantState:
        return _UnlimitedState(honest)


class _UnlimitedCounters(CountersAround):
    def __init__(self, inner: BudgetCounters, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice

    async def charge(self, user_id: UUID, amount: int) -> None:
        try:
            await super().charge(user_id, amount)
        except CounterTooLow:
            if not self._dice.strikes():
                raise


class _UnlimitedRecords(RecordsAround):
    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        try:
            return await super().accept_chat(chat, cost)
        except BudgetExhausted:
            return await super().accept_chat(chat, 0)


class _UnlimitedState(StateAround):
    async def merge(self, user_id: UUID, patch: dict[str, Any], message_id: str, cost: int) -> StateWrite:
        try:
            return await super().merge(user_id, patch, message_id, cost)
        except BudgetExhausted:
            return await super().merge(user_id, patch, message_id, 0)


class EarlyRefusal(Defect):
    """The quota is read from a replica that has not heard of the tenant yet: nothing there counts as nothing left."""

    name = "early-refusal"

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _HastyCounters(honest, self.dice)


class _HastyCounters(CountersAround):
    def __init__(self, inner: BudgetCounters, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice

    async def charge(self, user_id: UUID, amount: int) -> None:
        if self._dice.strikes():
            raise CounterTooLow(0)
        await super().charge(user_id, amount)


class SharedLimit(Defect):
    """The limiter's window counts everybody's requests: who comes after others is refused, with units of its own."""

    name = "shared-limit"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _CrowdedCounters(honest, self)


class _CrowdedCounters(CountersAround):
    def __init__(self, inner: BudgetCounters, defect: SharedLimit) -> None:
        super().__init__(inner)
        self._defect = defect

    async def charge(self, user_id: UUID, amount: int) -> None:
        other = self._defect.last.of_another(user_id)
        self._defect.last.note(user_id)
        if other is not None and self._defect.dice.strikes(other):
            held = await self._defect.stores.client.get(counter_key(user_id))
            if held is not None:
                raise CounterTooLow(int(held))
        await super().charge(user_id, amount)


class SharedQuota(Defect):
    """The bucket is keyed by the caller's address; behind a proxy that is one bucket for everybody."""

    name = "shared-quota"

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        return _OneBucket(honest, self)

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _QuotaOfBucket(honest, self)


class _OneBucket(CountersAround):
    def __init__(self, inner: BudgetCounters, defect: SharedQuota) -> None:
        super().__init__(inner)
        self._defect = defect
        self._charge_bucket: Any = defect.stores.client.register_script(CHARGE)

    async def charge(self, user_id: UUID, amount: int) -> None:
        if not self._defect.dice.strikes():
            await super().charge(user_id, amount)
            return
        client = self._defect.stores.client
        held = await client.get(counter_key(user_id))
        if held is None:
            raise CounterMissing
        await client.set(SHARED_BUCKET, held, nx=True)
        outcome, left = await self._charge_bucket(keys=[SHARED_BUCKET], args=[amount])
        if outcome != b"charged":
            raise CounterTooLow(int(left) if left.isdigit() else 0)


class _QuotaOfBucket(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: SharedQuota) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        hot = await super().read(user_id)
        if not self._defect.dice.strikes():
            return hot
        held = await self._defect.stores.client.get(SHARED_BUCKET)
        return hot if held is None else HotState(hot.context, hot.state, hot.version, int(held))


DEFECTS: tuple[type[Defect], ...] = (
    ChargeOther, LostBudgetUpdate, DoubleCharge, NoLimit, EarlyRefusal, SharedLimit, SharedQuota
)  # fmt: skip
