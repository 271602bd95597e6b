from __future__ import annotations

from pathlib import Path

import pytest

from config.load import ProfileInvalid, load
from tests.config.profiles import ENVIRONMENT, PLANTED, REMOVE, changed, written

FRAME = {"send": {"type": "auth", "token": "{token}"}, "accepted": ["ok"]}
COMMAND = {"argv": ["token-of", "{tenant}"]}
SHORT = "PLANTED-no-key"

WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"auth.place": "frame"}, "auth.place", "is 'frame', so a table [auth.frame] with {token} in its 'send' is needed"),
    ({"auth.frame": FRAME}, "auth.frame.send", "holds {token}, so place must be 'frame'"),
    (
        {"auth.place": "frame", "auth.frame": {**FRAME, "refused": ["ok"]}},
        "auth.frame",
        "'ok' is listed as accepted and as refused: tell them apart by accepted_where and refused_where",
    ),
    (
        {"auth.place": "frame", "auth.frame": {**FRAME, "send": {"a": "{token}", "b": "{tokn}"}}},
        "auth.frame.send",
        "nothing fills {tokn}; did you mean token?",
    ),
    (
        {"auth.place": "frame", "auth.frame": {"send": {"a": "{token}", "b": "{password}"}, "accepted": ["ok"]}},
        "auth.frame.send",
        "nothing fills {password}",
    ),
    ({"auth.place": "path"}, "target.url", "needs {token} where the token goes"),
    ({"target.url": "ws://127.0.0.1/{token}"}, "auth.place", "must be 'path'"),
    ({"target.url": "ws://127.0.0.1/{user}"}, "target.url", "nothing fills {user}"),
    ({"auth.place": "basic", "auth.username": "{name}"}, "auth.username", "nothing fills {name}"),
    (
        {"auth.source": "jwt", "auth.jwt": REMOVE, "attempts.tokens": []},
        "auth.source",
        "is 'jwt', so a table [auth.jwt] is needed",
    ),
    ({"auth.source": "command"}, "auth.source", "is 'command', so a table [auth.command] is needed"),
    ({"auth.source": "token"}, "auth.source", "is 'token', which nothing gives a tenant"),
    ({"auth.jwt.secret": REMOVE}, "auth.jwt", "needs one of 'secret' and 'secret_file'"),
    (
        {"auth.jwt.secret": REMOVE, "auth.jwt.secret_file": "key.pem"},
        "auth.jwt.secret_file",
        "there is no file key.pem",
    ),
    ({"auth.jwt.algorithm": "ES256", "auth.jwt.secret": SHORT}, "auth.jwt.secret", "holds no key for algorithm ES256"),
    ({"auth.jwt.algorithm": "HS257"}, "auth.jwt.algorithm", "did you mean"),
    ({"auth.jwt.claims": {"sub": "{tennant}"}}, "auth.jwt.claims", "nothing fills {tennant}; did you mean tenant?"),
    ({"auth.service.url": "ftp://127.0.0.1/"}, "auth.service.url", "http"),
    ({"auth.service.body": {"a": "{who}"}}, "auth.service.body", "nothing fills {who}"),
    ({"auth.service.form": {"a": "b"}}, "auth.service", "has a body and a form"),
    ({"auth.service.expect": [99]}, "auth.service.expect[0]", "100"),
    ({"auth.service.retries": 50}, "auth.service.retries", "10"),
    ({"auth.command": {"argv": []}}, "auth.command.argv", "one"),
    (
        {"auth.source": "command", "auth.command": {"argv": ["token-of", "--key=${AUTH_SERVICE_KEY}"]}},
        "auth.command.argv[1]",
        "holds ${AUTH_SERVICE_KEY}, which every user of this machine could read in the list of processes",
    ),
    (
        {"auth.source": "command", "auth.command": {"argv": ["token-of", "{password}"]}},
        "auth.command.argv",
        "nothing fills {password}",
    ),
    (
        {"auth.place": "none", "auth.renewal": {"every_s": 5}},
        "auth.renewal",
        "there is no token to renew, since place is 'none'",
    ),
    (
        {"auth.source": "password", "auth.renewal": {"every_s": 5}, "attempts.tokens": []},
        "auth.renewal",
        "needs a source that makes fresh tokens (jwt, service, command), and source is 'password'",
    ),
    ({"auth.source": "file", "auth.file": {"path": "no.csv"}}, "auth.file.path", "there is no file no.csv"),
]


@pytest.mark.parametrize(("changes", "key", "says"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_login_is_one_sentence_with_its_key(
    tmp_path: Path, changes: dict[str, object], key: str, says: str
) -> None:
    with pytest.raises(ProfileInvalid) as caught:
        load(written(tmp_path / "wrong.toml", changes), ENVIRONMENT)
    text = str(caught.value)
    assert f": {key}: " in text and says in text, text
    assert "\n" not in text and PLANTED not in text


def test_a_token_may_go_to_several_places() -> None:
    also = [{"place": "header", "parameter": "X-Token"}, {"place": "none"}]
    auth = changed(auth__place="cookie", auth__also=also).auth
    assert [placement.place for placement in auth.places] == ["cookie", "header"]


def test_the_program_itself_may_stand_in_a_variable(tmp_path: Path) -> None:
    changes = {"auth.source": "command", "auth.command": {"argv": ["${TARGET_JWT_SECRET}", "{tenant}"]}}
    command = load(written(tmp_path / "right.toml", changes), ENVIRONMENT).auth.command
    assert command is not None and command.argv[0] == ENVIRONMENT["TARGET_JWT_SECRET"]
