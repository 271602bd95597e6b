"""Writes the beginning of a profile from answers: complete enough to load, with comments on what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.answers import AnswerUnfit, inline
from config.new_auth import auth_of, target_of, tokens_of
from config.new_tenants import Making, provisioning_of, tenants_of
from config.question import Answers
from config.toml_text import toml_value

_KINDS_OF_STORE = {"redis": "REDIS_URL", "postgres": "POSTGRES_URL"}


@dataclass(frozen=True, slots=True)
class Said:
    """An operation as its author describes it.

    Attributes:
        name: the part it plays in the workload.
        ends: kind of the reply's final frame.
        send: the message, as JSON.
    """

    name: str
    ends: str
    send: str


def written(answers: Answers, operations: Sequence[Said], making: Making, schema: str) -> str:
    """Returns the profile as TOML.

    Args:
        answers: to the questions of ``config.questions``.
        operations: what tenants say; ``chat`` must be among them.
        making: how tenants come into being.
        schema: path of the schema file, for editors.

    Raises:
        AnswerUnfit: an answer that should be JSON is none, or two contradict each other.
    """
    parts = [_head(answers, schema), auth_of(answers), tenants_of(answers), _frames(answers)]
    parts += [_operation(said, answers.get("chat_cost", "0")) for said in operations]
    parts += [_attempts(answers), _stores(answers), provisioning_of(answers, making), _ends()]
    return "\n".join("\n".join(part) for part in map(list, parts) if part)


def _head(answers: Answers, schema: str) -> Iterator[str]:
    yield f"#:schema {schema}"
    yield f"# Profile of {answers['name']}. Every key: docs/profile.md. Try it: python -m config check FILE"
    yield ""
    yield "[target]"
    yield f"name = {toml_value(answers['name'])}"
    yield from target_of(answers)
    if answers["dialect"] != "json":
        yield "# It also settles where kinds, ids and refusals stand; your own keys go first: docs/messages.md."
        yield f"dialect = {toml_value(answers['dialect'])}"
    yield '# A machine other than this one has to be allowed by name: allow_hosts = ["staging.example"]'
    yield "# A request without its final frame by then counts as unknown."
    yield "reply_timeout_s = 30"
    yield ""


def _frames(answers: Answers) -> Iterator[str]:
    yield "# What is where in a frame. a.b is the value under b in the object under a, list[].a that of every element."
    yield "[frames]"
    if "type_path" in answers:
        yield f"type = {toml_value(answers['type_path'])}"
    if "id_path" in answers:
        yield f"request_id = [{toml_value(answers['id_path'])}]"
    for key, name, comment in (
        ("tenant", "tenant_path", "paths that name the tenant a frame is for"),
        ("budget", "budget_path", "paths of remaining amounts"),
    ):
        yield f"{key} = [{toml_value(answers[name])}]" if answers.get(name) else f"# {key} = []  # {comment}"
    if answers["thread_path"]:
        yield f"learn = {{ thread = {toml_value(answers['thread_path'])} }}"
    else:
        yield '# learn = { thread = "thread_id" }  # ids that the target hands out to one tenant'
    if "ready" in answers:
        yield (
            f"ready = {toml_value(answers['ready'])}"
            if answers["ready"]
            else '# ready = "…"  # greets a new connection'
        )
    yield ""
    yield "# What a refusal looks like."
    yield "[refusal]"
    for key, name in (("type", "error"), ("code", "error_path")):
        if name in answers:
            yield f"{key} = {toml_value(answers[name])}"
    yield '# budget = ["…"]  # codes that say the budget is spent'
    yield ""


def _operation(said: Said, cost: str) -> Iterator[str]:
    if said.name == "chat":
        yield "# What tenants say. A string that is one {placeholder} alone takes its value with its type."
    yield f"[operations.{said.name}]"
    yield f"send = {inline({said.name: said.send}, said.name, '--operation')}"
    yield f"ends = [{toml_value(said.ends)}]"
    if said.name == "chat":
        yield "# events = []  # kinds of the frames before the final one"
        if not cost.isdecimal():
            raise AnswerUnfit(f"--chat-cost: should be a whole number, found {cost!r}")
        yield f"cost = {cost}" if int(cost) else "# cost = 1  # what it is charged, in units"
        yield '# stored_in = ["postgres"]  # which stores keep what was said'
        yield "# retention.redis = { last = 20 }  # if one of them keeps the latest only, or { for_s = 60 }"
    if said.name in ("history", "state_read"):
        yield "# shows_own = true  # the reply must show what this tenant has stored"
    yield ""


def _attempts(answers: Answers) -> Iterator[str]:
    yield "# Access attempts: tokens that must be refused, and other tenants' doors ({victim_…} is what is theirs)."
    yield "[attempts]"
    yield tokens_of(answers)
    yield ""
    yield "# A door that is a connection, by url or by what is said first: docs/tenants.md."
    yield "# [attempts.entrances.room]"
    yield '# does = "read"'
    yield '# url = "…/{victim_thread}"'
    yield '# granted_by = "victims_marks"  # where everybody is let in, and strangers are shown nothing'
    yield ""
    yield "# [attempts.doors.read_history]"
    yield '# does = "read"'
    yield '# send = { type = "history", message_id = "{message_id}", thread_id = "{victim_thread}" }'
    yield '# ends = ["history"]'
    yield ""


def _stores(answers: Answers) -> Iterator[str]:
    yield "# Where the data lies. Nothing is written here but what [provisioning] says; read-only rights will do."
    for store, variable in _KINDS_OF_STORE.items():
        sign = "" if answers[store] == "yes" else "# "
        yield f"{sign}[stores.{store}]"
        yield f'{sign}url = "${{{variable}}}"'
        if store == "redis":
            yield '# budgets = [{ key = "budget:{tenant}" }]'
        else:
            yield '# budgets = [{ table = "budgets", owner = "user_id", amount = "remaining" }]'
        yield "# shared = []  # what names several tenants on purpose"
        yield ""


def _ends() -> Iterator[str]:
    yield "# How much the target gets at most, whatever the command line says."
    yield "[limits]"
    yield "tenants = 100"
    yield "requests_per_second = 200"
    yield "duration_s = 600"
    yield ""
    yield "# Limits of the run: each is passed, crossed or inconclusive."
    yield "[thresholds]"
    yield "success_rate = 0.95"
    yield ""
