from __future__ import annotations

from typing import Any

import pytest

from config.texts import CANARY_LENGTH
from evidence.marks import Keyring, Mark, MarkKind
from evidence.records import OVERLONG
from tests.users.fixtures import KEY, OWN, World, profile_for, world
from users.composing import Composer

CANARY = KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 1))


def said(name: str = "chat", send: Any = None, **limit: Any) -> tuple[World, Any]:
    """What a tenant says in its first request, under a limit."""
    here = world(
        profile_for(
            operations__chat__send=send or {"message_id": "{message_id}", "text": "{prompt}"},
            operations__chat__text_limit={"beyond": "dropped", **limit},
        )
    )
    operation = here.run.profile.operation(name)
    assert operation is not None
    return here, Composer(here.run, here.tenant, 0).compose(name, operation, 0.0, {})[1]


def test_a_canary_is_as_long_as_the_profile_is_told() -> None:
    assert len(CANARY) == CANARY_LENGTH


@pytest.mark.parametrize(("most", "whole"), [(200, True), (59, True), (58, False), (29, False)])
def test_ordinary_texts_stay_within_the_limit(most: int, whole: bool) -> None:
    here, message = said(most=most)
    assert len(message["text"]) <= most and CANARY in message["text"]
    assert (message["text"] != CANARY) is whole
    assert not here.run.exposures[f"{OVERLONG}chat"]


def test_bytes_are_counted_where_bytes_count() -> None:
    send = {"message_id": "{message_id}", "text": "äöü: {prompt}"}
    assert said(most=65, send=send)[1]["text"] != f"äöü: {CANARY}"
    assert said(most=65, unit="bytes", send=send)[1]["text"] == f"äöü: {CANARY}"


def test_what_stands_around_a_text_counts_and_what_can_t_be_kept_short_is_counted() -> None:
    send = {"message_id": "{message_id}", "parts": [{"text": "{tenant} {prompt}"}, "no text of ours"]}
    here, message = said(most=40, send=send)
    assert message["parts"][0]["text"].endswith(f" {CANARY}")
    assert here.run.exposures[f"{OVERLONG}chat"] == 1


@pytest.mark.parametrize("send", [{"message_id": "{message_id}", "text": "{prompt}"}, "SAY {canary}", ["{canary}"]])
def test_a_long_text_names_its_owner_on_both_sides_of_the_limit(send: Any) -> None:
    _, message = said("too long: chat", send=send, most=5000)
    text = message["text"] if isinstance(message, dict) else message if isinstance(message, str) else message[0]
    found = [sighted.start for sighted in Keyring(KEY).find(text.encode())]
    assert len(found) == 2 and found[0] < 100 and found[1] >= 5000
    assert len(text) < 5200


def test_a_long_state_is_known_by_the_mark_of_the_state() -> None:
    send = {"message_id": "{message_id}", "state": {"note": "{state_canary}"}}
    _, message = said("too long: chat", send=send, most=100)
    kinds = {sighted.mark.kind for sighted in Keyring(KEY).find(message["state"]["note"].encode())}
    assert kinds == {MarkKind.STATE}
