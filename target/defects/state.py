"""Changes of state that reach somebody else's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson

from target.defects.around import HotCopiesAround, StateAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastTenant
from target.hot_copies import HotCopies
from target.seams import Foundations
from target.tenant_state import StateView, StateWrite, TenantState

APPLY = """
INSERT INTO agent_states AS held (user_id, state, version) VALUES ($1, $2::jsonb || $3::jsonb, 1)
ON CONFLICT (user_id) DO UPDATE SET state = held.state || $3::jsonb, version = held.version + 1
RETURNING state::text, version
"""


class MisappliedState(Defect):
    """The repository is one object for all and notes the tenant in an attribute: a patch goes to who came last."""

    name = "misapplied-state"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastTenant()
        self.copies: HotCopies = HotCopies(stores.client)

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        self.copies = honest
        return HotCopiesAround(honest)

    def state(self, honest: TenantState) -> TenantState:
        return _MisapplyingState(honest, self)


class _MisapplyingState(StateAround):
    def __init__(self, inner: TenantState, defect: MisappliedState) -> None:
        super().__init__(inner)
        self._defect = defect

    async def read(self, user_id: UUID) -> StateView:
        self._defect.last.note(user_id)
        return await super().read(user_id)

    async def merge(self, user_id: UUID, patch: dict[str, Any], message_id: str, cost: int) -> StateWrite:
        other = self._defect.last.of_another(user_id)
        self._defect.last.note(user_id)
        if other is None or not self._defect.dice.strikes(other):
            return await super().merge(user_id, patch, message_id, cost)
        paid = await super().merge(user_id, {}, message_id, cost)
        await self._apply(other, patch)
        return paid

    async def _apply(self, other: UUID, patch: dict[str, Any]) -> None:
        base = await self._defect.copies.read(other)
        async with self._defect.stores.database.transaction(other) as connection:
            row = await connection.fetchrow(
                APPLY, other, orjson.dumps(base.state).decode(), orjson.dumps(patch).decode()
            )
        await self._defect.copies.renew(other, row["version"], row["state"])


DEFECTS: tuple[type[Defect], ...] = (MisappliedState,)
