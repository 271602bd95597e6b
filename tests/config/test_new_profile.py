from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import pytest

from config.answers import AnswerUnfit
from config.errors import ProfileInvalid
from config.load import load
from config.new_profile import Said, written
from config.new_tenants import Making
from config.questions import EXAMPLES, QUESTIONS, with_defaults

CHAT = Said("chat", "said", '{"type": "say", "message_id": "{message_id}", "text": "{prompt}"}')
GIVEN = {
    "name": 'the "shop"', "url": "ws://127.0.0.1:9/ws", "login_frame": '{"type": "auth", "t": "{token}"}',
    "login_accepted": "welcome", "token_url": "http://127.0.0.1:9/token",
    "jwt_secret": "a-secret-of-forty-characters-and-more-12", "token_address": "ws://127.0.0.1:9/ws/{token}",
    "token_name": "sid", "token_file": "tokens.csv", "token_command": "./issue --tenant '{tenant}'",
    "accounts_file": "accounts.csv", "account_password": "secret", "account_token": "key",
    "create_url": "http://127.0.0.1:9/users", "create_command": "./make {tenant}", "created_token": "api.token",
    "remove_url": "http://127.0.0.1:9/users/{tenant}", "remove_command": "./remove {tenant}",
}  # fmt: skip
CHOSEN = ("token", "token_source", "tenants", "proved_by")
CHOICES = [
    [(question.name, choice) for choice in question.choices] for question in QUESTIONS if question.name in CHOSEN
]
FURTHER = [
    {question.name: choice, **needs}
    for question, needs in (
        (question, {"token_source": "login"} if question.name in ("token_in", "login_sent_as") else {})
        for question in QUESTIONS
        if question.name not in (*CHOSEN, "dialect")
    )
    for choice in question.choices
]


def said_as_options(answers: dict[str, str]) -> dict[str, str]:
    """What is left of the answers when only the questions that apply have been answered."""
    asked: dict[str, str] = {}
    for question in QUESTIONS:
        if question.when(asked) and (value := answers.get(question.name, question.default)) is not None:
            asked[question.name] = value
    return asked


def made(
    tmp_path: Path, answers: dict[str, str], *, making: Making | None = None, said: tuple[Said, ...] = (CHAT,)
) -> str:
    text = written(said_as_options({**GIVEN, **answers}), said, making or Making(), "profile.schema.json")
    (tmp_path / "accounts.csv").write_text("tenant,secret,key\nu1,PLANTED-1,PLANTED-2\n", encoding="utf-8")
    (tmp_path / "tokens.csv").write_text("tenant,token\nu1,PLANTED-3\n", encoding="utf-8")
    (tmp_path / "made.toml").write_text(text, encoding="utf-8")
    return text


STORES = {"REDIS_URL": "redis://127.0.0.1:9", "POSTGRES_URL": "postgresql://127.0.0.1:9/x"}


@pytest.mark.parametrize(
    "chosen", list(itertools.product(*CHOICES)), ids=lambda chosen: "-".join(value for _, value in chosen)
)
def test_whatever_is_chosen_loads(tmp_path: Path, chosen: tuple[tuple[str, str], ...]) -> None:
    made(tmp_path, dict(chosen))
    answers = dict(chosen)
    own = answers["token_source"] == "token" and answers["token"] != "none"
    if own and answers["tenants"] in ("stores", "nothing"):
        with pytest.raises(ProfileInvalid, match="nothing gives a tenant"):
            load(tmp_path / "made.toml", STORES)
        return
    profile = load(tmp_path / "made.toml", STORES)
    assert profile.auth.place == answers["token"]
    assert profile.auth.proved_by == ("opening" if answers["token"] == "none" else answers["proved_by"])
    assert profile.target.name == 'the "shop"'
    source = "service" if answers["token_source"] == "login" else answers["token_source"]
    assert not profile.auth.places or profile.auth.source == source
    accounts = answers["tenants"] == "accounts" or (bool(profile.auth.places) and source == "file")
    assert (profile.tenants.accounts is not None) == accounts
    kinds = [step.kind for step in profile.provisioning.steps]
    assert kinds == ([] if accounts or answers["tenants"] in ("stores", "nothing") else [answers["tenants"]])
    assert all(step.removes for step in profile.provisioning.steps)
    assert bool(profile.attempts.tokens) == bool(profile.auth.places)


