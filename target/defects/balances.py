"""Balances that are right where they are kept and wrong where they are shown, or wrong only in the end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import Any
from uuid import UUID

import jwt
from starlette.websockets import WebSocket

from target.budget_counters import BudgetCounters, CounterMissing, CounterTooLow
from target.charging import CHAT_COST
from target.defects.around import HotCopiesAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastOf, LastTenant
from target.hot_copies import HotCopies, HotState
from target.seams import Foundations

REPLICA_LAG_S = 2.0
DASHBOARD_KEPT_S = 600
CLOSED_BY_CLIENT = 1000
BATCH = 8


class QuotaOfLast(Defect):
    """The gauge that shows quotas is one object for all, and still holds the one it showed before."""

    name = "quota-of-last"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastOf[int]()

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _OneGauge(honest, self)


class _OneGauge(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: QuotaOfLast) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        hot = await super().read(user_id)
        shown = self._defect.last.of_another(user_id)
        if hot.quota is not None:
            self._defect.last.leave(user_id, hot.quota)
        return replace(hot, quota=shown) if shown is not None and self._defect.dice.strikes() else hot


class BalanceUnderLastTenant(Defect):
    """Balances are kept for a dashboard by a client that still names the tenant whose balance it kept before."""

    name = "balance-under-last-tenant"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _DashboardCopies(honest, self)


class _DashboardCopies(HotCopiesAround):
    def __init__(self, inner: HotCopies, defect: BalanceUnderLastTenant) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> HotState:
        hot = await super().read(user_id)
        if hot.quota is not None:
            other = self._defect.last.of_another(user_id)
            self._defect.last.note(user_id)
            misled = other is not None and self._defect.dice.strikes(other)
            client: Any = self._defect.stores.client
            key = dashboard_key(other if misled and other is not None else user_id)
            await client.hset(key, "remaining", hot.quota)
            await client.expire(key, DASHBOARD_KEPT_S)
        return hot


def dashboard_key(user_id: UUID) -> str:
    """The Redis hash that a dashboard would read for a tenant."""
    return f"dashboard:{user_id}"


class StaleBalance(Defect):
    """Quotas are shown from a replica that lags behind."""

    name = "stale-balance"

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        return _LaggingCopies(honest, self.dice)


class _LaggingCopies(HotCopiesAround):
    def __init__(self, inner: HotCopies, dice: Dice) -> None:
        super().__init__(inner)
        self._dice = dice
        self._replica: dict[UUID, tuple[float, int | None]] = {}

    async def read(self, user_id: UUID) -> HotState:
        hot = await super().read(user_id)
        since_s, quota = self._replica.get(user_id, (0.0, None))
        if monotonic() - since_s > REPLICA_LAG_S:
            self._replica[user_id] = (monotonic(), hot.quota)
        elif quota is not None and quota != hot.quota and self._dice.strikes():
            return replace(hot, quota=quota)
        return hot


class CountedAtClose(Defect):
    """Usage is written in batches, and once more when a session ends, though the last of it was written before."""

    name = "counted-at-close"

    def socket(self, honest: WebSocket) -> WebSocket:
        return _CountingSocket(honest, self)

    async def count(self, user_id: UUID) -> None:
        """Charge the last request of a session that is over."""
        with suppress(CounterMissing, CounterTooLow):
            await BudgetCounters(self.stores.client).charge(user_id, CHAT_COST)


class _CountingSocket(WebSocket):
    def __init__(self, inner: WebSocket, defect: CountedAtClose) -> None:
        super().__init__(inner.scope, inner._receive, inner._send)
        self._defect = defect
        self._chats = 0

    async def receive(self) -> Any:
        message = await super().receive()
        if message["type"] == "websocket.disconnect":
            user_id = self._user_id()
            over = self._chats >= BATCH and message.get("code") == CLOSED_BY_CLIENT
            if over and user_id is not None and self._defect.dice.strikes(user_id):
                await self._defect.count(user_id)
        elif "chat_message" in (message.get("text") or ""):
            self._chats += 1
        return message

    def _user_id(self) -> UUID | None:
        try:  # the connection was accepted, so its token has been verified
            claims = jwt.decode(self.query_params.get("token", ""), options={"verify_signature": False})
            return UUID(claims["user_id"])
        except (jwt.InvalidTokenError, ValueError, KeyError):
            return None


DEFECTS: tuple[type[Defect], ...] = (QuotaOfLast, BalanceUnderLastTenant, StaleBalance, CountedAtClose)
