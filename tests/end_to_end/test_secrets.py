"""Secrets planted in every place of a profile that can hold one are looked for in all that anybody can see."""

from __future__ import annotations

import base64
import csv
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from target.embedded.ports import free_port
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.secret_search import Watched
from tests.end_to_end.stack import HOST, Stack
from tests.end_to_end.web_page import WebPage
from tests.waiting import until

PLANTED = "PLANTED/s3cret"
PAGES = ("/", "/stats/requests", "/stats/report", "/exceptions", "/logs", "/isolation", "/stats/failures/csv")


def test_what_is_looked_for_would_be_found() -> None:
    secret = f"{PLANTED}-x"
    for text in (
        f"Bearer {secret}", f"?key={quote(secret, safe='')}", base64.b64encode(f"user:{secret}".encode()).decode(),
        base64.urlsafe_b64encode(f'{{"k": "{secret}"}}'.encode()).decode(), secret.encode().hex(),
    ):  # fmt: skip
        watched = Watched([secret])
        watched.look("x", text)
        assert watched.found, text


@pytest.fixture
def planted(stack: Stack) -> Iterator[tuple[Path, Watched, dict[str, str]]]:
    """The reference profile with a secret in every place that can hold one, and the secrets."""
    marks = {name: f"{PLANTED}-{name}-{os.urandom(4).hex()}" for name in (
        "header", "query", "user", "claim", "body", "form", "csv", "health", "frame",
    )}  # fmt: skip
    accounts = stack.folder / "tokens.csv"
    with accounts.open("w", newline="") as file:
        csv.writer(file).writerows([["tenant", "token"], ["nobody", marks["csv"]]])
    path = short_profile(stack.folder / "planted.toml")
    text = path.read_text(encoding="utf-8")
    changes = [
        ('url = "${TARGET_URL}"', 'url = "${TARGET_URL}?api_key=${QUERY}"\nheaders = { X-Api-Key = "${HEADER}" }'),
        ('body = { user_id = "{tenant}" }', 'body = { user_id = "{tenant}", client_secret = "${BODY}" }'),
        ('aud = "agents" }', 'aud = "agents", key = "${CLAIM}" }'),
        ('url = "${TARGET_AUTH_URL}/health"', 'url = "${TARGET_AUTH_URL}/health?key=${HEALTH}"'),
    ]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    text += f'\n[auth.file]\npath = "{accounts.name}"\n'
    path.write_text(text, encoding="utf-8")
    variables = {
        name.upper(): quote(mark, safe="") if name in ("query", "health") else mark for name, mark in marks.items()
    }
    urls = (stack.environment()["REDIS_URL"], stack.environment()["POSTGRES_URL"])
    passwords = [password for url in urls if (password := urlsplit(url).password)]
    watched = Watched([*marks.values(), *stack.secrets(), *passwords])
    yield path, watched, variables
    assert watched.found == set()


def apart(stack: Stack) -> set[Path]:
    """Where the user keeps secrets, and the key of the run, which is ours to keep."""
    return {stack.folder / "tokens.csv", *stack.folder.rglob("run.key")}


@pytest.mark.slow
def test_no_secret_shows_up_anywhere(stack: Stack, planted: tuple[Path, Watched, dict[str, str]]) -> None:
    profile, watched, variables = planted
    for options in ([], ["--dry-run"], ["--offline"]):
        code, output = stack.program(
            "config", "check", str(profile), "--keep-data", "--runs", str(stack.folder / "trials"), *options,
            environment=variables,
        )  # fmt: skip
        assert code == 0, output
        watched.look(f"config check {' '.join(options)}", output)

    port = free_port()
    run = stack.locust(
        "--web-host", HOST, "--web-port", str(port), "-u", "8", "-r", "8", "-t", "5s", "--autostart",
        "--loglevel", "DEBUG", "--processes", "2", profile=profile, environment=variables,
    )  # fmt: skip
    run.until_answered(20)
    watched.process_list(stack.mark)
    page = WebPage(port)
    for address in PAGES:
        if page.status(address) == 200:
            watched.look(f"page {address}", page.get(address)[1])
    folder = run.folder()

    def judged() -> bool:
        watched.process_list(stack.mark)  # the checker is a process of its own
        return (folder / "verdict.json").exists()

    until(judged, "there is a verdict", 60)
    run.send(signal.SIGTERM)
    run.wait()
    watched.look("locust's output", run.output())
    watched.files(stack.folder, apart={*apart(stack), profile})

    assert {
        "process list",
        "locust's output",
        "file verdict.json",
        "file report.html",
        "file run.json",
        "page /",
    } <= set(watched.seen)
    assert all(watched.seen.values())


@pytest.mark.parametrize(
    "change", [{}, {"TARGET_URL": "ws://127.0.0.1:1/ws"}, {"AUTH_SERVICE_KEY": f"{PLANTED}-wrong"}]
)
def test_no_error_repeats_a_secret(
    stack: Stack, planted: tuple[Path, Watched, dict[str, str]], change: dict[str, str]
) -> None:
    profile, watched, variables = planted
    wrong_stores = {
        "REDIS_URL": f"redis://u:{quote(PLANTED, safe='')}@127.0.0.1:1/0",
        "POSTGRES_URL": f"postgresql://u:{quote(PLANTED, safe='')}@127.0.0.1:1/x",
    }
    watched.secrets.append(PLANTED)
    text = profile.read_text(encoding="utf-8")
    for stores in ({}, wrong_stores):
        code, output = stack.program(
            "config", "check", str(profile), "--runs", str(stack.folder / "trials"),
            environment={**variables, **change, **stores},
        )  # fmt: skip
        assert code == (0 if not change and not stores else 3), output
        watched.look("config check", output)
    for old, new in (
        ("[auth.jwt]", "[auth.jtw]"),
        ('place = "query"', 'place = "${HEADER}"'),
        ("[stores.redis]", "[stores.rdis]"),
    ):
        profile.write_text(text.replace(old, new), encoding="utf-8")
        code, output = stack.program("config", "check", str(profile), environment={**variables, **change})
        assert code == 2, output
        watched.look("config check of a wrong profile", output)
