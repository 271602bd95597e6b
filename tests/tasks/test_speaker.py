from __future__ import annotations

import pytest

from tasks.speaker import speaker_of
from tests.tasks.recorder import Player, Recorder


def test_a_started_user_speaks_through_its_presence() -> None:
    speaker = Recorder()
    assert speaker_of(Player(speaker)) is speaker


def test_a_task_on_a_user_that_has_not_started_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="before its user had started"):
        speaker_of(Player(None))
