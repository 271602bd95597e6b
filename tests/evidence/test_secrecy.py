from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest

from evidence.excerpts import BEFORE, excerpt
from evidence.marks import RunKey
from evidence.secrecy import KnownSecrets

KEY = RunKey(bytes(range(32)))
PHRASE = "correct horse/battery"
OPAQUE = "r8Zq1Xw5TnB0vLk7JmD3"


@pytest.mark.parametrize(
    "form",
    [
        PHRASE, quote(PHRASE, safe=""), quote_plus(PHRASE), PHRASE.replace("/", "\\/"), PHRASE.encode().hex(),
        base64.b64encode(f"user:{PHRASE}".encode()).decode(), base64.b64encode(f"xy:{PHRASE}".encode()).decode(),
    ],
)  # fmt: skip
def test_a_secret_is_hidden_in_every_form(form: str) -> None:
    shown = KnownSecrets([PHRASE]).hide(f"<{form}>")
    assert "(hidden)" in shown and not any(form[at : at + 8] in shown for at in range(4, len(form) - 10))


def test_the_longest_of_secrets_that_begin_alike_is_hidden_whole() -> None:
    assert KnownSecrets(["s3cret", "s3cret-and-more", "a"]).hide("it is s3cret-and-more, a") == "it is (hidden), a"


def test_of_many_secrets_that_begin_alike_each_is_hidden() -> None:
    known = KnownSecrets(f"Passw0rd-{number}" for number in range(50_000))
    assert known.hide("Passw0rd-7, Passw0rd-49999x Passw0rd-x") == "(hidden), (hidden)x Passw0rd-x"


def test_a_short_secret_is_none_inside_of_a_longer_word() -> None:
    known = KnownSecrets(["1234", "chat"])
    assert known.hide("a1234b chatting 1234 chat") == "a1234b chatting (hidden) (hidden)"
    assert known.hide_in_names("redis chat:1234") == "redis chat:1234"
    assert KnownSecrets(["hunter2-9"]).hide("xhunter2-9y") == "x(hidden)y"


@pytest.mark.parametrize("left", range(4, len(PHRASE)))
def test_what_the_edges_of_an_excerpt_leave_of_a_secret_is_hidden(left: int) -> None:
    known = KnownSecrets([PHRASE])
    text = f"{PHRASE}{'.' * (BEFORE - left)}MARK".encode()
    shown = excerpt(text, len(text) - 4, len(text))
    assert shown.startswith(f"…{PHRASE[-left:]}")
    assert known.hide_in_excerpt(f"gzip › {shown}") == f"gzip › …(hidden){'.' * (BEFORE - left)}MARK"
    text = f"MARK{'.' * (30 - left)}{PHRASE}".encode()
    assert known.hide_in_excerpt(excerpt(text, 0, 4)) == f"MARK{'.' * (30 - left)}(hidden)…"


def test_of_what_looks_like_a_token_a_run_keeps_a_fingerprint_alone() -> None:
    node, checker = KnownSecrets.of_run([], KEY), KnownSecrets.of_run([PHRASE], KEY)
    assert node.take_in(PHRASE) is None
    fingerprint = node.take_in(OPAQUE)
    assert fingerprint is not None and OPAQUE not in fingerprint and len(fingerprint) == 16
    assert fingerprint != KnownSecrets.of_run([], RunKey(bytes(32))).take_in(OPAQUE)
    place = f"redis session:{OPAQUE}:data and {OPAQUE[:-1]}"
    assert checker.hide_in_names(place) == place
    checker.fingerprints.add(fingerprint)
    assert checker.hide_in_names(place) == f"redis session:(hidden):data and {OPAQUE[:-1]}"
    for joined in (
        f"?t={OPAQUE}",
        f"/sessions/{OPAQUE}",
        f"sid-{OPAQUE}",
        f"sid={OPAQUE}",
        f"sid={OPAQUE}/last",
        f"a-{OPAQUE}-b",
    ):
        assert OPAQUE not in checker.hide_in_names(joined), joined


def test_tokens_that_a_profile_holds_are_known_from_the_start() -> None:
    assert KnownSecrets.of_run([OPAQUE], KEY).hide_in_names(f"key {OPAQUE}") == "key (hidden)"


def test_who_knows_nothing_hides_signed_tokens() -> None:
    assert KnownSecrets().hide("a eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln b") == "a (hidden) b"
