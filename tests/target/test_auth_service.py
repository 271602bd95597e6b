from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest

from target.auth_service import AuthSettings, auth_application
from target.errors import SettingsError
from target.tokens import verify

SECRET = "s" * 32
HEADERS = {"Authorization": "Bearer service-key"}


class Caller:
    """Calls the application without a network."""

    def __init__(self) -> None:
        self._transport = httpx.ASGITransport(auth_application(AuthSettings("service-key", SECRET)))

    def __call__(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://auth") as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(call())


@pytest.fixture
def call() -> Caller:
    return Caller()


def test_a_token_names_the_tenant_asked_for(call: Caller) -> None:
    user_id = uuid.uuid4()
    answer = call("POST", "/token", json={"user_id": str(user_id)}, headers=HEADERS).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert verify(answer["access_token"], SECRET).user_id == user_id


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "service-key"}])
def test_a_wrong_service_key_gets_no_token(call: Caller, headers: dict[str, str]) -> None:
    assert call("POST", "/token", json={"user_id": str(uuid.uuid4())}, headers=headers).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"user_id": 3}', b'{"user_id": "admin"}', b"[" * 10_000])
def test_a_bad_body_is_told_so(call: Caller, body: bytes) -> None:
    assert call("POST", "/token", content=body, headers=HEADERS).status_code == 422


def test_health_needs_no_key(call: Caller) -> None:
    assert call("GET", "/health").json() == {"status": "ok"}


def test_keys_come_from_the_environment_and_are_not_shown() -> None:
    settings = AuthSettings.from_environment({"AUTH_SERVICE_KEY": "service-key", "TARGET_JWT_SECRET": SECRET})
    assert "service-key" not in repr(settings)
    assert SECRET not in repr(settings)
    with pytest.raises(SettingsError, match="AUTH_SERVICE_KEY"):
        AuthSettings.from_environment({"TARGET_JWT_SECRET": SECRET})
