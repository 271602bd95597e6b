from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from target.service_process import ServiceProcess
from target.tokens import mint
from tests.target.client import TIMEOUT_S, connected
from tests.target.conftest import Services, Stores, Tenant, provision, socket_url


def claims(tenant: uuid.UUID, **changes: object) -> dict[str, object]:
    now_s = int(time.time())
    whole: dict[str, object] = {
        "sub": str(tenant), "user_id": str(tenant), "iat": now_s, "exp": now_s + 60, "aud": "agents"
    }  # fmt: skip
    return {key: value for key, value in {**whole, **changes}.items() if value is not None}


def bad_tokens(secret: str) -> dict[str, str]:
    user_id = uuid.uuid4()
    return {
        "missing": "",
        "malformed": "a.b.c",
        "expired": jwt.encode(claims(user_id, exp=int(time.time()) - 1), secret, "HS256"),
        "wrong key": jwt.encode(claims(user_id), "another key of at least 32 characters", "HS256"),
        "unsigned": jwt.encode(claims(user_id), "", "none"),
        "other algorithm": jwt.encode(claims(user_id), secret, "HS384"),
        "wrong audience": jwt.encode(claims(user_id, aud="billing"), secret, "HS256"),
        "no audience": jwt.encode(claims(user_id, aud=None), secret, "HS256"),
        "contradiction": jwt.encode(claims(user_id, user_id=str(uuid.uuid4())), secret, "HS256"),
        "no expiry": jwt.encode(claims(user_id, exp=None), secret, "HS256"),
        "no tenant": jwt.encode(claims(user_id, sub="admin", user_id="admin"), secret, "HS256"),
    }


async def closing(url: str, token: str) -> tuple[int, str]:
    """The code and reason with which the service ends a connection."""
    async with connect(f"{url}?token={token}", ping_interval=None) as socket:
        try:
            while True:
                await asyncio.wait_for(socket.recv(), TIMEOUT_S)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code, closed.rcvd.reason


def test_tokens_that_prove_nothing_are_refused_before_the_upgrade(services: Services) -> None:
    async def status(token: str) -> int:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(f"{services.first}?token={token}"):
                pass
        return refused.value.response.status_code

    async def statuses() -> dict[str, int]:
        return {name: await status(token) for name, token in bad_tokens(services.jwt_secret).items()}

    assert asyncio.run(statuses()) == dict.fromkeys(bad_tokens(services.jwt_secret), 403)


def test_a_token_of_nobody_or_of_an_inactive_user_is_closed_with_1008(
    services: Services, tenant: Callable[..., Tenant]
) -> None:
    nobody = mint(uuid.uuid4(), services.jwt_secret)
    inactive = tenant(active=False).token
    assert asyncio.run(closing(services.first, nobody))[0] == 1008
    assert asyncio.run(closing(services.first, inactive))[0] == 1008


def test_a_session_ends_with_1008_when_its_token_expires(services: Services, tenant: Callable[..., Tenant]) -> None:
    token = mint(tenant().user_id, services.jwt_secret, lifetime_s=2)
    assert asyncio.run(closing(services.first, token)) == (1008, "the token has expired")


def test_a_session_names_itself_its_tenant_and_its_thread(services: Services, tenant: Callable[..., Tenant]) -> None:
    async def ready() -> dict[str, str]:
        async with connected(services.first, owner.token) as client:
            return client.ready

    owner = tenant()
    frame = asyncio.run(ready())
    assert frame["type"] == "session_ready"
    assert frame["user_id"] == str(owner.user_id)
    assert uuid.UUID(frame["session_id"]) != uuid.UUID(frame["thread_id"])


def test_a_silent_session_is_closed_with_1001_and_a_pinging_one_is_not(
    start_service: Callable[..., tuple[ServiceProcess, str]], stores: Stores
) -> None:
    process, jwt_secret = start_service("--heartbeat-s", "0.5")
    token = provision(stores, jwt_secret, 10).token

    async def pinging_outlives_silent() -> tuple[int, str]:
        async with connect(f"{socket_url(process)}?token={token}", ping_interval=0.1) as pinging:
            await pinging.recv()
            ended = await closing(socket_url(process), token)
            await pinging.send('{"type": "ping"}')
            assert "pong" in str(await asyncio.wait_for(pinging.recv(), TIMEOUT_S))
            return ended

    assert asyncio.run(pinging_outlives_silent()) == (1001, "heartbeat timeout")
