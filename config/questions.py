"""What has to be known of a service before a profile of it can be begun, as questions and as command-line options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.dialects import settles

Answers = Mapping[str, str]
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


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be known.

    Attributes:
        name: name of the answer; its option has hyphens for underscores.
        asks: the question.
        default: the answer if none is given; None if there has to be one.
        choices: what may be answered; anything if empty.
        when: whether it is asked at all, given the answers so far.
    """

    name: str
    asks: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    when: Callable[[Answers], bool] = lambda _answers: True

    @property
    def option(self) -> str:
        """The command-line option that answers it."""
        return f"--{self.name.replace('_', '-')}"


def _token(*places: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("token", "none") in places


def _source(*sources: str) -> Callable[[Answers], bool]:
    return lambda answers: answers.get("token", "none") != "none" and answers.get("token_source") in sources


def _open(table: str, *keys: str) -> Callable[[Answers], bool]:
    """Whether the dialect leaves these keys to the profile."""
    return lambda answers: not settles(answers.get("dialect", "json"), table, *keys)


QUESTIONS = (
    Question("name", "What is the service called, for reports?"),
    Question("url", "Where is its WebSocket? (ws://…, wss://…, or a variable such as ${TARGET_URL})"),
    Question(
        "dialect", "Which protocol is spoken over it?", "json",
        ("json", "json-binary", "graphql-transport-ws", "json-rpc", "socket.io", "stomp"),
    ),
    Question(
        "token", "Where does a tenant's token go when it connects?", "query",
        ("query", "header", "cookie", "subprotocol", "frame", "none"),
    ),
    Question("token_parameter", "Name of the query parameter or cookie?", "token", when=_token("query", "cookie")),
    Question("token_header", "Name of the header?", "Authorization", when=_token("header")),
    Question("token_scheme", "What stands before the token in it?", "Bearer ", when=_token("header")),
    Question(
        "login_frame", 'What is said first, as JSON? (such as {"type": "auth", "token": "{token}"})',
        when=_token("frame"),
    ),
    Question("login_accepted", "Kind of the frame that lets the tenant in?", when=_token("frame")),
    Question(
        "proved_by", "When is a bad token refused: as the session opens, or only at the first operation?", "opening",
        ("opening", "operation"), when=lambda answers: answers.get("token") != "none",
    ),
    Question(
        "token_source", "How is the token made?", "jwt", ("jwt", "service"),
        when=lambda answers: answers.get("token") != "none",
    ),
    Question("jwt_algorithm", "With which algorithm is it signed?", "HS256", when=_source("jwt")),
    Question("jwt_secret", "Variable with the signing secret?", "${TARGET_JWT_SECRET}", when=_source("jwt")),
    Question("jwt_claims", "Which claims has it, as JSON?", '{"sub": "{tenant}"}', when=_source("jwt")),
    Question("token_url", "Address of the service that issues it?", when=_source("service")),
    Question("token_body", "What is posted to it, as JSON?", '{"user_id": "{tenant}"}', when=_source("service")),
    Question(
        "token_authorization", "Authorization header for it? (such as Bearer ${AUTH_SERVICE_KEY}; empty for none)", "",
        when=_source("service"),
    ),
    Question("token_path", "Path of the token in its answer?", "access_token", when=_source("service")),
    Question("names", "What do tenants' ids look like?", "uuid", ("uuid", "slug", "integer", "email")),
    Question("type_path", "Path of a frame's type?", "type", when=_open("frames", "type", "kinds")),
    Question(
        "id_path", "Path of the message id that a reply repeats?", "message_id", when=_open("frames", "request_id")
    ),
    Question("tenant_path", "Path of the tenant's id in frames? (empty if there is none)", ""),
    Question("budget_path", "Path of the remaining budget in frames? (empty if there is none)", ""),
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
