"""``config check`` on services that want more of a client than a token: what it shows of logins and their renewal."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarm.trial.command import main
from tests.http_server import http_server
from tests.users.rotating_service import RotatingService
from tests.users.scripted_service import scripted_service
from tests.users.test_logins import CODE, CSRF, TOKEN, single_sign_on
from tests.users.test_renewing import Service
from tests.users.test_taught import Service as TeachingService

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
TAUGHT = """\
[target]
name = "shop"
url = "{target}/{{user_id}}?org={{org_id}}"
headers = {{ X-Session = "v1 {{session_key}}", Cookie = "theme=dark; org={{org_id}}", X-Key = "PLANTED-{{user_id}}" }}
reply_timeout_s = 2

[auth]
place = "frame"
source = "service"

[auth.frame]
send = {{ kind = "login", token = "{{token}}", user = "{{user_id}}" }}
accepted = ["hello"]
refused = ["no"]

[[auth.service.before]]
name = "organisation"
url = "{login}/org"
learn = {{ org_id = "org.id" }}

[auth.service]
url = "{login}/login"
body = {{ user = "{{tenant}}" }}
learn = {{ user_id = "me.id", session_key = {{ header = "X-Key" }} }}
ids = ["user_id"]

[frames]
type = "kind"
request_id = ["id"]
tenant = ["user"]

[refusal]
type = "failure"
code = "why"

[attempts]
tokens = ["unknown", "other_name"]

[attempts.doors.other]
does = "read"
send = {{ kind = "say", id = "{{message_id}}", user = "{{victim_user_id}}", key = "{{session_key}}" }}
ends = ["said"]

[operations.chat]
send = {{ kind = "say", id = "{{message_id}}", text = "{{prompt}}", user = "{{user_id}}", key = "{{session_key}}" }}
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


REFRESHED = """
[auth.renewal.service]
url = "{login}/refresh"
headers = {{ X-Client = "PLANTED-client" }}
body = {{ refresh = "{{refresh}}", client_secret = "PLANTED-word" }}
learn = {{ refresh = "refresh_token" }}
expires_in = "life"
"""
ROTATING = (
    PROFILE[: PROFILE.index("[[auth.service.before]]")]
    + """
[auth.service]
url = "{login}/login"
learn = {{ refresh = "refresh_token" }}
expires_in = "life"

"""
    + PROFILE[PROFILE.index("[auth.renewal]") :].replace("[frames]", REFRESHED + "[frames]")
)


@contextmanager
def rotating(folder: Path, service: RotatingService, renewal: str) -> Iterator[Path]:
    with http_server(service.over_http) as login, scripted_service(service.hear) as served:
        path = folder / "shop.toml"
        path.write_text(ROTATING.format(target=served.url, login=login.url, renewal=renewal), encoding="utf-8")
        yield path


@pytest.mark.parametrize(("renewal", "how"), [(SAID, "the message renewal, below"), ("", "a new connection")])
def test_a_dry_run_shows_the_request_that_renews_a_login_without_secrets(
    tmp_path: Path, renewal: str, how: str
) -> None:
    with rotating(tmp_path, service := RotatingService(), renewal) as path:
        code, text = check(path, "--dry-run")
    assert code == 0 and not service.logins and not service.refreshed
    (line,) = (line.strip() for line in text.splitlines() if "auth.renewal.service: " in line)
    assert line.startswith("auth.renewal.service: POST 127.0.0.1:") and "/refresh  X-Client: (hidden)" in line
    assert '"refresh":"(refresh learnt)","client_secret":"(hidden)"' in line
    assert f"30 s before its token expires: a fresh token, and {how}" in text


@pytest.mark.parametrize(
    ("renewal", "says"),
    [(SAID, "ok    renewal: answered after"), ("", "ok    renewal: connected again with a fresh token")],
)
def test_a_check_asks_for_a_fresh_token_by_its_refresh_token(tmp_path: Path, renewal: str, says: str) -> None:
    with rotating(tmp_path, service := RotatingService(), renewal) as path:
        code, text = check(path)
    assert code == 0, text
    assert says in text and "ok    asked for a fresh token: POST 127.0.0.1:" in text
    assert "/refresh (learnt refresh)" in text
    assert len(service.refreshed) == 1 and not service.used_twice


@pytest.mark.parametrize("renewal", [SAID, ""])
def test_a_check_says_that_a_refresh_was_refused(tmp_path: Path, renewal: str) -> None:
    service = RotatingService()
    service.refuses = True
    with rotating(tmp_path, service, renewal) as path:
        code, text = check(path)
    assert code == 3
    assert "wrong renewal: the login was not renewed: renewal: auth.renewal.service 127.0.0.1:" in text
    assert "/refresh answered 401" in text and "asked for a fresh token" not in text


@contextmanager
def teaching(folder: Path, service: TeachingService) -> Iterator[Path]:
    with (
        http_server(service.over_http) as login,
        scripted_service(service.hear, answer_upgrade=service.answer_upgrade) as served,
    ):
        path = folder / "shop.toml"
        path.write_text(TAUGHT.format(target=served.url, login=login.url), encoding="utf-8")
        yield path


def test_a_dry_run_shows_where_goes_what_a_login_teaches(tmp_path: Path) -> None:
    with teaching(tmp_path, service := TeachingService()) as path:
        code, text = check(path, "--dry-run")
    assert code == 0 and not service.logins
    assert "/ws/USER_ID?org=ORG_ID" in text and "X-Key: (hidden, with USER_ID)" in text
    assert '"user":"(user_id learnt)","key":"(session_key learnt)"' in text
    assert '"user":"(user_id of another)"' in text


def test_a_check_shows_the_ids_that_a_login_teaches_and_nothing_else_of_it(tmp_path: Path) -> None:
    with teaching(tmp_path, service := TeachingService()) as path:
        code, text = check(path)
    assert code == 0, text
    assert "logged in over HTTP: organisation (learnt org_id), then POST 127.0.0.1:" in text
    assert "(learnt user_id 7000, session_key)" in text
    assert "ok    chat: answered" in text and "org of all" not in text
    assert "attempts.doors.other: refused, as it should be: who are you?" in text
    for kind in ("unknown", "other_name"):
        assert f"ok    token: {kind}: refused, as it should be" in text
    assert sorted(service.users.values()) == [7000, 7001]


def test_a_check_shows_whose_id_stands_in_a_frame(tmp_path: Path) -> None:
    with teaching(tmp_path, service := TeachingService()) as path:
        service.shows = "7000"
        code, text = check(path)
    assert code == 3
    assert "wrong-identity in a frame said: what belongs to tenant 0 (user names another tenant)" in text
