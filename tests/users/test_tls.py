"""Certificates of the profile's own, over wss and https, against servers that ask for ours."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import gevent.ssl
import pytest
import trustme

from config.calls import HttpCall
from config.profile import Profile
from tests.http_server import Reply, http_server
from tests.users.fixtures import identity, profile_for
from tests.users.wire import server_frames as frames
from tests.users.wire.scripted_server import Peer, serving
from users.http_calls import CallFailed, caller_of
from users.placing import connect, introduce
from users.wire.connection import ConnectRefused


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("swarm@tenants.example").private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    return {"ca_file": str(tmp_path / "ca.pem"), "client_cert": str(tmp_path / "own.pem")}


def strict(authority: trustme.CA, kind: type[ssl.SSLContext], *names: str) -> ssl.SSLContext:
    """A server's context that takes nobody without a certificate of this authority."""
    context = kind(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def profile(url: str, tls: dict[str, Any]) -> Profile:
    return profile_for(url.replace("ws://", "wss://"), target__tls=tls)


def opened(here: Profile) -> str | None:
    connection = connect(here.target, introduce(here, identity(), ""), here.target.tls.context())
    try:
        return connection.read(5.0)[0].text
    finally:
        connection.abort()


def greet(peer: Peer) -> None:
    peer.upgrade(then=frames.text("welcome"))


def test_a_private_authority_and_our_own_certificate_open_a_session(
    authority: trustme.CA, files: dict[str, str]
) -> None:
    with serving(greet, strict(authority, gevent.ssl.SSLContext, "127.0.0.1")) as server:
        assert opened(profile(server.url, files)) == "welcome"


def test_a_server_with_another_name_is_taken_only_if_the_profile_names_it(
    authority: trustme.CA, files: dict[str, str]
) -> None:
    with serving(greet, strict(authority, gevent.ssl.SSLContext, "staging.example")) as server:
        assert opened(profile(server.url, {**files, "server_name": "staging.example"})) == "welcome"


@pytest.mark.parametrize("left_out", ["ca_file", "client_cert"])
def test_without_either_nothing_is_opened(authority: trustme.CA, files: dict[str, str], left_out: str) -> None:
    tls = {key: value for key, value in files.items() if key != left_out}
    server_context = strict(authority, ssl.SSLContext, "127.0.0.1")
    with http_server(lambda _: Reply(), server_context) as server:
        here = profile_for(f"wss://127.0.0.1:{server.port}/ws", target__tls=tls)
        with pytest.raises(ConnectRefused):
            opened(here)
        with pytest.raises(CallFailed):
            caller_of(here).call("login", HttpCall.model_validate({"url": server.url, "retries": 0}), {})
        assert server.asked == []


def test_a_login_over_https_uses_the_same_certificates(authority: trustme.CA, files: dict[str, str]) -> None:
    with http_server(lambda _: Reply(200, {"ok": True}), strict(authority, ssl.SSLContext, "127.0.0.1")) as server:
        here = profile_for(target__tls=files)
        call = HttpCall.model_validate({"url": server.url, "retries": 0})
        assert caller_of(here).call("login", call, {}).document == {"ok": True}


def test_a_certificate_that_is_not_trusted_is_said_so(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    call = HttpCall.model_validate({"url": "https://127.0.0.1:1", "retries": 0})
    with http_server(lambda _: Reply(), context) as server:
        there = call.model_copy(update={"url": server.url})
        with pytest.raises(CallFailed, match="its certificate was not accepted: "):
            caller_of(profile_for()).call("login", there, {})
