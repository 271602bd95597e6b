from __future__ import annotations

import gzip
import time
import uuid
from collections.abc import Iterable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.profile import Profile
from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import IdLearnt, SightingSeen
from evidence.requests import Outcome
from tests.users.fixtures import KEY, OTHER, Talk, World, identity, kinds, profile_for, world
from users.dialects.base import Message
from users.dialects.json_messages import JsonText

REFUSED = {"type": "error", "code": "budget_exhausted"}


def test_amounts_are_settled_and_a_foreign_one_is_reported_once(talk: Talk, here: World) -> None:
    start = here.tenant.identity.budget
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=start - 7)
    assert kinds(here) == []
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=start - 13)
    request, _ = talk.ask()
    talk.finish(request, charged=7, remaining=here.run.bands.starting(OTHER))
    assert kinds(here) == [FindingKind.ACCOUNT_MISMATCH, FindingKind.FOREIGN_BUDGET]


def test_a_foreign_canary_in_any_frame_is_sighted_at_once(talk: Talk, here: World) -> None:
    canary = KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1))
    seen: list[str] = []
    here.run.hooks.leak_sighted.add_listener(lambda sighting, **_: seen.append(sighting.kind))
    for text in (f'{{"type":"state_changed","x":"{canary}"}}', f"no JSON {canary}", f"[{canary}"):
        talk.hear(text)
    assert kinds(here) == seen == [FindingKind.FOREIGN_CONTENT] * 3
    assert here.run.environment.stats.errors


@given(st.binary(max_size=200))
def test_any_text_is_inspected(data: bytes) -> None:
    here = world()
    talk = Talk(here)
    talk.hear(data.decode("utf-8", "replace"))
    assert here.tenant.counts.inspected == 1


def test_a_refusal_that_repeats_whose_door_was_tried_tells_nothing_and_anything_else_in_it_does() -> None:
    talk = Talk(world())
    theirs = identity(OTHER).name

    def sighted(**frame: object) -> list[str]:
        talk.hear(frame)
        found = [str(row.kind) for row in talk.world.sink.of(SightingSeen)]
        talk.world.sink.rows.clear()
        return found

    assert sighted(type="error", code="no", message=f"{theirs} is not you")  # nobody has asked for them
    request, _ = talk.ask("attempt: read_state", {"victim_tenant": theirs})
    assert sighted(type="error", code="no", message=f"{theirs} is not you", message_id=request.request_id) == []
    assert request.outcome is Outcome.REFUSED
    secret = KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1))
    assert sighted(type="error", code="no", message=f"{theirs}, whose secret is {secret}, is not you")
    assert sighted(type="state", user_id=theirs)


def test_what_an_attempt_did_not_say_is_no_echo_though_it_is_known_of_the_other() -> None:
    talk = Talk(world())
    theirs = identity(OTHER).name
    known: dict[str, object] = {
        "victim_thread": "thread 1",
        "victim_tenant": theirs,
        "victim_email": f"{theirs}@tenants.example",
    }
    request, _ = talk.ask("attempt: read_history", known)
    refused = {"type": "error", "code": "no", "message_id": request.request_id}
    talk.hear({**refused, "message": f"thread 1 is not yours, ask its owner {theirs}"})
    assert request.outcome is Outcome.REFUSED
    assert [(row.kind, row.owner) for row in talk.world.sink.of(SightingSeen)] == [("wrong-identity", OTHER)]


def test_a_login_under_another_s_name_may_be_refused_by_that_name_only() -> None:
    talk = Talk(world(profile_for("ws://127.0.0.1:1/{tenant}/ws")))
    theirs = identity(OTHER)
    talk.talk.introduces(theirs.placeholders)
    talk.talk.look_at(f"{theirs.name} may not come in")
    assert talk.world.sink.of(SightingSeen) == []
    canary = KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1))
    talk.talk.introduces({**theirs.placeholders, "row": canary})
    talk.talk.look_at(f"{theirs.name} may not come in, whose row {canary} is")
    assert [row.kind for row in talk.world.sink.of(SightingSeen)] == ["foreign-content"]
    talk.world.sink.rows.clear()
    talk.talk.introduces(talk.world.tenant.identity.placeholders)
    talk.talk.look_at(f"{theirs.name} may not come in")
    assert talk.world.sink.of(SightingSeen) != []


class Shifted(JsonText):
    """An adapter for JSON whose bytes are all shifted, which nobody else can read."""

    def decode(self, message: Message) -> Iterable[object]:
        assert isinstance(message, bytes)
        return super().decode(bytes(byte ^ 7 for byte in message))


SHOWN = KEY.mint_canary(Mark(MarkKind.STATE, OTHER, 1))
LEAKING = orjson.dumps({"type": "state", "note": SHOWN})


