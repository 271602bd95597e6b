"""How tenants prove who they are: what ``config new`` asks, and the part of a profile that it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterator

from config.answers import argv, authorization, inline, names, set_to
from config.question import Answers, Condition, Question, answered, both
from config.toml_text import toml_value


def _shown(answers: Answers) -> bool:
    return answers.get("token") != "none"


def _from(*sources: str) -> Condition:
    return both(_shown, answered("token_source", *sources))


def _asked_in(*places: str) -> Condition:
    return both(_from("service", "login"), answered("token_in", *places))


AUTH_QUESTIONS = (
    Question(
        "token", "Where does a tenant's token go when it connects?", "query",
        ("query", "header", "cookie", "subprotocol", "path", "basic", "frame", "none"),
        means={"basic": "HTTP's own user and password", "frame": "the first frames after the upgrade"},
    ),
    Question(
        "token_parameter", "Name of the query parameter or cookie?", "token", when=answered("token", "query", "cookie")
    ),
    Question("token_header", "Name of the header?", "Authorization", when=answered("token", "header")),
    Question("token_scheme", "What stands before the token in it?", "Bearer ", when=answered("token", "header")),
    Question(
        "subprotocol_scheme", "What stands before the token in the subprotocol? (such as bearer.; empty for nothing)",
        "", when=answered("token", "subprotocol"),
    ),
    Question(
        "subprotocols", "Which subprotocols are offered before it, apart by commas? (empty for none)", "",
        when=answered("token", "subprotocol"),
    ),
    Question(
        "token_address", "The WebSocket's address, with {token} where it goes? (such as ${TARGET_URL}/{token})",
        when=lambda answers: answers.get("token") == "path" and "{token}" not in answers["url"],
    ),
    Question(
        "basic_user", "User name beside the token, which is the password?", "{tenant}", when=answered("token", "basic")
    ),
    Question(
        "login_frame", 'What is said first, as JSON? (such as {"type": "auth", "token": "{token}"})',
        when=answered("token", "frame"),
    ),
    Question("login_accepted", "Kind of the frame that lets the tenant in?", when=answered("token", "frame")),
    Question(
        "login_refused", "Kind of the frame that turns it away? (empty if the connection is closed)", "",
        when=answered("token", "frame"),
    ),
    Question(
        "proved_by", "When is a bad token refused: as the session opens, or only at the first operation?", "opening",
        ("opening", "operation"), when=_shown,
    ),
    Question(
        "token_source", "How is the token made?", "jwt",
        ("jwt", "service", "login", "file", "command", "token", "password"), when=_shown,
        means={
            "jwt": "signed here, with the service's key",
            "service": "a token service is asked over HTTP",
            "login": "user and password are sent over HTTP, and the answer brings it",
            "file": "a table of accounts and tokens",
            "command": "a program says it",
            "token": "the tenant's own: a column of its account, or told when it is made",
            "password": "the tenant's own password, as for basic",
        },
    ),
    Question("jwt_algorithm", "With which algorithm is it signed?", "HS256", when=_from("jwt")),
    Question("jwt_secret", "Variable with the signing secret?", "${TARGET_JWT_SECRET}", when=_from("jwt")),
    Question("jwt_claims", "Which claims has it, as JSON?", '{"sub": "{tenant}"}', when=_from("jwt")),
    Question("token_url", "Address that it is asked of? (http://…, https://…)", when=_from("service", "login")),
    Question("token_body", "What is posted to it, as JSON?", '{"user_id": "{tenant}"}', when=_from("service")),
    Question(
        "token_authorization", "Authorization header for it? (such as Bearer ${AUTH_SERVICE_KEY}; empty for none)", "",
        when=_from("service"),
    ),
    Question(
        "login_body", "What is posted to it, as JSON?", '{"user": "{email}", "password": "{password}"}',
        when=_from("login"),
    ),
    Question(
        "login_sent_as", "Is that sent as JSON, or as the fields of a form?", "json", ("json", "form"),
        when=_from("login"),
    ),
    Question(
        "token_in", "Where does the answer bring the token?", "body", ("body", "cookie", "header"),
        when=_from("service", "login"),
    ),
    Question("token_path", "Path of the token in its answer?", "access_token", when=_asked_in("body")),
    Question("token_name", "Name of the cookie or header that is the token?", when=_asked_in("cookie", "header")),
    Question("token_file", "CSV file with the tokens?", when=_from("file")),
    Question("token_file_tenant", "Its column with the tenant's id?", "tenant", when=_from("file")),
    Question("token_file_token", "Its column with the token?", "token", when=_from("file")),
    Question(
        "token_command", "Command that writes it? (such as ./issue-token --tenant {tenant})", when=_from("command")
    ),
    Question(
        "token_command_path", "Path of the token in what it writes? (empty if it writes the token alone)", "",
        when=_from("command"),
    ),
)  # fmt: skip
"""What has to be known of a tenant's login."""


def target_of(answers: Answers) -> Iterator[str]:
    """Yields what a login asks of [target]: its address, and the subprotocols that are offered."""
    yield set_to("url", answers, "token_address" if "token_address" in answers else "url")
    if offered := names(answers, "subprotocols"):
        yield f"subprotocols = {toml_value(offered)}"


