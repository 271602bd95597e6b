"""A service that tells everybody's secrets: it puts tokens and passwords beside marks, in frames, rows and reasons.

It asks for a client's certificate and lets in whoever shows a token, which it takes down. It has a thread of its own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import parse_qs, quote

import redis
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.end_to_end.stack import HOST
from tests.http_server import Asked, HttpServer, Reply, http_server

REFUSES_EVERY, CLOSES_EVERY = 9, 23
REFUSES_REFRESH_EVERY = 7


@dataclass
class Told:
    """What tenants have shown, and what they were given on the way; and what was said last by one of them."""

    tokens: set[str] = field(default_factory=set)
    passwords: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    refresh_of: dict[str, str] = field(default_factory=dict)
    last: tuple[str, str, str] | None = None
    said: int = 0
    renewed: int = 0
    refreshed: int = 0
    leaked: int = 0


class IndiscreetService:
    """The service, listening while its block runs.

    Args:
        store: address of the Redis that it keeps everything in.
        tls: its certificate, and whom it trusts.

    Attributes:
        told: what it was told.
    """

    def __init__(self, store: str, tls: ssl.SSLContext) -> None:
        self.told = Told()
        self._store = redis.Redis.from_url(store)
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        assert self._server is not None
        return f"wss://{HOST}:{next(iter(self._server.sockets)).getsockname()[1]}/ws"

    def __enter__(self) -> IndiscreetService:
        self._thread.start()

        async def start() -> Server:
            return await serve(self._talk, HOST, 0, ssl=self._tls)

        self._server = asyncio.run_coroutine_threadsafe(start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        async def stop() -> None:
            if self._server is not None:
                self._server.close()
                await self._server.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._store.close()

    async def _talk(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._hear(connection)

    async def _hear(self, connection: ServerConnection) -> None:
        token = visit = ""
        async for message in connection:
            heard = json.loads(message)
            if "token" in heard:
                token, visit = heard["token"], heard.get("visit", visit)
                self.told.tokens.add(token)
                self.told.renewed += heard["kind"] == "renew"
                answer = {"kind": "hello" if heard["kind"] == "login" else "renewed", "id": heard.get("id")}
                await connection.send(json.dumps(answer))
                continue
            self.told.said += 1
            if self.told.said % CLOSES_EVERY == 0:
                await connection.close(1011, f"no room for {token}"[:120])
                return
            if self.told.said % REFUSES_EVERY == 0:
                await connection.send(json.dumps({"kind": "failure", "why": f"not now, {token}", "id": heard["id"]}))
                continue
            await connection.send(
                json.dumps({"kind": "said", "id": heard["id"], **self._tell(token, visit, heard["text"])})
            )

    def _tell(self, token: str, visit: str, text: str) -> dict[str, str]:
        """Answers with what somebody else has said, amid everybody's secrets, and keeps it all in one place."""
        told = self.told
        before, told.last = told.last, (token, visit, text)
        if before is None or before[0] == token:
            return {"text": text}
        told.leaked += 1
        shown, visited, said = before
        whose = (shown, visited or shown, told.refresh_of.get(shown, shown))[told.leaked % 3]
        words = sorted(told.passwords)[:2]
        around = (
            f"{whose} {said} {token}", f"{base64.b64encode(whose.encode()).decode()}:{said}:{whose.encode().hex()}",
            f"?t={quote(whose, safe='')}&x={said}&t={token}", f"{' '.join(words)} {said} {' '.join(words)}",
            f"bearer {whose}/{said}", base64.b64encode(f"{whose}|{said}|{token}".encode()).decode(),
        )  # fmt: skip
        there = around[told.leaked // 3 % len(around)]
        self._store.hset(f"session:{token}", mapping={"text": text, "near": there})
        self._store.set(f"sid={whose}/last", f"{there} {text}")
        return {"text": text, "near": there}


@contextmanager
def login_server(told: Told, tls: ssl.SSLContext) -> Iterator[HttpServer]:
    """A login of three requests: a page with a hidden value, its form, and a code that is given back for a token. With
    the token comes another one to refresh it by, which is taken once, and not always.
    """
    unused: set[str] = set()

    def tokens(token: str) -> Reply:
        told.refresh_of[token] = refresh = secrets.token_urlsafe(24)
        told.given.add(refresh)
        unused.add(refresh)
        return Reply(200, {"token": token, "refresh": refresh})

    def answer(asked: Asked) -> Reply:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        fresh = secrets.token_urlsafe(24)
        told.given.add(fresh)
        if asked.method == "GET":
            return Reply(200, text=f'<input name="csrf" value="{fresh}">', cookies=(f"visit={fresh}; Path=/",))
        if asked.path == "/login" and form.get("csrf") in told.given and form.get("password"):
            return Reply(302, None, {"Location": f"/done?code={fresh}"})
        if asked.path == "/token" and form.get("code") in told.given:
            return tokens(fresh)
        if asked.path == "/refresh" and (shown := form.get("refresh", "")) in unused:
            unused.discard(shown)
            told.refreshed += 1
            if told.refreshed % REFUSES_REFRESH_EVERY:
                return tokens(fresh)
        return Reply(400, {"error": asked.body.decode()})

    with http_server(answer, tls) as server:
        yield server
