from __future__ import annotations

from pathlib import Path

import pytest

from config.dialects import NAMES
from config.errors import ProfileInvalid
from tests.users.fixtures import profile_for
from users.dialects.base import Dialect
from users.dialects.choosing import DIALECTS, check_said, dialect_of

ADAPTER = """
from users.dialects.base import Dialect

class Mine(Dialect):
    def encode(self, document):
        return str(document)

class Picky(Dialect):
    def __init__(self, url, options):
        raise ValueError("target.options.key: is missing")

class Broken(Dialect):
    def __init__(self, url, options):
        raise RuntimeError("oops")

class Stranger:
    pass
"""


def test_every_dialect_of_the_schema_is_there() -> None:
    assert set(NAMES) == set(DIALECTS)
    for name in NAMES:
        assert type(dialect_of(profile_for(target__dialect=name))) is DIALECTS[name]


def test_an_adapter_lies_beside_the_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    (tmp_path / "adapter_beside.py").write_text(ADAPTER, encoding="utf-8")
    profile = profile_for(target__adapter="adapter_beside:Mine")
    profile.lies_in(tmp_path)
    mine = dialect_of(profile)
    assert isinstance(mine, Dialect) and mine.encode({"a": 1}) == "{'a': 1}"
    for name, says in (
        ("adapter_beside:Missing", "has no class Missing"),
        ("adapter_beside:Stranger", "does not derive from users.dialects.base.Dialect"),
        ("adapter_beside:Picky", "target.options.key: is missing"),
        ("adapter_beside:Broken", "could not be made: oops"),
        ("adapter_nowhere:Mine", "there is no module adapter_nowhere"),
    ):
        with pytest.raises(ProfileInvalid, match=says):
            dialect_of(profile.model_copy(update={"target": profile.target.model_copy(update={"adapter": name})}))


@pytest.mark.parametrize(
    ("dialect", "options", "says"),
    [
        ("stomp", {"hart_beat_s": 5}, r"target\.options\.hart_beat_s: .* stomp: it has heart_beat_s, host"),
        ("json", {"namespace": "/"}, r"target\.options\.namespace: .* json: it has none"),
        ("stomp", {"heart_beat_s": "often"}, r"target\.options\.heart_beat_s: should be a number"),
        ("stomp", {"host": 5}, r"target\.options\.host: should be a text"),
        ("socket.io", {"namespace": "chat"}, r"target\.options\.namespace: should be a text that begins with /"),
        ("text", {"patterns": {"a": "("}}, r"target\.options\.patterns: holds no regular expression"),
    ],
)
def test_an_option_that_the_dialect_has_not_or_can_not_use_is_named(
    dialect: str, options: dict[str, object], says: str
) -> None:
    with pytest.raises(ProfileInvalid, match=says) as caught:
        dialect_of(profile_for(target__dialect=dialect, target__options=options))
    assert "\n" not in str(caught.value)


def test_what_the_dialect_can_not_say_is_named_with_its_key() -> None:
    login = {"send": {"packet": "connect", "payload": {"token": "{token}"}}, "accepted": ["connect"]}
    profile = profile_for(target__dialect="socket.io", auth__place="frame", auth__frame=login)
    with pytest.raises(ProfileInvalid, match=r"auth\.frame\.send: 'payload' goes nowhere in a packet 'connect'"):
        check_said(profile)
