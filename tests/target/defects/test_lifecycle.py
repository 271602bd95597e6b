from __future__ import annotations

import json

import redis
from websockets.exceptions import ConnectionClosed

from tests.target.conftest import Stores
from tests.target.defects.house import House, only_with, state


def test_a_deleted_tenant_is_still_let_in_and_served(stores: Stores) -> None:
    async def served(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            await state(client)
        house.rows("DELETE FROM users WHERE id = %s", owner.user_id)
        with redis.Redis.from_url(stores.redis_url) as client_of_redis:
            for name in ("budget", "user_context", "agent_state"):
                client_of_redis.delete(f"{name}:{owner.user_id}")
        try:
            async with house.session(owner) as client:
                return owner.canary in json.dumps(await state(client))
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            assert closed.rcvd.code == 1008
            return False

    only_with("survives-delete", stores, served)
