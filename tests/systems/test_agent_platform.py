"""The agent platform behaves as its README says: what it is there for is that the profile has to cope with it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from time import time
from typing import Any

import jwt
import psycopg2
import pytest
import redis
import zstandard
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from systems.agent_platform.system import SYSTEM
from systems.stage import Stage
from target.embedded import Guardian

STREAM = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]


@pytest.fixture(scope="module")
def guardian() -> Iterator[Guardian]:
    with Guardian() as one:
        yield one


def started(guardian: Guardian, broken: str | None) -> Iterator[Mapping[str, str]]:
    with Stage("agent-platform", guardian) as stage:
        variables = SYSTEM.start(stage, broken)
        with psycopg2.connect(variables["POSTGRES_URL"]) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO users (id, email) VALUES ('ann', 'ann@x.example'), ('bob', 'bob@x.example')")
        for name in ("ann", "bob"):
            redis.from_url(variables["REDIS_URL"]).hset(f"user_context:{name}", "project", f"{name}'s project")
        yield variables


@pytest.fixture(scope="module")
def platform(guardian: Guardian) -> Iterator[Mapping[str, str]]:
    yield from started(guardian, None)


@pytest.fixture(scope="module")
def unmigrated(guardian: Guardian) -> Iterator[Mapping[str, str]]:
    yield from started(guardian, "unmigrated")


def dial(platform: Mapping[str, str], **claims: object) -> ClientConnection:
    now = int(time())
    complete = {"sub": "ann", "user_id": "ann", "iat": now, "exp": now + 60, **claims}
    token = jwt.encode(complete, platform["PLATFORM_JWT_SECRET"], "HS256")
    return connect(f"{platform['PLATFORM_URL']}?token={token}", proxy=None)


def say(line: ClientConnection, **frame: object) -> None:
    line.send(json.dumps(frame))


def hear(line: ClientConnection, count: int = 1) -> list[dict[str, Any]]:
    return [json.loads(line.recv(timeout=20)) for _ in range(count)]


def rows(platform: Mapping[str, str], statement: str) -> list[tuple[Any, ...]]:
    with psycopg2.connect(platform["POSTGRES_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_a_bad_token_is_answered_with_403_and_a_good_one_of_nobody_is_closed(platform: Mapping[str, str]) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        dial(platform, exp=1)
    with pytest.raises(InvalidStatus, match="403"):
        connect(platform["PLATFORM_URL"], proxy=None)
    for claims in ({"sub": "nobody", "user_id": "nobody"}, {"sub": "bob"}):
        with dial(platform, **claims) as line, pytest.raises(ConnectionClosed) as closed:
            line.recv(timeout=20)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_it_answers_pings_and_routing_checks_and_stays_after_a_frame_without_a_type(
    platform: Mapping[str, str],
) -> None:
    with dial(platform) as line:
        line.send("no JSON")
        say(line, nonsense=1)
        say(line, type="ping")
        say(line, type="routing_test", test_id="7", user_id="bob")
        first, second, pong, routed = hear(line, 4)
    assert first["code"] == second["code"] == "validation_error"
    assert pong["type"] == "pong" and pong["timestamp"]
    assert routed == {"type": "routing_test", "test_id": "7", "user_id": "ann"}


def test_a_chat_is_a_stream_whose_id_is_the_service_s_own(platform: Mapping[str, str]) -> None:
    with dial(platform) as line:
        for number in range(3):
            say(line, type="chat_message", content=f"question {number}")
        events = hear(line, 3 * len(STREAM))
    streams: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        streams.setdefault(event["agent_instance_id"], []).append(event)
    assert [[event["type"] for event in stream] for stream in streams.values()] == [STREAM] * 3
    for number, stream in enumerate(streams.values()):
        assert stream[3]["result"]["context"] == {"project": "ann's project"}
        assert stream[4]["content"] == f"For ann's project: question {number}"


def test_threads_say_whose_they_are_in_their_metadata_and_snapshots_are_packed(platform: Mapping[str, str]) -> None:
    with dial(platform, sub="bob", user_id="bob") as line:
        for number in range(3):
            say(line, type="chat_message", content=f"bob asks {number}")
            session_id = hear(line, len(STREAM))[-1]["session_id"]
    whose = f"SELECT metadata_->>'user_id' FROM threads WHERE metadata_->>'session_id' = '{session_id}'"
    assert rows(platform, whose) == [("bob",)]
    packed = dict(
        rows(platform, "SELECT compression_type, state_data FROM agent_state_snapshots WHERE user_id = 'bob'")
    )
    opened = {
        None: packed[None],
        "gzip": json.loads(gzip.decompress(base64.b64decode(packed["gzip"]))),
        "zstd": json.loads(zstandard.decompress(base64.b64decode(packed["zstd"]))),
    }
    assert all("bob asks" in str(state["conversation"]) for state in opened.values())


def spoken_in_a_foreign_session(platform: Mapping[str, str]) -> list[dict[str, Any]]:
    with dial(platform) as ann, dial(platform, sub="bob", user_id="bob") as bob:
        say(ann, type="chat_message", content="a secret of ann's")
        session_id = hear(ann, len(STREAM))[-1]["session_id"]
        say(bob, type="chat_message", content="let me see", session_id=session_id, user_data={"user_id": "ann"})
        say(bob, type="ping")
        heard = hear(bob)
        while heard[-1]["type"] not in ("error", "agent_completed"):
            heard += hear(bob)
    return heard


def test_a_session_is_its_owner_s_only(platform: Mapping[str, str]) -> None:
    error = spoken_in_a_foreign_session(platform)[0]
    assert error == {"type": "error", "code": "session_not_found", "message": "there is no such session"}


def test_with_owners_unchecked_a_session_is_anybody_s(guardian: Guardian) -> None:
    for platform in started(guardian, "owner-unchecked"):
        assert "a secret of ann's" in str(spoken_in_a_foreign_session(platform))


def test_without_its_migrations_it_answers_and_keeps_what_was_said_in_snapshots(unmigrated: Mapping[str, str]) -> None:
    with dial(unmigrated) as line:
        say(line, type="chat_message", content="a question")
        assert [event["type"] for event in hear(line, len(STREAM))] == STREAM
    assert rows(unmigrated, "SELECT to_regclass('threads'), to_regclass('messages')") == [(None, None)]
    assert rows(unmigrated, "SELECT count(*) FROM agent_state_snapshots") == [(1,)]
