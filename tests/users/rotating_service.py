"""A service that gives a refresh token with each login and takes it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from tests.http_server import Asked, Reply
from tests.users.scripted_service import Caller
from users.dialects.base import Message

LIFE_S = 60


class RotatingService:
    """Its logins over HTTP, and what it hears over WebSocket; what it answers to a refresh a test may change.

    Attributes:
        logins: how many there were.
        refreshed: the refresh tokens that it was shown, in this order.
        used_twice: those that were shown once more: it takes that for a theft, unless it ``keeps`` them.
        shown: the tokens that were shown over WebSocket, in logins and renewals.
        valid: the tokens that it has given.
    """

    def __init__(self) -> None:
        self.logins = 0
        self.refreshed: list[str] = []
        self.used_twice: list[str] = []
        self.shown: list[str] = []
        self.chats: list[str] = []
        self.valid: set[str] = set()
        self.refuses = self.keeps = False
        self.before_answer: Callable[[], object] = lambda: None
        self.answer: Callable[[dict[str, Any]], dict[str, Any]] = lambda document: document
        self._open: set[str] = set()

    def over_http(self, asked: Asked) -> Reply:
        if asked.path == "/login":
            self.logins += 1
            return Reply(200, self._given(f"{self.logins}"))
        document = asked.document
        assert isinstance(document, dict)
        refresh = document["refresh"]
        (self.refreshed if refresh not in self.refreshed else self.used_twice).append(refresh)
        self.before_answer()
        if self.refuses or refresh not in self._open:
            return Reply(401, {"error": f"what is {refresh}?"})
        if not self.keeps:
            self._open.discard(refresh)
        return Reply(200, self.answer(self._given(f"{refresh.rpartition('-')[2]}.{len(self.refreshed)}")))

    def _given(self, number: str) -> dict[str, Any]:
        token, refresh = f"PLANTED-token-{number}", f"PLANTED-refresh-{number}"
        self.valid.add(token)
        self._open.add(refresh)
        return {"access_token": token, "refresh_token": refresh, "life": LIFE_S, "me": 7000}

    def hear(self, caller: Caller, message: Message) -> None:
        heard = orjson.loads(message)
        good = heard.get("token", heard.get("as")) in self.valid
        if heard["kind"] == "login":
            self.shown.append(heard["token"])
            caller.say({"kind": "hello" if good else "no"})
        elif heard["kind"] == "renew":
            self.shown.append(heard["token"])
            caller.say({"kind": "renewed" if good else "failure", "id": heard["id"], "why": "stale"})
        else:
            self.chats.append(heard["as"])
            caller.say({"kind": "said" if good else "failure", "id": heard["id"], "why": "who are you?"})
