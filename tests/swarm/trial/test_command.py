"""``config check`` on services that want more of a client than a token: what it shows of logins and their renewal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarm.trial.command import main
from tests.http_server import http_server
from tests.users.scripted_service import scripted_service
from tests.users.test_logins import CODE, CSRF, TOKEN, single_sign_on
from tests.users.test_renewing import Service

PROFILE = """\
[target]
name = "shop"
url = "{target}"
reply_timeout_s = 2

[auth]
place = "frame"
source = "service"

[auth.frame]
send = {{ kind = "login", token = "{{token}}" }}
accepted = ["hello"]

[[auth.service.before]]
name = "form"
method = "GET"
url = "{login}/login"
learn = {{ csrf = {{ matches = 'name="csrf" value="([^"]+)"' }} }}

[[auth.service.before]]
url = "{login}/login"
form = {{ user = "{{email}}", password = "PLANTED-password", csrf = "{{csrf}}" }}
expect = [302]
learn = {{ code = {{ header = "Location", matches = "[?&]code=([^&]+)" }} }}

[auth.service]
url = "{login}/token"
form = {{ code = "{{code}}" }}
token = "token.access"
expires_in = "expires_in"

[auth.renewal]
before_expiry_s = 30
{renewal}

[frames]
type = "kind"
request_id = ["id"]

[refusal]
type = "failure"
code = "why"

[operations.chat]
send = {{ kind = "say", id = "{{message_id}}", text = "{{prompt}}", as = "{{token}}" }}
ends = ["said"]
"""
SAID = 'operation = { send = { kind = "renew", id = "{message_id}", token = "{token}" }, ends = ["renewed"] }'


@contextmanager
def profile_at(folder: Path, service: Service, renewal: str = SAID) -> Iterator[Path]:
    with http_server(single_sign_on) as login, scripted_service(service.hear) as served:
        path = folder / "shop.toml"
        path.write_text(PROFILE.format(target=served.url, login=login.url, renewal=renewal), encoding="utf-8")
        yield path


def check(path: Path, *options: str) -> tuple[int, str]:
    page = io.StringIO()
    code = main([str(path), "--runs", str(path.parent / "runs"), *options], page)
    text = page.getvalue()
    assert not any(secret in text for secret in (CSRF, CODE, TOKEN, "PLANTED"))
    return code, text


def test_a_dry_run_shows_every_step_of_a_login_and_when_it_is_renewed(tmp_path: Path) -> None:
    with profile_at(tmp_path, service := Service()) as path:
        code, text = check(path, "--dry-run")
    assert code == 0 and not service.shown
    steps = [line.strip() for line in text.splitlines() if "auth.service" in line and ": " in line]
    assert [line.split(": ")[0] for line in steps[:3]] == [
        "auth.service.before[0] (form)", "auth.service.before[1]", "auth.service"
    ]  # fmt: skip
    assert '"csrf":"(csrf learnt)"' in steps[1] and '{"code":"(code learnt)"}' in steps[2]
    assert "30 s before its token expires: a fresh token, and the message renewal, below" in text
    assert '"kind":"renew"' in text


@pytest.mark.parametrize(
    ("renewal", "says"),
    [(SAID, "ok    renewal: answered after"), ("", "ok    renewal: connected again with a fresh token")],
)
def test_a_check_logs_in_step_by_step_and_renews(tmp_path: Path, renewal: str, says: str) -> None:
    with profile_at(tmp_path, service := Service(), renewal) as path:
        code, text = check(path)
    assert code == 0, text
    assert "logged in over HTTP: form (learnt csrf), POST 127.0.0.1:" in text and "(learnt code), then POST" in text
    assert says in text
    assert len(service.shown) == 3


def test_a_check_says_that_a_renewal_was_refused(tmp_path: Path) -> None:
    with profile_at(tmp_path, Service("failure")) as path:
        code, text = check(path)
    assert code == 3
    assert "wrong renewal: refused with 'stale'" in text