@pytest.mark.parametrize("chosen", FURTHER, ids=str)
def test_every_other_choice_loads(tmp_path: Path, chosen: dict[str, str]) -> None:
    made(tmp_path, chosen)
    profile = load(tmp_path / "made.toml", STORES)
    assert (profile.stores.redis is not None) == (chosen.get("redis") == "yes")
    assert (profile.stores.postgres is not None) == (chosen.get("postgres") == "yes")
    service = profile.auth.service
    if chosen.get("token_in") in ("cookie", "header"):
        assert service is not None and getattr(service, f"token_{chosen['token_in']}") == "sid"
    if "login_sent_as" in chosen:
        assert service is not None and bool(service.form) == (chosen["login_sent_as"] == "form")


@pytest.mark.parametrize("dialect", EXAMPLES)
def test_what_a_dialect_settles_is_left_to_it(tmp_path: Path, dialect: str) -> None:
    made(tmp_path, {"dialect": dialect}, said=(Said("chat", "said", EXAMPLES[dialect]),))
    profile = load(tmp_path / "made.toml", {})
    keys = tomllib.loads((tmp_path / "made.toml").read_text(encoding="utf-8"))
    assert profile.target.dialect == dialect
    asked = {question.name for question in QUESTIONS} & with_defaults({**GIVEN, "dialect": dialect}).keys()
    for table, key, name in (
        ("frames", "type", "type_path"), ("frames", "request_id", "id_path"), ("refusal", "type", "error"),
        ("refusal", "code", "error_path"),
    ):  # fmt: skip
        assert (key in keys[table]) == (name in asked) == (dialect in ("json", "json-binary"))


def test_every_dialect_that_is_offered_has_an_example() -> None:
    (offered,) = (question.choices for question in QUESTIONS if question.name == "dialect")
    assert set(offered) == EXAMPLES.keys()


def test_every_answer_lands_in_its_place(tmp_path: Path) -> None:
    making = Making(
        ["INSERT INTO users VALUES (%(tenant)s, 'a')"], ["DELETE FROM users WHERE id = %(tenant)s"],
        ["SET left:{tenant} {budget}"], ["left:{tenant}"],
    )  # fmt: skip
    answers = {
        "tenant_path": "customer.id", "budget_path": "left", "thread_path": "thread", "names": "slug",
        "ready": "hello", "chat_cost": "5", "id_path": "re", "type_path": "kind", "error": "failure",
        "error_path": "why",
        "redis": "yes", "postgres": "yes",
    }  # fmt: skip
    history = Said("history", "listed", '{"type": "list", "message_id": "{message_id}", "n": 5, "all": true}')
    made(tmp_path, answers, making=making, said=(CHAT, history))
    profile = load(tmp_path / "made.toml", {"REDIS_URL": "redis://x", "POSTGRES_URL": "postgresql://x"})
    assert profile.frames.tenant == ("customer.id",) and profile.frames.budget == ("left",)
    assert profile.frames.request_id == ("re",) and profile.frames.ready == "hello"
    assert profile.refusal.type == ("failure",) and profile.refusal.code == ("why",)
    assert profile.operations.history is not None
    assert profile.operations.history.send == {"type": "list", "message_id": "{message_id}", "n": 5, "all": True}
    assert profile.provisioning.redis_create == (("SET", "left:{tenant}", "{budget}"),)
    assert profile.provisioning.sql_remove == ("DELETE FROM users WHERE id = %(tenant)s",)
    assert profile.operations.chat.cost == 5
    assert profile.tenants.names == "slug" and profile.limits.tenants == 100


@pytest.mark.parametrize("said", ["not json", "[1]", "5"])
def test_what_should_be_json_and_is_not(tmp_path: Path, said: str) -> None:
    with pytest.raises(AnswerUnfit, match="--operation: chat"):
        made(tmp_path, {}, said=(Said("chat", "x", said),))


def test_a_table_that_is_commented_out_loads_once_it_is_not(tmp_path: Path) -> None:
    text = made(tmp_path, {})
    hint = "# [auth.renewal]\n# every_s = 600\n"
    assert hint in text
    (tmp_path / "made.toml").write_text(text.replace(hint, hint.replace("# ", "")), encoding="utf-8")
    assert load(tmp_path / "made.toml", STORES).auth.renewal is not None


def test_it_is_commented() -> None:
    text = written(with_defaults(GIVEN), (CHAT,), Making(), "../docs/profile.schema.json")
    assert text.startswith("#:schema ../docs/profile.schema.json\n")
    assert sum(line.startswith("# ") for line in text.splitlines()) > 15
