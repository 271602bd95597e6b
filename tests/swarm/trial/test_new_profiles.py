"""What ``config new`` writes is tried by ``config check``: each place of a token, each source, each making of tenants.

The service is scripted and strict: it lets in whom it knows, by a token where and as it wants it, and nobody else.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote

import jwt
import pytest

from config.load import load
from config.new_command import main as new
from swarm.trial.command import main as check
from tests.http_server import Asked, HttpServer, Reply, http_server
from tests.users.scripted_service import Caller, ScriptedService, scripted_service
from tests.users.wire.scripted_server import Peer
from users.dialects.base import Message

SECRET = "PLANTED-signing-secret-of-forty-characters"
ADMIN = "Bearer PLANTED-admin-key"
ISSUE = "import sys; print('PLANTED-command-token-of-' + sys.argv[1])"
MAKE = """
import json, pathlib, sys
name, folder = sys.argv[1], pathlib.Path(sys.argv[2])
(folder / ("id-" + name)).write_text(json.load(sys.stdin)["password"])
print(json.dumps({"user": {"id": "id-" + name}, "key": "PLANTED-made-token-of-id-" + name}))
"""
REMOVE = "import pathlib, sys; (pathlib.Path(sys.argv[2]) / sys.argv[1]).unlink()"


@dataclass
class Service:
    """Who may come, and where the token is looked for."""

    place: str
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    anybody: bool = False
    who: dict[Peer, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def whose(self, token: str) -> str | None:
        """The tenant that a token names, if it is a good one of somebody who is known."""
        name = self.tokens.get(token)
        if match := re.fullmatch(r"PLANTED-(?:command|made)-token-of-(.+)", token):
            name = match[1]
        if token.count(".") == 2:
            try:
                name = jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
            except jwt.PyJWTError:
                return None
        made = {file.name for file in (self.folder / "made").iterdir()}
        return name if self.anybody or name in {*self.known, *self.ids, *made} else None

    def answer_upgrade(self, peer: Peer) -> bool:
        request = peer.read_request().decode()
        if self.place == "frame":
            peer.send(peer.response())
            return True
        name = self.whose(shown_at(self.place, request))
        if name is None:
            peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        self.who[peer] = name
        peer.send(peer.response(b"Sec-WebSocket-Protocol: chat.v1\r\n" if self.place == "subprotocol" else b""))
        return True

    def greet(self, caller: Caller) -> None:
        if self.place != "frame":
            caller.say({"type": "hello"})

    def on_message(self, caller: Caller, message: Message) -> None:
        said = json.loads(message)
        if said["type"] == "auth":
            name = self.whose(said.get("key", ""))
            caller.say({"type": "welcome" if name else "go_away"})
            self.who[caller.peer] = name or ""
            return
        caller.say({"type": "said", "message_id": said["message_id"], "user": self.who[caller.peer]})

    def over_http(self, asked: Asked) -> Reply:
        """A token service, a login, and the making of users."""
        if asked.method == "DELETE":
            assert asked.headers["Authorization"] == ADMIN
            name = unquote(asked.path.rpartition("/")[2])
            there = name in self.ids
            self.ids.discard(name)
            return Reply(204 if there else 404)
        if asked.path == "/form":
            fields = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        else:
            document = asked.document
            assert isinstance(document, dict)
            fields = document
        if asked.path == "/users":
            assert asked.headers["Authorization"] == ADMIN
            name = str(len(self.ids) + 1000)
            self.ids.add(name)
            token = f"PLANTED-own-token-{name}"
            self.tokens |= {token: name, fields["password"]: name}
            return Reply(201, {"data": {"id": name, "token": token}})
        if asked.path == "/token":
            assert asked.headers["Authorization"] == ADMIN
            name = fields["user_id"]
        elif (found := self.tokens.get(fields["password"])) is not None:
            name = found
        else:
            return Reply(401, {"error": "no"})
        token = f"PLANTED-issued-token-of-{name}"
        self.tokens[token] = name
        return Reply(200, {"access_token": token}, {"X-Session": token}, (f"sid={token}; Path=/",))


def shown_at(place: str, request: str) -> str:
    """The token where this place has it; empty if it is not there."""
    patterns = {
        "query": r"^GET /ws\?token=(\S+) ", "path": r"^GET /ws/(\S+) ", "header": r"\nAuthorization: Bearer (\S+)",
        "cookie": r"\nCookie: token=(\S+)", "subprotocol": r"\nSec-WebSocket-Protocol: chat\.v1, ?bearer\.(\S+)",
        "basic": r"\nAuthorization: Basic (\S+)",
    }  # fmt: skip
    found = re.search(patterns[place], request, re.IGNORECASE)
    if found is None:
        return ""
    return base64.b64decode(found[1]).decode().partition(":")[2] if place == "basic" else unquote(found[1])


@contextmanager
def serving(service: Service) -> Iterator[tuple[ScriptedService, HttpServer]]:
    (service.folder / "made").mkdir()
    with ExitStack() as stack:
        running = stack.enter_context(scripted_service(service.on_message, service.greet, service.answer_upgrade))
        yield running, stack.enter_context(http_server(service.over_http))


PLACES = {
    "query": (), "header": (), "cookie": (), "path": (), "basic": ("--basic-user", "{tenant}"),
    "subprotocol": ("--subprotocol-scheme", "bearer.", "--subprotocols", "chat.v1"),
    "frame": (
        "--login-frame", '{"type": "auth", "key": "{token}"}', "--login-accepted", "welcome",
        "--login-refused", "go_away",
    ),
}  # fmt: skip
ACCOUNTS = ("--tenants", "accounts", "--accounts-file", "accounts.csv", "--account-email", "mail")
BY_HTTP = (
    "--tenants", "http", "--create-url", "HTTP/users", "--create-authorization", "${ADMIN}", "--created-id", "data.id",
    "--remove-url", "HTTP/users/{tenant_id}",
)  # fmt: skip
PYTHON = sys.executable
SOURCES = {
    "jwt": ("--jwt-secret", "${SHOP_SECRET}"),
    "service": ("--token-url", "HTTP/token", "--token-authorization", "${ADMIN}"),
    "login": ("--token-url", "HTTP/login", "--account-password", "secret", *ACCOUNTS),
    "login by a form": (
        "--token-url", "HTTP/form", "--login-sent-as", "form", "--token-in", "cookie", "--token-name", "sid",
        "--account-password", "secret", *ACCOUNTS,
    ),
    "login and a header": ("--token-url", "HTTP/login", "--token-in", "header", "--token-name", "X-Session", *BY_HTTP),
    "file": ("--token-file", "tokens.csv", "--accounts-file", "accounts.csv"),
    "command": ("--token-command", f"{PYTHON} FOLDER/issue.py {{tenant}}"),
    "token": ("--account-token", "key", *ACCOUNTS),
    "token told": ("--created-token", "data.token", *BY_HTTP),
    "password": ("--account-password", "secret", *ACCOUNTS),
    "password made": BY_HTTP,
}  # fmt: skip
MAKINGS = {
    "nothing": ("--tenants", "nothing"),
    "accounts": ACCOUNTS,
    "http": BY_HTTP,
    "command": (
        "--tenants", "command", "--create-command", f"{PYTHON} FOLDER/make.py {{tenant}} FOLDER/made",
        "--create-input", '{"password": "{password}"}', "--created-id", "user.id",
        "--remove-command", f"{PYTHON} FOLDER/remove.py {{tenant_id}} FOLDER/made",
    ),
}  # fmt: skip


def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, *options: str) -> str:
    """Writes a profile with ``config new``, has it checked, and returns what was shown."""
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    monkeypatch.setenv("ADMIN", ADMIN)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for name, script in (("issue", ISSUE), ("make", MAKE), ("remove", REMOVE)):
        (tmp_path / f"{name}.py").write_text(script, encoding="utf-8")
    names = ("ann", "bob")
    lines = [f"{name},{name}@x.example,PLANTED-password-of-{name},PLANTED-key-of-{name}" for name in names]
    (tmp_path / "accounts.csv").write_text("\n".join(["tenant,mail,secret,key", *lines, ""]), encoding="utf-8")
    lines = [f"{name},PLANTED-filed-token-of-{name}" for name in names]
    (tmp_path / "tokens.csv").write_text("\n".join(["tenant,token", *lines, ""]), encoding="utf-8")
    said = dict(itertools.pairwise(options))
    tenants = said.get("--tenants", "accounts" if "--accounts-file" in said else "nothing")
    service = Service(place, tmp_path, known=names if tenants == "accounts" else (), anybody=tenants == "nothing")
    for name in names:
        service.tokens |= {f"PLANTED-{what}-of-{name}": name for what in ("password", "key", "filed-token")}
    out, shown = tmp_path / "made.toml", io.StringIO()
    with serving(service) as (running, http):
        url = f"{running.url}/{{token}}" if place == "path" else running.url
        made = [word.replace("HTTP", http.url).replace("FOLDER", str(tmp_path)) for word in options]
        ready = () if place == "frame" else ("--ready", "hello")
        assert new([
            "--out", str(out), "--name", "shop", "--url", url, "--token", place, *PLACES[place], *ready, *made,
            "--tenant-path", "user", "--operation", "chat", "said",
            '{"type": "say", "message_id": "{message_id}", "text": "{prompt}"}',
        ]) == 0  # fmt: skip
        text = out.read_text(encoding="utf-8")
        assert text.startswith("#:schema ") and text.count("\n# ") > 10 and "PLANTED" not in text
        assert check([str(out), "--offline"], io.StringIO()) == 0
        code = check([str(out), "--runs", str(tmp_path / "runs")], shown)
        assert code == 0, shown.getvalue()
    assert not service.ids and not list((tmp_path / "made").iterdir()), "what the check made is removed"
    assert "PLANTED" not in shown.getvalue()
    assert "ok    chat: answered" in shown.getvalue()
    for kind in load(out).attempts.tokens:
        assert f"ok    token: {kind}: refused, as it should be" in shown.getvalue()
    removes = load(out).removes_tenants
    assert ("A removed tenant comes back" in shown.getvalue()) == removes
    return shown.getvalue()


@pytest.mark.parametrize("place", PLACES)
def test_a_token_goes_wherever_it_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    shown = tried(tmp_path, monkeypatch, place, *SOURCES["jwt"], *MAKINGS["http"])
    assert "ok    token: unsigned: refused" in shown and "removed 2 tenants" in shown


@pytest.mark.parametrize("source", SOURCES)
def test_a_token_comes_from_wherever_it_is_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    place = "basic" if source.startswith("password") else "header"
    options = ("--token-source", source.partition(" ")[0], *SOURCES[source])
    tried(tmp_path, monkeypatch, place, *options)


@pytest.mark.parametrize("making", MAKINGS)
def test_tenants_are_made_in_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, making: str) -> None:
    shown = tried(tmp_path, monkeypatch, "query", *SOURCES["jwt"], *MAKINGS[making])
    assert ("account 0: ann" in shown) == (making == "accounts")
