from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from config.load import (
    DEFAULT_PROFILE,
    ProfileError,
    ProfileInvalid,
    ProfileUnreadable,
    VariableMissing,
    fingerprint,
    load,
    public_view,
)
from tests.config.profiles import ENVIRONMENT, PLANTED, REMOVE, changed, reference, written

SECRET = f"{PLANTED}-in-the-wrong-place"


# What is wrong, the key that the sentence must name, and what else it must say.
WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"target.name": REMOVE}, "target.name", "is missing"),
    ({"target.name": ""}, "target.name", "at least 1 character"),
    ({"target.name": 5}, "target.name", "string, found 5"),
    ({"target.url": "http://x"}, "target.url", "begins with ws:// or wss://"),
    ({"target.url": f"http://u:{SECRET}@x"}, "target.url", "begins with ws:// or wss://"),
    ({"target.reply_timeout_s": 0}, "target.reply_timeout_s", "greater than 0, found 0"),
    ({"target.reply_timeout_s": "soon"}, "target.reply_timeout_s", "found 'soon'"),
    ({"target.max_message_bytes": 1.5}, "target.max_message_bytes", "found 1.5"),
    (
        {"target.tiemout": 5},
        "target.tiemout",
        "is no key of [target]; did you mean connect_timeout_s or reply_timeout_s?",
    ),
    ({"target.headers": {"Authorization": 5}}, "target.headers.Authorization", "string"),
    ({"target.headers": SECRET}, "target.headers", "should be a table"),
    ({"target": SECRET}, "target", "found a string"),
    ({"auth": REMOVE}, "auth", "is missing"),
    ({"auth.place": "body"}, "auth.place", "found 'body'"),
    ({"auth.source": "jwt", "auth.jwt": REMOVE}, "auth", "a table [auth.jwt] is needed"),
    ({"auth.service": SECRET}, "auth.service", "found a string"),
    ({"auth.service.method": "PULL"}, "auth.service.method", "found 'PULL'"),
    ({"auth.service.key": SECRET}, "auth.service.key", "is no key of ["),
    ({"auth.jwt": {"secret": 5, "claims": {}}}, "auth.jwt.secret", "string"),
    ({"auth.jwt": {"secret": SECRET}}, "auth.jwt.claims", "is missing"),
    ({"auth.jwt": SECRET}, "auth.jwt", "found a string"),
    ({"auth.jwt": REMOVE}, "attempts.tokens", "needs a table [auth.jwt]"),
    ({"attempts.tokens": ["stolen"]}, "attempts.tokens[0]", "found 'stolen'"),
    ({"attempts.doors.read_state.does": "peep"}, "attempts.doors.read_state.does", "found 'peep'"),
    ({"attempts.doors": {"Read": {"send": {}, "ends": ["x"], "does": "read"}}}, "attempts.doors", "small letters"),
    ({"frames.request_id": REMOVE}, "frames.request_id", "is missing"),
    ({"frames.request_id": []}, "frames.request_id", "needs one entry at least"),
    ({"frames.request_id": 5}, "frames.request_id", "should be a list"),
    ({"frames.request_id": "a..b"}, "frames.request_id", "is no field path"),
    ({"frames.kinds": {"result": {}}}, "frames.kinds.result", "needs one of has, lacks, where, matches"),
    ({"refusal.texts": {"quota": "("}}, "refusal.texts.quota", "is no regular expression"),
    ({"operations.chat.reply_by": "guess"}, "operations.chat.reply_by", "found 'guess'"),
    ({"operations.chat.reply_by": "server_id"}, "operations.chat.reply_by", "is 'server_id', which needs"),
    ({"operations.ping.reply_by": "content"}, "operations.ping.reply_by", "is 'content', which needs"),
    ({"operations.ping.reply_by": "id"}, "operations.ping.reply_by", "is 'id', which needs an id in send"),
    ({"frames.learn": {"Thread Id": "thread_id"}}, "frames.learn", "small letters"),
    ({"operations": REMOVE}, "operations", "is missing"),
    ({"operations.chat": REMOVE}, "operations.chat", "is missing"),
    ({"operations.chat.cost": -1}, "operations.chat.cost", "greater than or equal to 0, found -1"),
    ({"operations.chat.ends": REMOVE}, "operations.chat.ends", "is missing"),
    ({"operations.chat.stored_in": ["MySQL"]}, "operations.chat.stored_in[0]", "found 'MySQL'"),
    ({"operations.chat.stored_in": ["mysql"]}, "operations.chat.stored_in", "there is no store mysql"),
    (
        {"operations.chat.retention": {"mysql": {"last": 5}}},
        "operations.chat.retention.mysql",
        "add 'mysql' to stored_in",
    ),
    (
        {"operations.chat.retention": {"postgres": {}}},
        "operations.chat.retention.postgres",
        "neither 'last' nor 'for_s'",
    ),
    ({"operations.chat.retention": {"postgres": 5}}, "operations.chat.retention.postgres", "found a whole number"),
    ({"operations.dance": {"send": {}, "ends": ["x"]}}, "operations.dance", "is no key of ["),
    ({"operations.ping.send": 5}, "operations.ping.send", "is neither an object, nor an array"),
    ({"stores.redis": f"redis://:{SECRET}@x"}, "stores.redis", "found a string"),
    ({"stores.postgres.url": 5}, "stores.postgres.url", "string"),
    ({"stores.postgres": f"host=x password={SECRET}"}, "stores.postgres", "found a string"),
    ({"stores.redis.budgets": [{"key": "budget"}]}, "stores.redis.budgets[0].key", "should contain {tenant}"),
    ({"stores.postgres.budgets": [{"table": "b", "owner": "o"}]}, "stores.postgres.budgets[0].amount", "is missing"),
    ({"provisioning.sql_remove": ["DELETE FROM users"]}, "provisioning", "without %(tenant)s, which could remove"),
    ({"provisioning.redis_remove": ["budget:*"]}, "provisioning", "without {tenant}, which could remove others"),
    ({"provisioning.batch": 0}, "provisioning.batch", "greater than 0"),
    ({"workload.two_sessions": 1.1}, "workload.two_sessions", "less than or equal to 1, found 1.1"),
    ({"workload.chat_rate": 0}, "workload.chat_rate", "greater than 0"),
    ({"workload.drop_after_ms": [1]}, "workload.drop_after_ms[1]", "is missing"),
    ({"thresholds.success_rate": 95}, "thresholds.success_rate", "less than or equal to 1, found 95"),
    ({"thresholds.dropped_sessions": "none"}, "thresholds.dropped_sessions", "found 'none'"),
    ({"health": [{"name": "x", "url": f"ftp://u:{SECRET}@x"}]}, "health[0].url", "begins with http:// or https://"),
    ({"health": {"name": "x"}}, "health", "should be a list"),
    (
        {"operations.chat.cost": 200_000},
        "workload.short_requests",
        "another tenant's; lower one, or set short_budgets to 0",
    ),
    # A variable in a place where its value is not allowed: the variable is named, and its value is not.
    ({"auth.place": "${AUTH_SERVICE_KEY}"}, "auth.place", "found '${AUTH_SERVICE_KEY}'"),
    ({"workload.seed": "x ${AUTH_SERVICE_KEY}"}, "workload.seed", "found 'x ${AUTH_SERVICE_KEY}'"),
    ({"provisioning.sql_remove": ["DELETE ${AUTH_SERVICE_KEY}"]}, "provisioning", "DELETE ${AUTH_SERVICE_KEY}"),
]


