"""Secrets that a run is told or makes, with a service that repeats them wherever it can: nobody else does.

Each way to come by a token is tried: a login of several requests with accounts' passwords, a command, a file, the
tenant's own password. Every one is shown in the first frame, renewed where that can be, by a refresh token if there
is one, over TLS with a client's key that has a password.
"""

from __future__ import annotations

import os
import signal
import ssl
import sys
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.end_to_end import evidence_counts
from tests.end_to_end.indiscreet_service import REFUSES_REFRESH_EVERY, IndiscreetService, login_server
from tests.end_to_end.secret_search import Watched
from tests.end_to_end.stack import HOST, Stack

PLANTED = "PLANTED key/password"
ACCOUNTS = 14
PARTS = 12  # of so many characters of a token, none may be shown

PROFILE = """\
[target]
name = "indiscreet"
url = "{url}"
reply_timeout_s = 3
reconnect_limit_s = 0.5

[target.tls]
ca_file = "ca.pem"
client_cert = "own.pem"
client_key = "own.key"
client_key_password = "${{KEY_PASSWORD}}"

[auth]
place = "frame"
source = "{source}"
reuse_s = 1

[auth.frame]
send = {{ kind = "login", token = "{{token}}"{beside} }}
accepted = ["hello"]

{auth}

[frames]
type = "kind"
request_id = ["id"]

[refusal]
type = "failure"
code = "why"

[operations.chat]
send = {{ kind = "say", id = "{{message_id}}", text = "{{prompt}}" }}
ends = ["said"]
stored_in = ["redis"]

[stores.redis]
url = "${{REDIS_URL}}"

[workload]
chat_rate = 4
read_rate = 4
drain_s = 1

{tenants}
"""
RENEWAL = """
[auth.renewal]
every_s = 0.7
operation = { send = { kind = "renew", id = "{message_id}", token = "{token}" }, ends = "renewed" }
"""
LOGIN = """
[[auth.service.before]]
method = "GET"
url = "{login}/login"
learn = {{ csrf = {{ matches = 'value="([^"]+)"' }} }}

[[auth.service.before]]
url = "{login}/login"
form = {{ user = "{{tenant}}", password = "{{password}}", csrf = "{{csrf}}" }}
expect = [302]
learn = {{ code = {{ header = "Location", matches = "code=(.+)" }} }}

[auth.service]
url = "{login}/token"
form = {{ grant_type = "authorization_code", code = "{{code}}" }}
token = "token"
learn = {{ visit = {{ cookie = "visit" }}, refresh = "refresh" }}
"""
REFRESH = """
[auth.renewal.service]
url = "{login}/refresh"
form = {{ refresh = "{{refresh}}" }}
token = "token"
learn = {{ refresh = "refresh" }}
"""
COMMAND = """
[auth.command]
argv = ['{python}', "-c", "import os, secrets; print('cmd-' + secrets.token_urlsafe(24))"]
environment = {{ WHO = "{{tenant}}", WITH = "${{COMMAND_SECRET}}" }}
timeout_s = 20
"""
TENANTS = """
[tenants]
accounts = "accounts.csv"
columns = { password = "password" }
"""
USERS, ANSWERED, LEAKED = 6, 100, 20
COMMAND_SECRET = "PLANTED command's word"


def certificates(folder: Path) -> tuple[ssl.SSLContext, set[Path]]:
    """The server's context, and the files in which the user keeps a key."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    own = authority.issue_cert("swarm@tenants.example")
    own.cert_chain_pems[0].write_to_path(folder / "own.pem")
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    encrypted = serialization.BestAvailableEncryption(PLANTED.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encrypted)
    (folder / "own.key").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context, {folder / "own.key"}


@pytest.mark.slow
@pytest.mark.parametrize("source", ["service", "command", "file", "password"])
def test_no_secret_that_a_run_is_told_shows_up_anywhere(stack: Stack, source: str) -> None:
    folder = stack.folder
    tls, apart = certificates(folder)
    accounts = {f"customer {number}": f"horse battery {number} {os.urandom(3).hex()}" for number in range(ACCOUNTS)}
    rows = [f"{name},{password}" for name, password in accounts.items()]
    (folder / "accounts.csv").write_text("\n".join(["tenant,password", *rows]), encoding="utf-8")
    (folder / "tokens.csv").write_text("\n".join(["tenant,token", *(f"{row} tok" for row in rows)]), encoding="utf-8")
    apart |= {folder / "accounts.csv", folder / "tokens.csv"}
    with IndiscreetService(stack.redis.url, tls) as service, login_server(service.told, tls) as login:
        service.told.passwords.update(accounts.values())
        auth = {
            "service": (LOGIN + REFRESH).format(login=login.url) + RENEWAL,
            "command": COMMAND.format(python=sys.executable) + RENEWAL,
            "file": '[auth.file]\npath = "tokens.csv"\n', "password": "",
        }[source]  # fmt: skip
        beside = ', visit = "{visit}"' if source == "service" else ""
        path = folder / "told.toml"
        path.write_text(
            PROFILE.format(url=service.url, source=source, auth=auth, tenants=TENANTS, beside=beside), encoding="utf-8"
        )
        variables = {"KEY_PASSWORD": PLANTED, "COMMAND_SECRET": COMMAND_SECRET}
        watched = Watched([PLANTED, COMMAND_SECRET, *accounts.values()])
        code, checked = stack.program(
            "config", "check", str(path), "--runs", str(folder / "trials"), environment=variables
        )
        assert code in (0, 3) and "connected as tenant" in checked, checked
        _, dry = stack.program("config", "check", str(path), "--dry-run", environment=variables)
        told = service.told
        load = ("--headless", "-u", str(USERS), "-r", str(USERS), "-t", "60s")
        run = stack.locust(*load, "--loglevel", "DEBUG", profile=path, environment=variables)

        def enough(folder: Path) -> bool:
            renews, refreshes = source in ("service", "command"), source == "service"
            return (
                evidence_counts.by_request(folder).answered >= ANSWERED
                and told.leaked > LEAKED and len(told.tokens) >= USERS and told.renewed >= (USERS if renews else 0)
                and told.refreshed > (REFUSES_REFRESH_EVERY if refreshes else -1)
            )  # fmt: skip

        run.until_seen(enough, "every secret has been used and repeated")
        watched.process_list(stack.mark)
        run.send(signal.SIGTERM)
        run.outcome()
    assert bool(told.renewed) is (source in ("service", "command"))
    assert bool(told.refreshed) is (source == "service")
    watched.secrets += [*told.tokens, *told.given]
    watched.look("config check", checked)
    watched.look("the dry run", dry)
    watched.files(folder, apart={*apart, *folder.rglob("run.key")})
    shown = (run.folder() / "verdict.json").read_text()
    for token in told.tokens | told.passwords | {*told.refresh_of.values()}:
        for at in range(len(token) - PARTS):
            if token[at : at + PARTS] in shown:
                watched.found.add(f"part of a token in verdict.json: {source}")
    assert watched.found == set()
    assert '"verdict":"LEAKING"' in shown.replace('": "', '":"')
    assert "sid=(hidden)/last" in shown
    assert {"process list", "file verdict.json", "file report.html", "file local.jsonl"} <= set(watched.seen)
