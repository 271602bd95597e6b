"""Who the tenants are and how they are made: what ``config new`` asks, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.answers import AnswerUnfit, argv, authorization, inline, set_to
from config.question import Answers, Condition, Question, answered, both
from config.toml_text import toml_value

LEARNT = "tenant_id"
"""What the id is called that a service gives to a tenant."""


@dataclass(frozen=True, slots=True)
class Making:
    """How tenants are made and removed in the stores.

    Attributes:
        sql_create: statements with %(tenant)s and others.
        sql_remove: statements that name %(tenant)s.
        redis_create: commands, words apart by spaces, with {tenant} and others.
        redis_remove: key patterns with {tenant}.
    """

    sql_create: Sequence[str] = ()
    sql_remove: Sequence[str] = ()
    redis_create: Sequence[str] = ()
    redis_remove: Sequence[str] = ()


def made_by(answers: Answers) -> str:
    """Returns how tenants come to be; tokens in a file are of accounts that exist."""
    return "accounts" if answers.get("token_source") == "file" else answers.get("tenants", "stores")


def _made_by(*ways: str) -> Condition:
    return lambda answers: made_by(answers) in ways


def _account(*sources: str) -> Condition:
    return both(_made_by("accounts"), answered("token_source", *sources))


def has_budgets(answers: Answers) -> bool:
    """Returns whether it is known what tenants have left: minted ones always, accounts if their file says so."""
    return made_by(answers) != "accounts" or bool(answers.get("account_budget"))


TENANT_QUESTIONS = (
    Question(
        "tenants", "How do tenants come to be?", "stores", ("stores", "http", "command", "accounts", "nothing"),
        when=lambda answers: answers.get("token_source") != "file",
        means={
            "stores": "made by SQL or Redis commands",
            "http": "made by a request to the service",
            "command": "made by a program",
            "accounts": "they exist, and a CSV file lists them",
            "nothing": "whoever comes with a good token is one",
        },
    ),
    Question("accounts_file", "CSV file with the accounts?", when=_made_by("accounts")),
    Question("account_tenant", "Its column with the tenant's id?", "tenant", when=_made_by("accounts")),
    Question(
        "account_email", "Its column with the e-mail address? (empty if there is none)", "", when=_made_by("accounts")
    ),
    Question("account_password", "Its column with the password?", when=_account("login", "password")),
    Question("account_token", "Its column with the token?", when=_account("token")),
    Question(
        "account_budget", "Its column with what it has left, in units? (empty if there is none)", "",
        when=_made_by("accounts"),
    ),
    Question("create_url", "Address that makes a tenant, by POST?", when=_made_by("http")),
    Question(
        "create_body", "What is posted to it, as JSON? ({context} is a text by which it is found again)",
        '{"email": "{email}", "password": "{password}", "about": "{context}"}', when=_made_by("http"),
    ),
    Question(
        "create_authorization", "Authorization header for it? (such as Bearer ${ADMIN_KEY}; empty for none)", "",
        when=_made_by("http"),
    ),
    Question(
        "create_command", "Command that makes a tenant? (such as ./add-user --name {tenant})", when=_made_by("command")
    ),
    Question(
        "create_input", 'JSON for its standard input? (such as {"password": "{password}"}; empty for none)', "",
        when=_made_by("command"),
    ),
    Question(
        "created_id", "Path of the tenant's id in the JSON that it answers? (empty if it takes {tenant} from us)", "",
        when=_made_by("http", "command"),
    ),
    Question(
        "created_token", "Path of the tenant's token in it?",
        when=both(_made_by("http", "command"), answered("token_source", "token")),
    ),
    Question(
        "remove_url", "Address that removes it, by DELETE? (with {tenant_id} if it gives ids, otherwise {tenant}; "
        "empty if there is none)", "", when=_made_by("http"),
    ),
    Question(
        "remove_command", "Command that removes it? (with {tenant_id} if it gives ids, otherwise {tenant}; empty if "
        "there is none)", "", when=_made_by("command"),
    ),
    Question(
        "names", "What do tenants' ids look like?", "uuid", ("uuid", "uuid_hex", "slug", "integer", "email"),
        when=_made_by("stores", "http", "command", "nothing"),
    ),
)  # fmt: skip
"""What has to be known of tenants."""


def tenants_of(answers: Answers) -> Iterator[str]:
    """Yields the table [tenants].

    Raises:
        AnswerUnfit: two answers contradict each other.
    """
    if answers.get("token_source") == "file" and answers.get("tenants", "accounts") != "accounts":
        raise AnswerUnfit("--tenants: tokens in a file are of accounts that exist: say accounts, or another source")
    if made_by(answers) != "accounts":
        yield "# What tenants are called; it must suit the target's columns and keys."
        yield "[tenants]"
        yield set_to("names", answers, "names")
        yield ""
        return
    columns = {
        key: answers[name]
        for key in ("tenant", "email", "password", "token", "budget")
        if answers.get(name := f"account_{key}")
    }
    if "token_file" in answers and answers["token_file"] == answers["accounts_file"]:
        columns["token"] = answers["token_file_token"]  # named, so that it counts as a secret there too
    yield "# Accounts that exist: never made, changed or removed. Each node keeps one of them for its control."
    yield "[tenants]"
    yield set_to("accounts", answers, "accounts_file")
    yield f"columns = {toml_value(columns)}"
    yield ""


def provisioning_of(answers: Answers, making: Making) -> Iterator[str]:
    """Yields the table [provisioning] with its steps.

    Raises:
        AnswerUnfit: an answer that should be JSON or a command is none.
    """
    way = made_by(answers)
    if way == "accounts":
        return
    yield "# How tenants are made and removed. SQL takes %(name)s, all else {name}: tenant, number, email, budget, now,"
    yield "# password, and the canaries context, state, secret and row, by which what a store holds is found again."
    yield "[provisioning]"
    for key, example in (
        ("sql_create", toml_value("INSERT INTO users (id, name) VALUES (%(tenant)s, %(row)s)")),
        ("sql_remove", toml_value("DELETE FROM users WHERE id = %(tenant)s")),
        ("redis_create", '["SET", "budget:{tenant}", "{budget}"]'),
        ("redis_remove", '"budget:{tenant}"'),
    ):
        said: Sequence[str] = getattr(making, key)
        values = [toml_value(value.split(" ") if key == "redis_create" else value) for value in said]
        if values or way == "stores":
            yield from _listed(key, values, example)
    yield "# revokes = false  # a removed tenant's token is good until it expires"
    if way in ("http", "command"):
        if answers["created_id"]:
            yield f'tenant = "{LEARNT}"'
        yield ""
        yield from _step(answers, way)
    yield ""


def _listed(key: str, values: Sequence[str], example: str) -> Iterator[str]:
    if not values:
        yield f"# {key} = [{example}]"
        return
    yield f"{key} = ["
    yield from (f"    {value}," for value in values)
    yield "]"


def _step(answers: Answers, way: str) -> Iterator[str]:
    yield "# Steps are taken in this order and undone in the opposite one; each may learn ids from its answer."
    yield "[[provisioning.steps]]"
    yield f"kind = {toml_value(way)}"
    yield 'name = "make a tenant"'
    if answers["created_id"]:
        yield f"learn = {{ {LEARNT} = {toml_value(answers['created_id'])} }}"
    if "created_token" in answers:
        yield f"learn_secret = {{ token = {toml_value(answers['created_token'])} }}"
    yield '# stored_in = ["postgres"]  # which stores keep the canaries that it is told'
    yield ""
    yield "[provisioning.steps.create]"
    if way == "http":
        yield set_to("url", answers, "create_url")
        yield from authorization(answers, "create_authorization")
        yield f"body = {inline(answers, 'create_body')}"
        yield "# expect = [201]"
    else:
        yield f"argv = {argv(answers, 'create_command')}"
        if answers["create_input"]:
            yield f"input = {inline(answers, 'create_input')}"
    yield ""
    if way == "http" and answers["remove_url"]:
        yield "[provisioning.steps.remove]"
        yield 'method = "DELETE"'
        yield set_to("url", answers, "remove_url")
        yield from authorization(answers, "create_authorization")
    elif way == "command" and answers["remove_command"]:
        yield "[provisioning.steps.remove]"
        yield f"argv = {argv(answers, 'remove_command')}"
    else:
        yield "# Without [provisioning.steps.remove] what a run made stays, and the report lists it."