@pytest.mark.parametrize(
    ("changes", "key", "says"), WRONG, ids=[f"{number}-{row[1]}" for number, row in enumerate(WRONG)]
)
def test_a_wrong_profile_is_one_sentence_with_file_and_key(
    tmp_path: Path, changes: dict[str, object], key: str, says: str
) -> None:
    path = written(tmp_path / "wrong.toml", changes)
    with pytest.raises(ProfileInvalid) as caught:
        load(path, ENVIRONMENT)
    text = str(caught.value)
    assert re.match(rf"{re.escape(str(path))}(:\d+)?: {re.escape(key)}", text), text
    assert says in text
    assert "\n" not in text
    assert PLANTED not in text
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_every_mistake_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path / "wrong.toml", {"target.name": REMOVE, "workload.in_flight": 0, "nonsense": 1})
    with pytest.raises(ProfileInvalid) as caught:
        load(path, ENVIRONMENT)
    lines = str(caught.value).splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == ["nonsense", "target.name", "workload.in_flight"]


@pytest.mark.parametrize("name", ENVIRONMENT)
@pytest.mark.parametrize("empty", [False, True])
def test_a_missing_variable_is_named_with_its_key(name: str, empty: bool) -> None:
    environment = {**ENVIRONMENT, name: ""} if empty else {k: v for k, v in ENVIRONMENT.items() if k != name}
    with pytest.raises(
        VariableMissing, match=rf"reference\.toml:\d+: [a-z_.\[\]0-9A-Z]+: needs .* {name}, which is not set"
    ):
        load(DEFAULT_PROFILE, environment)


def test_all_missing_variables_are_in_one_report_that_says_who_sets_them(tmp_path: Path) -> None:
    with pytest.raises(VariableMissing) as caught:
        load(DEFAULT_PROFILE, {})
    text = str(caught.value)
    assert all(f"variable {name}, which" in text for name in ENVIRONMENT)
    assert text.count("`python -m target run -- COMMAND`") == 1
    mine = written(tmp_path / "mine.toml", {"target.url": "${MY_TARGET}"})
    with pytest.raises(VariableMissing) as caught:
        load(mine, ENVIRONMENT)
    assert "MY_TARGET" in str(caught.value) and "target run" not in str(caught.value)


