"""Runs that outlive their tokens, with a service that takes each refresh token once and listens to nobody late."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
import redis
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from tests.end_to_end import evidence_counts
from tests.end_to_end.locust_process import RunOutcome
from tests.end_to_end.served import SAY_AND_LIST, served
from tests.end_to_end.stack import Stack
from tests.http_server import Asked, Reply, http_server
from tests.users.rotating_service import RotatingService

LIFE_S = 6.0
RENEWED_TIMES = 12
TENANTS = 4
PROFILE = (
    """\
[target]
name = "rotating"
url = "{url}"
reply_timeout_s = 3

[auth]
place = "frame"
source = "service"

[auth.frame]
send = {{ kind = "login", token = "{{token}}", user = "{{tenant}}" }}
accepted = ["hello"]
refused = ["no"]

[auth.service]
url = "{login}/login"
body = {{ user = "{{tenant}}" }}
expires_in = "life"
learn = {{ refresh = "refresh_token" }}

[auth.renewal]
before_expiry_s = 4
{operation}

[auth.renewal.service]
url = "{login}/refresh"
body = {{ refresh = "{{refresh}}" }}
expires_in = "life"
learn = {{ refresh = "refresh_token" }}

[provisioning]
redis_create = [["SET", "state:{{tenant}}", "{{state}}"]]
redis_remove = ["state:{{tenant}}", "notes:{{tenant}}"]

[workload]
chat_rate = 4
read_rate = 4
drain_s = 1
two_sessions = 1
mix = {{ agent = 1 }}

"""
    + SAY_AND_LIST
)
SAID = (
    'operation = { send = { kind = "renew", id = "{message_id}", token = "{token}", user = "{tenant}" }, '
    'ends = "renewed" }'
)


class Punctual(RotatingService):
    """Says how long a token lives, and listens to nobody for longer."""

    def __init__(self, store: str) -> None:
        super().__init__()
        self.late = 0
        self._ends_s: dict[str, float] = {}
        self._store = redis.Redis.from_url(store, decode_responses=True)

    def over_http(self, asked: Asked) -> Reply:
        reply = super().over_http(asked)
        if reply.status == 200 and isinstance(reply.document, dict):
            self._ends_s[reply.document["access_token"]] = time.monotonic() + LIFE_S
            return Reply(200, {**reply.document, "life": LIFE_S})
        return reply

    async def talk(self, connection: ServerConnection) -> None:
        """Holds one conversation."""
        token, person = "", ""
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                heard = json.loads(message)
                if heard["kind"] in ("login", "renew"):
                    token, person = heard["token"], heard["user"]
                    answer: dict[str, object] = {"kind": "hello" if heard["kind"] == "login" else "renewed"}
                elif heard["kind"] == "list":
                    answer = {"kind": "listed", "from": person, "texts": self._store.lrange(f"notes:{person}", 0, -1)}
                else:
                    self._store.rpush(f"notes:{person}", heard["text"])
                    answer = {"kind": "said", "from": person}
                if self._ends_s.get(token, 0.0) < time.monotonic():
                    self.late += 1
                    answer = {"kind": "failure", "why": "token expired"}
                await connection.send(json.dumps({**answer, "id": heard.get("id")}))


def run_with(stack: Stack, service: Punctual, operation: str, renewals: int) -> RunOutcome:
    with http_server(service.over_http) as login, served(service.talk) as url:
        path = stack.folder / "rotating.toml"
        path.write_text(PROFILE.format(url=url, login=login.url, operation=operation), encoding="utf-8")

        def enough(folder: Path) -> bool:
            return evidence_counts.everybody_is_told(folder, TENANTS) and len(service.refreshed) >= renewals

        return stack.run_until(enough, "logins have been renewed", profile=path, users=TENANTS)


@pytest.mark.parametrize("operation", [SAID, ""], ids=["said", "moved"])
def test_sessions_outlive_their_tokens_and_no_refresh_token_is_shown_twice(stack: Stack, operation: str) -> None:
    service = Punctual(stack.redis.url)
    outcome = run_with(stack, service, operation, RENEWED_TIMES)
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    assert len(service.refreshed) >= RENEWED_TIMES and not service.used_twice and not service.late
    told = [path.name for path in stack.folder.rglob("*") if path.is_file() and b"PLANTED-" in path.read_bytes()]
    assert not told


def test_a_run_whose_logins_are_not_renewed_is_inconclusive_and_says_why(stack: Stack) -> None:
    service = Punctual(stack.redis.url)
    service.refuses = True
    outcome = run_with(stack, service, SAID, 3)
    assert (outcome.returncode, outcome.verdict["verdict"]) == (3, "INCONCLUSIVE")
    (why,) = (reason for reason in outcome.verdict["reasons"] if "of a login did not succeed" in reason)
    assert "most often: auth.renewal.service 127.0.0.1:" in why and why.endswith("/refresh answered 401")
    assert not service.used_twice
