from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus

from tests.target.client import connected
from tests.target.conftest import Stores, Tenant
from tests.target.defects.house import House, only_with, play
from tests.target.test_connections import claims

WRONG_KEY = "another key of at least 32 characters"


def bad_token(kind: str, tenant: Tenant, secret: str) -> str:
    of_kind: dict[str, dict[str, Any]] = {
        "token-expired": {"exp": int(time.time()) - 10},
        "token-wrong-audience": {"aud": "billing"},
        "token-contradiction": {"sub": str(uuid.uuid4())},
    }
    changes = of_kind.get(kind, {})
    if kind == "token-unsigned":
        return jwt.encode(claims(tenant.user_id), "", "none")
    return jwt.encode(claims(tenant.user_id, **changes), WRONG_KEY if kind == "token-wrong-key" else secret, "HS256")


KINDS = ["token-unsigned", "token-expired", "token-wrong-key", "token-wrong-audience", "token-contradiction"]


async def let_in(house: House, kind: str) -> bool:
    """Whether a tenant is served with a bad token."""
    tenant = house.tenant()
    try:
        async with connected(house.url, bad_token(kind, tenant, house.jwt_secret)) as client:
            await client.answered()
            return bool(client.ready["user_id"] == str(tenant.user_id))
    except InvalidStatus as refused:
        assert refused.response.status_code == 403
        return False


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_token_is_believed(stores: Stores, kind: str) -> None:
    async def served(house: House) -> bool:
        return await let_in(house, kind)

    only_with(kind, stores, served)


@pytest.mark.parametrize("defect", KINDS)
def test_each_defect_believes_its_own_kind_of_bad_token_and_no_other(stores: Stores, defect: str) -> None:
    async def believed(house: House) -> bool:
        return [kind for kind in KINDS if await let_in(house, kind)] == [defect]

    assert play(believed, stores, defect)


def test_an_identity_is_taken_from_a_token_that_begins_alike(stores: Stores) -> None:
    async def mistaken(house: House) -> bool:
        first = house.tenant()
        second = house.tenant(like=first)
        async with house.session(first), house.session(second) as client:
            return bool(client.ready["user_id"] == str(first.user_id))

    only_with("stale-identity-cache:1", stores, mistaken)
