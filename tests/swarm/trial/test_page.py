from __future__ import annotations

import io

import pytest

from evidence.marks import Keyring, Mark, MarkKind, RunKey
from swarm.trial.page import Page, wants_colour

KEY = RunKey(bytes(range(32)))
OWN = KEY.mint_canary(Mark(MarkKind.PROMPT, 4, 1))
FOREIGN = KEY.mint_id(Mark(MarkKind.TENANT, 5))


def shown(text: str, *, colour: bool) -> str:
    stream = io.StringIO()
    Page(stream, colour=colour).frame("<", text, Keyring(KEY), 4, ["thread-77"])
    return stream.getvalue()


def test_whose_a_mark_is_shows_in_its_colour() -> None:
    line = shown(f'{{"é": "{OWN}", "b": "{FOREIGN}", "thread": "thread-77"}}', colour=True)
    assert f"\x1b[32m{OWN}\x1b[0m" in line
    assert f"\x1b[31;1m{FOREIGN}\x1b[0m" in line
    assert "\x1b[34mthread-77\x1b[0m" in line


def test_what_a_target_wrote_can_not_steer_the_terminal() -> None:
    line = shown(f"\x1b[2J{OWN}\x00\u202e", colour=True)
    assert "\x1b[2J" not in line and "\x00" not in line and "\u202e" not in line
    assert f"\x1b[32m{OWN}\x1b[0m" in line


def test_a_file_gets_no_colour() -> None:
    assert "\x1b" not in shown(f"{OWN} {FOREIGN}", colour=False)


@pytest.mark.parametrize(("environment", "wants"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_terminals_whose_owner_wants_it(environment: dict[str, str], wants: bool) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert wants_colour(Terminal(), environment) is wants
    assert wants_colour(io.StringIO(), environment) is False


def test_no_secret_is_shown() -> None:
    stream = io.StringIO()
    page = Page(stream, colour=False, secrets=["s3cret", "s3cret-and-more", "a"])
    page.good("it is s3cret-and-more")
    page.frame(">", '{"token": "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln", "p": "s3cret"}', Keyring(KEY), 4, [])
    assert (
        "s3cret" not in stream.getvalue() and "eyJ" not in stream.getvalue() and "(hidden)-and" not in stream.getvalue()
    )


def test_failures_are_counted() -> None:
    page = Page(io.StringIO(), colour=False)
    page.good("x")
    page.note("x")
    page.bad("x")
    assert page.failures == 1
