"""What has to be known of a service before a profile of it can be begun, as questions and as command-line options."""

from __future__ import annotations

from collections.abc import Callable

from config.dialects import settles
from config.new_auth import AUTH_QUESTIONS
from config.new_tenants import TENANT_QUESTIONS, has_budgets
from config.question import Answers, Condition, Question

EXAMPLES = {
    "json": '{"type": "chat", "message_id": "{message_id}", "text": "{prompt}"}',
    "json-binary": '{"type": "chat", "message_id": "{message_id}", "text": "{prompt}"}',
    "graphql-transport-ws": '{"id": "{message_id}", "query": "mutation ($text: String!) { say(text: $text) }", '
    '"variables": {"text": "{prompt}"}}',
    "json-rpc": '{"id": "{message_id}", "method": "say", "params": {"text": "{prompt}"}}',
    "socket.io": '{"event": "say", "args": [{"text": "{prompt}"}], "id": "{counter}"}',
    "stomp": '{"command": "SEND", "headers": {"destination": "/queue/{tenant}", "receipt": "{message_id}"}, '
    '"body": {"text": "{prompt}"}}',
}
"""What a chat may look like, by dialect."""
OPERATIONS = ("ping", "routing", "chat", "history", "state_read", "state_write", "resume")


def _open(table: str, *keys: str) -> Condition:
    """Whether the dialect leaves these keys to the profile."""
    return lambda answers: not settles(answers.get("dialect", "json"), table, *keys)


QUESTIONS = (
    Question("name", "What is the service called, for reports?"),
    Question("url", "Where is its WebSocket? (ws://…, wss://…, or a variable such as ${TARGET_URL})"),
    Question(
        "dialect", "Which protocol is spoken over it?", "json",
        ("json", "json-binary", "graphql-transport-ws", "json-rpc", "socket.io", "stomp"),
    ),
    *AUTH_QUESTIONS,
    *TENANT_QUESTIONS,
    Question("type_path", "Path of a frame's type?", "type", when=_open("frames", "type", "kinds")),
    Question(
        "id_path", "Path of the message id that a reply repeats?", "message_id", when=_open("frames", "request_id")
    ),
    Question("tenant_path", "Path of the tenant's id in frames? (empty if there is none)", ""),
    Question("budget_path", "Path of the remaining budget in frames? (empty if there is none)", "", when=has_budgets),
    Question(
        "chat_cost", "What is a chat charged, in whole units? (the most, if it differs)", "0",
        when=lambda answers: bool(answers.get("budget_path")),
    ),
    Question("thread_path", "Path of a conversation's id in frames? (empty if there is none)", ""),
    Question(
        "ready", "Kind of the frame that greets a new connection? (empty if there is none)", "",
        when=_open("frames", "ready"),
    ),
    Question("error", "Kind of the frame that refuses a request?", "error", when=_open("refusal", "type")),
    Question("error_path", "Path of the reason's code in it?", "code", when=_open("refusal", "code")),
    Question("redis", "Is there a Redis to look into?", "no", ("yes", "no")),
    Question("postgres", "Is there a Postgres to look into?", "no", ("yes", "no")),
)  # fmt: skip


def unanswered(given: Answers) -> list[Question]:
    """Returns the questions that are neither answered nor have a default, though they have to be."""
    complete = with_defaults(given)
    return [question for question in QUESTIONS if question.when(complete) and question.name not in complete]


def with_defaults(given: Answers) -> dict[str, str]:
    """Returns the answers with defaults for what is not answered."""
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        value = given.get(question.name, question.default)
        if value is not None and (question.name in given or question.when(answers)):
            answers[question.name] = value
    return answers


def ask(given: Answers, read: Callable[[str], str], say: Callable[[str], None]) -> dict[str, str]:
    """Returns the answers, asking for each that is not given.

    Args:
        given: what is known already.
        read: shows a prompt and returns what was typed.
        say: shows a line.
    """
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        if question.name in given:
            answers[question.name] = given[question.name]
        elif question.when(answers):
            answers[question.name] = _ask(question, read, say)
    return answers


def _ask(question: Question, read: Callable[[str], str], say: Callable[[str], None]) -> str:
    for choice, meaning in question.means.items():
        say(f"  {choice}: {meaning}")
    offered = f" ({', '.join(question.choices)})" if question.choices else ""
    usual = f" [{question.default.strip()}]" if question.default else ""
    while True:
        said = read(f"{question.asks}{offered}{usual} ").strip()
        value = said or question.default
        if value is None:
            say("  this has no usual answer: please give one")
        elif question.choices and value not in question.choices:
            say(f"  one of {', '.join(question.choices)}, please")
        else:
            return value
