from __future__ import annotations

import dataclasses

import orjson

from checker.profile_of_run import changed_since
from config.load import public_view
from config.stores import Stores
from tests.checker.histories import healthy, profile


def test_a_run_that_is_judged_with_less_than_it_was_started_with_says_so() -> None:
    header, whole = healthy().header, profile()
    header = dataclasses.replace(header, profile=orjson.loads(orjson.dumps(public_view(whole), default=str)))
    elsewhere = whole.model_copy(update={"target": whole.target.model_copy(update={"url": "ws://127.0.0.1:1/ws"})})
    assert changed_since(header, whole) == changed_since(header, elsewhere) == []
    less = whole.model_copy(update={"stores": Stores(redis=whole.stores.redis)})
    (note,) = changed_since(header, less)
    assert note.startswith("judged with another profile than the one the run was started with")
