from __future__ import annotations

import pytest

from config.answers import AnswerUnfit
from config.new_tenants import TENANT_QUESTIONS, Making, has_budgets, made_by, provisioning_of, tenants_of


def asked(**given: str) -> dict[str, str]:
    """The answers when only what applies is answered: as given, or as usual."""
    answers = {"token": "query", "token_source": given.get("token_source", "jwt")}
    for question in TENANT_QUESTIONS:
        value = given.get(question.name, question.default)
        if question.when(answers) and value is not None:
            answers[question.name] = value
    return answers


def test_tokens_in_a_file_are_of_accounts() -> None:
    answers = asked(token_source="file", accounts_file="a.csv")
    assert made_by(answers) == "accounts" and "tenants" not in answers
    with pytest.raises(AnswerUnfit, match="--tenants: tokens in a file are of accounts"):
        list(tenants_of({**answers, "tenants": "http"}))


def test_accounts_say_what_stands_in_which_column_and_nothing_makes_them() -> None:
    answers = asked(
        tenants="accounts", token_source="login", accounts_file="a.csv", account_password="pw", account_budget="left"
    )
    assert 'columns = { tenant = "tenant", password = "pw", budget = "left" }' in list(tenants_of(answers))
    assert list(provisioning_of(answers, Making(["INSERT"]))) == []


def test_what_accounts_have_left_is_known_only_from_their_file() -> None:
    assert has_budgets(asked())
    assert not has_budgets(asked(tenants="accounts", accounts_file="a.csv"))
    assert has_budgets(asked(tenants="accounts", accounts_file="a.csv", account_budget="left"))


def test_a_request_that_makes_a_tenant_teaches_its_id_and_its_token() -> None:
    answers = asked(
        tenants="http", token_source="token", create_url="http://x/users", created_id="data.id",
        created_token="data.key", create_authorization="Bearer ${KEY}", remove_url="http://x/users/{tenant_id}",
    )  # fmt: skip
    lines = list(provisioning_of(answers, Making()))
    for line in (
        'tenant = "tenant_id"', 'learn = { tenant_id = "data.id" }', 'learn_secret = { token = "data.key" }',
        "[provisioning.steps.remove]", 'method = "DELETE"', 'url = "http://x/users/{tenant_id}"',
    ):  # fmt: skip
        assert line in lines
    assert lines.count('headers = { Authorization = "Bearer ${KEY}" }') == 2


def test_a_command_may_leave_what_it_made() -> None:
    answers = asked(tenants="command", create_command="./add {tenant}", create_input='{"pw": "{password}"}')
    lines = list(provisioning_of(answers, Making()))
    assert 'argv = ["./add", "{tenant}"]' in lines and 'input = { pw = "{password}" }' in lines
    assert "[provisioning.steps.remove]" not in lines
    assert any("the report lists it" in line for line in lines)


def test_what_is_said_of_stores_stands_beside_a_step() -> None:
    answers = asked(tenants="http", create_url="http://x/users")
    lines = list(provisioning_of(answers, Making(["INSERT INTO budgets VALUES (%(tenant)s)"])))
    assert "sql_create = [" in lines and "[[provisioning.steps]]" in lines
    assert not any(line.startswith("# redis_create") for line in lines)
