from __future__ import annotations

from pathlib import Path

import pytest

from config.calls import Extract
from config.load import ProfileInvalid, load
from tests.config.profiles import ENVIRONMENT, REMOVE, changed, written

SHORT = "PLANTED-no-key"


def test_a_key_is_read_from_a_file_beside_the_profile(tmp_path: Path) -> None:
    (tmp_path / "shared.key").write_text(f"{SHORT}\n", encoding="utf-8")
    changes = {"auth.jwt.secret": REMOVE, "auth.jwt.secret_file": "shared.key"}
    settings = load(written(tmp_path / "right.toml", changes), ENVIRONMENT).auth.jwt
    assert settings is not None and settings.key == SHORT


def test_tokens_are_read_from_a_file_and_a_bad_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    changes = {"auth.source": "file", "auth.file": {"path": "tokens.jsonl"}}
    path.write_text('{"tenant": "a", "token": "PLANTED-1"}\n\n{"tenant": 7, "token": "PLANTED-2"}\n', encoding="utf-8")
    file = load(written(tmp_path / "p.toml", changes), ENVIRONMENT).auth.file
    assert file is not None and file.tokens == {"a": "PLANTED-1", "7": "PLANTED-2"}
    for content, says in (("", "holds no tokens"), ("[]\n", "line 1: is no JSON object"), ("{}\n", "no column")):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ProfileInvalid, match=says):
            load(written(tmp_path / "p.toml", changes), ENVIRONMENT)


@pytest.mark.parametrize(
    ("said", "extract"),
    [
        ({}, Extract(path="access_token")),
        ({"token": "a.b"}, Extract(path="a.b")),
        ({"token": {"matches": "t=(.*)"}}, Extract(matches="t=(.*)")),
        ({"token_cookie": "sid"}, Extract(cookie="sid")),
        ({"token_header": "X-Token"}, Extract(header="X-Token")),
    ],
)
def test_a_token_is_where_the_profile_says(said: dict[str, object], extract: Extract) -> None:
    service = changed(auth__service={"url": "http://127.0.0.1/token", **said}).auth.service
    assert service is not None and service.extract == extract


def test_steps_are_called_by_place_and_name() -> None:
    before = [{"url": "http://127.0.0.1/a", "name": "form"}, {"url": "http://127.0.0.1/b"}]
    service = changed(auth__service={"url": "http://127.0.0.1/token", "before": before}).auth.service
    assert service is not None
    assert [name for name, _ in service.named_steps] == ["auth.service.before[0] (form)", "auth.service.before[1]"]