def auth_of(answers: Answers) -> Iterator[str]:
    """Yields the tables of [auth].

    Raises:
        AnswerUnfit: an answer that should be JSON or a command is none.
    """
    place = answers["token"]
    yield "# How a tenant proves who it is: where the token goes and how it is made. More ways: docs/tenants.md"
    yield "[auth]"
    yield f"place = {toml_value(place)}"
    yield from _placed(answers)
    if place == "none":
        yield ""
        return
    source = answers["token_source"]
    yield f"source = {toml_value('service' if source == 'login' else source)}"
    if answers["proved_by"] == "operation":
        yield "# A token counts as accepted only if an operation that costs nothing is answered."
        yield 'proved_by = "operation"'
    else:
        yield '# proved_by = "operation"  # where every login is acknowledged, and only what is said then is refused'
    yield ""
    if place == "frame":
        yield "[auth.frame]"
        yield f"send = {inline(answers, 'login_frame')}"
        yield f"accepted = [{toml_value(answers['login_accepted'])}]"
        refused = answers["login_refused"]
        yield f"refused = [{toml_value(refused)}]" if refused else '# refused = ["…"]'
        yield ""
    elif answers.get("dialect") == "socket.io":
        yield "# What a client says as it joins, beside the token: docs/messages.md."
        yield "# [auth.frame]"
        yield '# send = { packet = "connect", data = { session = "{uuid}" } }'
        yield '# accepted = ["connect"]'
        yield '# refused = ["connect_error"]'
        yield ""
    yield from _made(answers)
    yield from _further(answers)
    yield "# Where a session outlives its token: opened again with a fresh one, or as [auth.renewal.operation] says."
    yield "# [auth.renewal]"
    yield "# every_s = 600"
    if source in ("service", "login"):
        yield "# Where a refresh token comes with the login (learn, above) and is taken back for a fresh token:"
        yield "# [auth.renewal.service]"
        yield f"# url = {toml_value(answers['token_url'])}"
        yield '# body = { refresh_token = "{refresh_token}" }'
        yield '# learn = { refresh_token = "refresh_token" }  # if each answer brings another one'
    yield ""


def _placed(answers: Answers) -> Iterator[str]:
    match answers["token"]:
        case "query" | "cookie":
            yield set_to("parameter", answers, "token_parameter")
        case "header":
            yield set_to("parameter", answers, "token_header")
            yield set_to("scheme", answers, "token_scheme")
        case "subprotocol":
            yield set_to("scheme", answers, "subprotocol_scheme")
        case "basic":
            yield "# The token is the password."
            yield set_to("username", answers, "basic_user")


def _made(answers: Answers) -> Iterator[str]:
    match answers["token_source"]:
        case "jwt":
            yield "[auth.jwt]"
            yield set_to("algorithm", answers, "jwt_algorithm")
            yield set_to("secret", answers, "jwt_secret")
            yield f"claims = {inline(answers, 'jwt_claims')}"
        case "service":
            yield from _asked_for(answers, "body", "token_body")
        case "login":
            yield from _asked_for(answers, "form" if answers["login_sent_as"] == "form" else "body", "login_body")
        case "file":
            yield "[auth.file]"
            yield set_to("path", answers, "token_file")
            yield set_to("tenant", answers, "token_file_tenant")
            yield set_to("token", answers, "token_file_token")
        case "command":
            yield "# Run without a shell. Secrets go into its environment, never into its arguments."
            yield "[auth.command]"
            yield f"argv = {argv(answers, 'token_command')}"
            yield '# environment = { USER_PASSWORD = "{password}" }'
            if answers["token_command_path"]:
                yield set_to("token", answers, "token_command_path")
        case "token" | "password":
            return
    if answers["token_source"] not in ("service", "login"):
        yield ""


def _asked_for(answers: Answers, key: str, name: str) -> Iterator[str]:
    yield "[auth.service]"
    yield set_to("url", answers, "token_url")
    if "token_authorization" in answers:
        yield from authorization(answers, "token_authorization")
    yield f"{key} = {inline(answers, name)}"
    if answers["token_in"] == "body":
        yield set_to("token", answers, "token_path")
    else:
        yield set_to(f"token_{answers['token_in']}", answers, "token_name")


def _further(answers: Answers) -> Iterator[str]:
    """What a login over HTTP may be beside one request and one token."""
    if answers["token_source"] not in ("service", "login"):
        return
    yield "# What else the answer brings goes where {user_id} stands: target.url, headers, [auth.frame], messages."
    yield "# It is kept secret like the token, but for ids by which this tenant goes and no other."
    yield '# learn = { user_id = "user.id", refresh_token = "refresh_token", connection = { header = "X-Connection" } }'
    yield '# ids = ["user_id"]'
    yield ""
    yield "# A request that has to come before, such as the page with the form: what it learns fills what follows."
    yield "# [[auth.service.before]]"
    yield '# method = "GET"'
    yield f"# url = {toml_value(answers['token_url'])}"
    yield '# learn = { csrf = { matches = \'name="csrf" value="([^"]+)"\' } }'
    yield ""


def tokens_of(answers: Answers) -> str:
    """Returns the line that says which tokens must be refused: those that can be made."""
    if answers["token"] == "none":
        return '# tokens = ["missing"]'
    if answers["token_source"] == "jwt":
        return 'tokens = ["missing", "unsigned", "expired", "wrong_key"]'
    return 'tokens = ["missing", "unknown"]'