def test_missing_variables_hide_no_other_mistake(tmp_path: Path) -> None:
    path = written(tmp_path / "wrong.toml", {"workload.in_flight": 0, "target.tiemout": 1})
    with pytest.raises(ProfileInvalid) as caught:
        load(path, {})
    keys = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert {"workload.in_flight", "target.tiemout", "target.url", "stores.redis.url"} <= set(keys)
    assert keys.count("target.url") == 1


@pytest.mark.parametrize("content", ["[target", "a = ", "a = 1\na = 2", f"secret = {SECRET}", f"url = '{SECRET}"])
def test_what_is_no_toml_is_said_with_its_line_and_without_its_text(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content)
    with pytest.raises(ProfileUnreadable, match="is no valid TOML: ") as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert PLANTED not in str(caught.value)


def test_a_file_that_is_missing_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProfileUnreadable, match=r"nowhere\.toml: there is no such profile"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ProfileUnreadable, match="can't be read"):
        load(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileUnreadable, match="can't be read"):
        load(tmp_path / "binary.toml")


def test_all_errors_are_profile_errors() -> None:
    assert all(issubclass(kind, ProfileError) for kind in (ProfileUnreadable, VariableMissing, ProfileInvalid))


def test_what_may_be_shown_holds_no_secret() -> None:
    profile = changed(
        target__url=f"wss://user:{SECRET}@host/ws?token={SECRET}",
        target__headers={"X-Key": SECRET},
        auth__service__url=f"https://host/token?key={SECRET}",
        auth__service__body={"user_id": "{tenant}", "client_secret": SECRET, "deep": {"keys": [SECRET]}},
        auth__jwt={"secret": SECRET, "claims": {"sub": "{tenant}", "key": SECRET}},
    )
    shown = orjson.dumps(public_view(profile)).decode()
    assert PLANTED not in shown
    assert PLANTED not in repr(profile.stores) + repr(profile.target.headers)
    assert '"user_id":"{tenant}"' in shown
    assert "host/ws" in shown and "host/token" in shown


def test_a_fingerprint_is_that_of_what_is_not_secret() -> None:
    assert fingerprint(reference()) == fingerprint(reference(AUTH_SERVICE_KEY="another", REDIS_URL="redis://elsewhere"))
    assert fingerprint(reference()) != fingerprint(changed(workload__seed=2))
    assert len(fingerprint(reference())) == 16


def test_variables_are_put_in_wherever_they_stand(tmp_path: Path) -> None:
    path = written(tmp_path / "p.toml", {"operations.chat.send": {"type": "x ${A} ${B}", "list": ["${A}"], "n": "$A"}})
    profile = load(path, {**ENVIRONMENT, "A": "one", "B": "two ${A}"})
    assert profile.operations.chat.send == {"type": "x one two ${A}", "list": ["one"], "n": "$A"}


def extending(tmp_path: Path, base: str, changes: str) -> Path:
    written(tmp_path / "base.toml", {})
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "{base}"\n{changes}', encoding="utf-8")
    return path


def test_a_profile_laid_over_another_changes_only_what_it_says(tmp_path: Path) -> None:
    path = extending(tmp_path, "base.toml", '[target]\nname = "mine"\n[frames]\ntenant = ["tenant.id"]\n')
    profile, base = load(path, ENVIRONMENT), load(tmp_path / "base.toml", ENVIRONMENT)
    assert (profile.target.name, profile.frames.tenant) == ("mine", ("tenant.id",))
    assert profile.target.url == base.target.url
    assert profile.operations == base.operations


def test_false_leaves_an_inherited_table_out(tmp_path: Path) -> None:
    assert load(extending(tmp_path, "base.toml", "[stores]\nredis = false\n"), ENVIRONMENT).stores.redis is None


def test_false_leaves_an_inherited_text_out(tmp_path: Path) -> None:
    (tmp_path / "asked.toml").write_text('extends = "base.toml"\n[target]\norigin = "https://a.example"\n')
    profile = load(extending(tmp_path, "asked.toml", "[target]\norigin = false\n"), ENVIRONMENT)
    assert profile.target.origin is None


@pytest.mark.parametrize(
    ("base", "sentence"),
    [("mine.toml", "extends: leads back to this profile"), ("nowhere.toml", "there is no such profile as .*nowhere")],
)
def test_a_base_that_can_not_be_used_is_one_sentence(tmp_path: Path, base: str, sentence: str) -> None:
    with pytest.raises(ProfileError, match=sentence):
        load(extending(tmp_path, base, ""), ENVIRONMENT)


def test_the_reference_profile_without_auth_needs_no_auth_service() -> None:
    path = DEFAULT_PROFILE.with_name("reference-without-auth.toml")
    without = {name: value for name, value in ENVIRONMENT.items() if "AUTH" not in name}
    profile = load(path, without)
    assert profile.auth.service is None and profile.auth.jwt is not None
    assert [check.name for check in profile.health] == ["target"]
