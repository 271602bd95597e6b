from __future__ import annotations

import importlib
from pathlib import Path
from typing import cast

import pytest

from config.load import load
from users.dialects.peer import Peer
from users.dialects.played_session import played_session


@pytest.fixture
def service(example: Path, monkeypatch: pytest.MonkeyPatch) -> type[Peer]:
    monkeypatch.syspath_prepend(str(example))
    return cast("type[Peer]", importlib.import_module("netlines").Service)


def test_a_session_with_the_played_service_is_open_and_answered(example: Path, service: type[Peer]) -> None:
    with played_session(load(example / "netlines.toml"), service) as played:
        assert played.session.is_open
        assert played.answered(played.ask()) == ""
        assert len(played.caller.asked) == 1
    assert not played.session.is_open


def test_what_is_never_answered_is_told(example: Path, service: type[Peer]) -> None:
    with played_session(load(example / "netlines.toml"), service) as played:
        played.service.answering = lambda caller: None
        assert played.answered(played.ask()).startswith("a chat ended ")
