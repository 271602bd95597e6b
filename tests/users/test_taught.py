"""What a login over HTTP teaches, with a service over HTTP and WebSocket that refuses whoever does not say it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest

from config.profile import RENEWAL
from evidence.findings import FindingKind
from evidence.oracle import control_pair
from evidence.records import RENEWED, ConnectFailed, IdLearnt, RequestEnded, SightingSeen, TokenShown
from evidence.requests import Outcome, Request
from tests.config.profiles import REMOVE
from tests.http_server import Asked, Reply, http_server
from tests.users.fixtures import KEY, OTHER, OWN, World, identity, profile_for, world
from tests.users.scripted_service import Caller, scripted_service
from tests.users.small_target import until
from tests.users.test_dialogues import BARE
from tests.users.wire.scripted_server import Peer
from users.aside import Aside
from users.base import credentials_of
from users.dialects.base import Message
from users.forging import bad_tokens, good_token, show_bad_tokens, try_token
from users.presence import Presence
from users.session import Session
from users.taught import note_taught
from users.tenant import Tenant, TenantIdentity

AUTH: dict[str, Any] = {
    "auth__place": "frame", "auth__source": "service", "auth__jwt": REMOVE, "target__headers": {
        "X-Session": "v1 {session_key}", "Cookie": "theme=dark; org={org_id}",
    },
    "auth__frame": {
        "send": {"kind": "login", "token": "{token}", "user": "{user_id}"}, "accepted": ["hello"], "refused": ["no"],
    },
    "frames": {"type": "kind", "request_id": ["id"], "tenant": ["user"]},
    "refusal": {"type": "failure", "code": "why"},
    "operations__chat": {
        "send": {"kind": "say", "id": "{message_id}", "text": "{prompt}", "user": "{user_id}", "key": "{session_key}"},
        "ends": "said",
    },
}  # fmt: skip
EMPTY: dict[str, Any] = {}
RENEWING: dict[str, Any] = {
    "every_s": 30,
    "operation": {
        "send": {"kind": "renew", "id": "{message_id}", "token": "{token}", "key": "{session_key}"}, "ends": "said",
    },
}  # fmt: skip


class Service:
    """Wants what a login has taught in the address, a header, a cookie, the first frame and each message."""

    def __init__(self) -> None:
        self.logins = 0
        self.users: dict[str, int] = {}
        self.people: dict[str, dict[str, Any]] = {}
        self.shows = ""
        self.mixes_up = False
        self.came: dict[Peer, dict[str, Any]] = {}
        self.trusts_names = False

    def over_http(self, asked: Asked) -> Reply:
        if asked.path == "/org":
            return Reply(200, {"org": {"id": "org of all"}})
        document = asked.document
        assert isinstance(document, dict)
        self.logins += 1
        user = 7000 if self.mixes_up else self.users.setdefault(document["user"], 7000 + len(self.users))
        token = f"PLANTED-token-{self.logins}"
        key = f"PLANTED key/{self.logins}"
        self.people[token] = {"user": user, "key": key}
        return Reply(200, {"access_token": token, "me": {"id": user}}, {"X-Key": key})

    def answer_upgrade(self, peer: Peer) -> bool:
        request = peer.read_request().decode()
        path = re.match(r"GET /ws/(\d+)\?org=org%20of%20all HTTP", request)
        key = re.search(r"(?m)^X-Session: v1 (.+?)\r?$", request)
        cookie = "Cookie: theme=dark; org=org of all\r\n" in request + "\r\n"
        if not (path and key and cookie):
            peer.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return False
        self.came[peer] = {"user": int(path[1]), "key": key[1]}
        peer.send(peer.response())
        return True

    def hear(self, caller: Caller, message: Message) -> None:
        heard, came = orjson.loads(message), self.came[caller.peer]
        if heard["kind"] == "login":
            person = self.people.get(heard.get("token", ""), {})
            good = person == came if not self.trusts_names else bool(person)
            caller.say({"kind": "hello" if good and heard["user"] == came["user"] else "no"})
        elif heard["kind"] == "renew":
            came.update(self.people[heard["token"]])
            caller.say({"kind": "said" if heard["key"] == came["key"] else "failure", "id": heard["id"]})
        elif (heard["user"], heard["key"]) == (came["user"], came["key"]):
            caller.say({"kind": "said", "id": heard["id"], "user": self.shows or came["user"]})
        else:
            caller.say({"kind": "failure", "id": heard["id"], "why": "who are you?"})


@contextmanager
def serving(asks: dict[str, Any] = EMPTY, **changes: Any) -> Iterator[tuple[Service, World]]:
    service = Service()
    with (
        http_server(service.over_http) as http,
        scripted_service(service.hear, answer_upgrade=service.answer_upgrade) as served,
    ):
        login: dict[str, Any] = {
            "before": [{"url": f"{http.url}/org", "learn": {"org_id": "org.id"}}],
            "url": f"{http.url}/login", "body": {"user": "{tenant}"}, "ids": ["user_id"],
            "learn": {"user_id": "me.id", "session_key": {"header": "X-Key"}}, **asks,
        }  # fmt: skip
        url = f"{served.url}/{{user_id}}?org={{org_id}}"
        here = world(profile_for(url, **{**BARE, **AUTH, "auth__service": login, **changes}))
        yield service, here


@contextmanager
def session_of(here: World, tenant: Tenant | None = None) -> Iterator[Session]:
    session = Session(here.run, tenant or here.tenant, 0, credentials_of(here.run), None)
    try:
        session.open()
        yield session
    finally:
        session.finish("test over")


def says(session: Session, here: World) -> Request:
    request = session.ask("chat", here.run.profile.operations.chat, time.perf_counter())
    assert session.wait(request)
    return request


def other_tenant(here: World) -> Tenant:
    return Tenant.of(identity(OTHER), here.run.key)


def test_what_a_login_teaches_goes_into_the_upgrade_the_first_frame_and_messages() -> None:
    with serving() as (service, here), session_of(here) as session:
        assert says(session, here).outcome is Outcome.ANSWERED
        assert [came["user"] for came in service.came.values()] == [7000]
        assert not here.sink.of(SightingSeen)
        assert here.tenant.ids == {"user_id": 7000}


def test_without_it_nobody_is_let_in() -> None:
    with serving(target__headers={}) as (_, here):
        here.run.stopping = True
        Session(here.run, here.tenant, 0, credentials_of(here.run), None).reopen(resume=False)
        assert [row.status for row in here.sink.of(ConnectFailed)] == [401]
    bare = {"send": {"kind": "say", "id": "{message_id}", "text": "{prompt}", "user": 1, "key": 1}, "ends": "said"}
    with serving(operations__chat=bare) as (_, here), session_of(here) as session:
        request = says(session, here)
        assert (request.outcome, request.reason) == (Outcome.REFUSED, "who are you?")


def test_it_is_kept_with_the_token_and_forgotten_with_it() -> None:
    with serving() as (service, here), session_of(here) as session:
        session.leave()
        session.open()
        assert service.logins == 1 and len({came["key"] for came in service.came.values()}) == 1
        session.leave()
        credentials_of(here.run).forget(here.tenant.identity)
        session.open()
        assert service.logins == 2 and len({came["key"] for came in service.came.values()}) == 2
        assert says(session, here).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("renewal", [RENEWING, {"every_s": 30}], ids=["said", "connected anew"])
def test_it_is_renewed_with_the_token(renewal: dict[str, Any]) -> None:
    with serving(auth__renewal=renewal) as (service, here), session_of(here) as session:
        session.keep(time.perf_counter() + 31)
        until(lambda: here.run.exposures[RENEWED] == 1, "the renewal")
        assert service.logins == 2 and len(service.came) == (1 if "operation" in renewal else 2)
        assert [row.outcome for row in here.sink.of(RequestEnded) if row.operation == RENEWAL] == (
            ["answered"] if "operation" in renewal else []
        )
        assert says(session, here).outcome is Outcome.ANSWERED


def test_an_id_of_another_in_a_frame_is_a_leak_of_its_owner() -> None:
    with serving() as (service, here), session_of(here) as session:
        other = other_tenant(here)
        with session_of(here, other):
            says(session, here)
            assert not here.sink.of(SightingSeen)
            service.shows = str(other.ids["user_id"])
            says(session, here)
        (seen,) = here.sink.of(SightingSeen)
        assert (seen.kind, seen.severity) == (FindingKind.WRONG_IDENTITY, "leak")
        assert (seen.owner, seen.recipient) == (OTHER, OWN)
        assert seen.excerpt == "user: 7001"


def test_what_is_not_declared_an_id_is_secret_and_names_nobody() -> None:
    with serving({"ids": []}) as (service, here), session_of(here) as session:
        with session_of(here, other_tenant(here)):
            service.shows = "7001"
            says(session, here)
        (seen,) = here.sink.of(SightingSeen)
        assert (seen.severity, seen.owner) == ("suspicion", None)
        assert not here.sink.of(IdLearnt) and "7000" in here.tenant.tokens and not here.tenant.ids


def test_a_login_that_is_answered_with_another_s_id_is_a_leak() -> None:
    with serving() as (service, here), session_of(here):
        service.mixes_up = True
        with session_of(here, other_tenant(here)):
            pass
        (seen,) = here.sink.of(SightingSeen)
        assert (seen.kind, seen.severity, seen.owner, seen.recipient) == ("wrong-identity", "leak", OWN, OTHER)
        assert (seen.group, seen.place) == ("login", f"login of session 0 of tenant {OTHER}")
        assert [row.tenant for row in here.sink.of(IdLearnt)] == [OWN]


def test_ids_are_written_down_once_and_everything_else_is_hidden() -> None:
    with serving() as (_, here), session_of(here) as session:
        session.leave()
        session.open()
        (row,) = here.sink.of(IdLearnt)
        assert (row.tenant, row.thing, row.value, row.names_tenant, row.kind) == (
            OWN, "user_id", "7000", True, "login",
        )  # fmt: skip
        assert {"PLANTED key/1", "PLANTED-token-1", "org of all"} <= here.tenant.tokens
        assert "7000" not in here.tenant.tokens
        said = here.tenant.conceal("a PLANTED key/1 of 7000")
        assert said == "a (hidden) of 7000" and here.run.secrets.hide("PLANTED%20key%2F1") == "(hidden)"
        assert "PLANTED" not in repr(credentials_of(here.run).token(here.tenant.identity))


def test_a_random_secret_is_known_to_the_checker_by_its_fingerprint() -> None:
    with serving() as (_, here):
        key = "q7Zk2Xv9Lw4Tn8Rb3Yc6Jd1Mf5Hs0Pg"
        values = {**here.tenant.identity.placeholders, "user_id": 7000, "org_id": here.tenant.identity.name}
        note_taught(here.run, here.tenant, {**values, "session_key": key}, 0)
        assert [row.fingerprint for row in here.sink.of(TokenShown)] == [here.run.secrets.fingerprint(key)]
        assert here.tenant.identity.name not in here.tenant.tokens  # what it is called by is no secret


def test_the_id_of_a_control_is_written_down_though_it_stands_aside() -> None:
    with serving() as (_, here):
        holder = Tenant.of(identity(control_pair(1)[0]), KEY)
        aside = Aside(here.run)
        note_taught(aside, holder, {**holder.identity.placeholders, "user_id": "u-1"}, 0)
        assert [(row.tenant, row.value) for row in here.sink.of(IdLearnt)] == [(holder.number, "u-1")]
        assert here.run.naming.get("u-1") == holder.number


def test_others_ids_name_a_victim_and_secrets_do_not() -> None:
    with serving() as (_, here), session_of(here):
        presence = Presence(
            here.run, here.tenant, sessions=1, rate=1.0, credentials=credentials_of(here.run), tls=None
        )  # fmt: skip
        victim = presence.as_victim()
        assert victim["victim_user_id"] == 7000 and "victim_session_key" not in victim


def test_a_bad_token_differs_in_nothing_but_itself() -> None:
    with serving(attempts__tokens=["unknown", "missing"]) as (_, here):
        profile, own = here.run.profile, here.tenant.identity
        good = good_token(profile, credentials_of(here.run), own)
        assert try_token(here.run, good, here.tenant, None)[0] == "granted"
        for kind in profile.attempts.tokens:
            (bad,) = bad_tokens(profile, kind, good, identity(OTHER), identity(77), here.run.random)
            assert bad.token != good.token and (bad.tenant, bad.taught) == (own, good.taught)
            assert try_token(here.run, bad, here.tenant, None)[0] == "refused"
            assert "PLANTED" not in repr(bad)


@pytest.mark.parametrize("trusts_names", [False, True])
def test_one_s_own_token_is_shown_under_the_other_s_id(trusts_names: bool) -> None:
    with serving(attempts__tokens=["other_name"]) as (service, here):
        other: TenantIdentity = identity(OTHER)
        service.trusts_names = trusts_names
        ((outcome, detail),) = show_bad_tokens(here.run, "other_name", here.tenant, other, here.run.random)
        assert outcome == ("granted" if trusts_names else "refused"), detail
        assert [came["user"] for came in service.came.values()] == [7000, 7001]
        assert (here.run.naming.get("7000"), here.run.naming.get("7001")) == (OWN, None)


def test_an_answer_without_it_is_a_sentence() -> None:
    with serving({"learn": {"user_id": "me.id", "session_key": "key"}}) as (_, here):
        here.run.stopping = True
        Session(here.run, here.tenant, 0, credentials_of(here.run), None).reopen(resume=False)
        (failed,) = here.sink.of(ConnectFailed)
        assert failed.stage == "auth" and failed.detail.endswith("answered without 'session_key' at 'key'")
