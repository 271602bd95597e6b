from __future__ import annotations

import orjson
import pytest

from swarm.trial.hints import heard_in, places_of, why_unanswered
from tests.config.profiles import changed, reference
from users.dialects.choosing import dialect_of

ID = "id-1"


def why(*frames: object, name: str = "history") -> str:
    profile = reference()
    operation = profile.operation(name)
    assert operation is not None
    texts = [frame if isinstance(frame, str) else orjson.dumps(frame).decode() for frame in frames]
    heard = heard_in(dialect_of(profile), texts)
    return why_unanswered(profile, operation, ID, heard, 3.0)


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([], "nothing came back within 3 s"),
        (["hello"], "1 frames came that target.dialect can't read, for instance 'hello'"),
        ([{"type": "hystory", "message_id": ID}], 'did you mean ends = ["hystory"]?'),
        ([{"type": "history", "id": ID}], 'did you mean frames.request_id = ["id"]?'),
        ([{"type": "history", "meta": {"re": [{"id": ID}]}}], 'frames.request_id = ["meta.re[].id"]?'),
        ([{"kind": "history"}], "no frame has a type at 'type'"),
        ([{"type": "tick"}, {"type": "tock"}], "frames of types tick, tock came, none of them with its id"),
    ],
)
def test_why_nothing_was_taken_for_the_reply(frames: list[object], says: str) -> None:
    sentence = why(*frames)
    assert says in sentence and "\n" not in sentence


def test_a_reply_that_began_and_did_not_end() -> None:
    assert "agent_started) and its final frame (agent_completed)" in why(
        {"type": "agent_started", "message_id": ID}, name="chat"
    )


def test_a_value_is_found_wherever_it_stands() -> None:
    assert list(places_of({"a": [{"b": 5}], "c": {"d": "5"}}, "5")) == ["a[].b", "c.d"]
    assert list(places_of("5", "5")) == []


def test_another_path_of_the_type_is_named() -> None:
    profile = changed(frames__type="kind")
    assert profile.frames.type == ("kind",)