def sighted_in(message: Message, profile: Profile | None = None) -> list[tuple[str, int | None]]:
    talk = Talk(world(profile))
    talk.talk.receive(message, time.perf_counter())
    return [(str(row.kind), row.owner) for row in talk.world.sink.of(SightingSeen)]


@pytest.mark.parametrize(
    "message",
    [LEAKING, gzip.compress(LEAKING), LEAKING.decode().encode("utf-16-le"), b"\x93\xff" + LEAKING],
    ids=["JSON", "gzip", "UTF-16", "within bytes"],
)
def test_a_binary_message_is_looked_at_as_the_bytes_it_is(message: bytes) -> None:
    assert sighted_in(message) == [("foreign-content", OTHER)]


def test_ids_in_a_binary_message_may_be_sixteen_bytes() -> None:
    theirs = uuid.UUID(identity(OTHER).name)
    for sixteen in (theirs.bytes, theirs.bytes_le):
        assert sighted_in(b"\x81\xa2id\xc4\x10" + sixteen) == [("wrong-identity", OTHER)]


def test_what_only_an_adapter_can_read_is_looked_at_as_it_reads_it() -> None:
    shifted = bytes(byte ^ 7 for byte in LEAKING)
    assert sighted_in(shifted) == []
    adapted = profile_for(target__adapter="tests.users.test_inspecting:Shifted")
    assert sighted_in(shifted, adapted) == [("foreign-content", OTHER)]


def test_a_refusal_in_bytes_may_repeat_what_was_said_as_well() -> None:
    talk, theirs = Talk(world()), identity(OTHER).name
    request, _ = talk.ask("attempt: read_state", {"victim_tenant": theirs})
    frame = {"type": "error", "code": "no", "message": f"not {theirs}", "message_id": request.request_id}
    talk.talk.receive(orjson.dumps(frame), time.perf_counter())
    assert request.outcome is Outcome.REFUSED
    assert talk.world.sink.of(SightingSeen) == []


def test_it_is_written_down_where_and_when_an_id_came() -> None:
    here = world(profile_for(operations__chat__learn={"draft": "draft_id"}))
    talk = Talk(here, ordinal=1)
    talk.hear({"type": "session_ready", "session_id": "s-1"})
    request, _ = talk.ask()
    at_s = request.sent_s + 0.5
    talk.hear({"type": "agent_completed", "message_id": request.request_id, "draft_id": "d-1"}, at_s)
    rows = {row.thing: row for row in here.sink.of(IdLearnt)}
    assert [(row.value, row.session, row.kind) for row in rows.values()] == [
        ("s-1", 1, "session_ready"), ("d-1", 1, "of chat"),
    ]  # fmt: skip
    assert rows["draft"].at_s == pytest.approx(here.run.unix_s(at_s), abs=1e-5)


def test_a_refusal_that_repeats_a_made_up_name_names_no_stranger() -> None:
    here = world(profile_for())
    talk = Talk(here)
    request, _ = talk.ask("made up: read_state", {"victim_tenant": "nobody-of-this-name"})
    talk.hear(
        {"type": "error", "code": "forbidden", "message_id": request.request_id, "user_id": "nobody-of-this-name"}
    )
    assert kinds(here) == []


def test_what_the_profile_calls_nobody_s_is_no_suspicion_and_stands_in_the_evidence_once() -> None:
    here = world(profile_for(frames__nobody="system|bot-.*"))
    talk, told = Talk(here), []
    here.run.hooks.leak_sighted.add_listener(lambda sighting, **_: told.append(sighting.name))
    for name in ("system", "system", "bot-3", "eve"):
        talk.hear({"type": "state_changed", "user_id": name})
    assert told == ["eve"]
    assert [(row.name, row.severity) for row in here.sink.of(SightingSeen)] == [
        ("system", "known"), ("bot-3", "known"), ("eve", "suspicion"),
    ]  # fmt: skip


OPAQUE = "r8Zq1Xw5TnB0vLk7JmD3" * 4
SIGNED = f"eyJhbGciOiJIUzI1NiJ9.{'eyJhIjoxfQ' * 30}.c2ln"


@pytest.mark.parametrize("token", ["PLANTED-token-of-nobody-else", OPAQUE, SIGNED])
def test_a_token_that_stands_where_a_tenant_is_named_is_not_written_down(token: str) -> None:
    here = world()
    here.run.keep_secrets(here.tenant, token)
    Talk(here).hear({"type": "state_changed", "user_id": token})
    (row,) = here.sink.of(SightingSeen)
    assert row.name == "(hidden)" and row.excerpt == "user_id: (hidden)"
    assert token[:12] not in str(row)
