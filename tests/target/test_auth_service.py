from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from target.auth_service import AuthSettings, auth_application
from target.errors import SettingsError
from target.tokens import verify

SECRET = "s" * 32
HEADERS = {"Authorization": "Bearer service-key"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(auth_application(AuthSettings("service-key", SECRET))) as client:
        yield client


def test_a_token_names_the_tenant_asked_for(client: TestClient) -> None:
    user_id = uuid.uuid4()
    answer = client.post("/token", json={"user_id": str(user_id)}, headers=HEADERS).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert verify(answer["access_token"], SECRET).user_id == user_id


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "service-key"}])
def test_a_wrong_service_key_gets_no_token(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/token", json={"user_id": str(uuid.uuid4())}, headers=headers).status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"user_id": 3}', b'{"user_id": "admin"}', b"[" * 10_000])
def test_a_bad_body_is_told_so(client: TestClient, body: bytes) -> None:
    assert client.post("/token", content=body, headers=HEADERS).status_code == 422


def test_health_needs_no_key(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}


def test_keys_come_from_the_environment_and_are_not_shown() -> None:
    settings = AuthSettings.from_environment({"AUTH_SERVICE_KEY": "service-key", "TARGET_JWT_SECRET": SECRET})
    assert "service-key" not in repr(settings)
    assert SECRET not in repr(settings)
    with pytest.raises(SettingsError, match="AUTH_SERVICE_KEY"):
        AuthSettings.from_environment({"TARGET_JWT_SECRET": SECRET})
