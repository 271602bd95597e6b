"""The separate, optional service that gives tenants their tokens."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from target.settings import jwt_secret, required
from target.tokens import LIFETIME_S, mint


@dataclass(frozen=True)
class AuthSettings:
    """The key that callers show, and the key that signs tokens."""

    service_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> AuthSettings:
        """Read ``AUTH_SERVICE_KEY`` and ``TARGET_JWT_SECRET``. Raises SettingsError."""
        return cls(required(environment, "AUTH_SERVICE_KEY"), jwt_secret(environment))


def auth_application(settings: AuthSettings) -> Starlette:
    """``POST /token`` and ``GET /health`` as an ASGI application."""

    async def token(request: Request) -> Response:
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {settings.service_key}".encode()):
            return JSONResponse({"error": "wrong or missing service key"}, 401, {"WWW-Authenticate": "Bearer"})
        user_id = _user_id(await request.body())
        if user_id is None:
            return JSONResponse({"error": "the body must be an object with user_id, a UUID"}, 422)
        access_token = mint(user_id, settings.jwt_secret)
        return JSONResponse({"access_token": access_token, "token_type": "Bearer", "expires_in": LIFETIME_S})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[Route("/token", token, methods=["POST"]), Route("/health", health, methods=["GET"])])


def _user_id(body: bytes) -> UUID | None:
    try:
        document = json.loads(body)
        return UUID(document["user_id"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
