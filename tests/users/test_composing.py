from __future__ import annotations

import time

from evidence.marks import Mark, MarkKind
from tests.users.fixtures import KEY, OWN, Talk, profile_for, world
from users.composing import Composer


def test_every_placeholder_has_its_value_and_type() -> None:
    send = {
        "id": "{counter}", "u": "{uuid}", "c": "{canary}", "n": "{number}", "b": "{budget}", "now": "{now}",
        "ms": "{now_ms}", "text": "{prompt}", "s": "{session:int}", "missing": "{thread}",
    }  # fmt: skip
    here = world(profile_for(operations__chat__send=send))
    composer = Composer(here.run, here.tenant, 0)
    composer.learnt["session"] = "41"
    before_s = int(time.time())
    request, document = composer.compose("chat", here.run.profile.operations.chat, 0.0, {})
    assert isinstance(document, dict)
    canary = KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 1))
    assert (document["id"], document["c"], document["n"], document["s"]) == (1, canary, OWN, 41)
    assert document["b"] == here.tenant.identity.budget and canary in document["text"]
    assert before_s <= document["now"] <= document["ms"] / 1000 <= time.time() + 1
    assert "missing" not in document and request.canaries == [1]
    assert set(request.aliases) == {"1", document["u"]}
    assert composer.counter() == 2
    composer.reconnected()
    assert composer.counter() == 1


def test_a_message_may_carry_the_token_that_its_connection_was_opened_with() -> None:
    here = world(profile_for(auth__place="query", operations__chat__send={"key": "{token}", "text": "{canary}"}))
    talk = Talk(here)
    assert "key" not in talk.ask()[1]
    for token in ("first", "second"):
        talk.talk.introduces({**here.tenant.identity.placeholders, "token": token})
        assert talk.ask()[1]["key"] == token
    talk.talk.abandon("test over")
    assert "second" not in str(here.sink.rows)
