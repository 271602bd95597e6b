from __future__ import annotations

import base64
import secrets
from urllib.parse import quote

import jwt
import pytest

from evidence.excerpts import BEFORE, excerpt, looks_random, without_credentials, without_signed_tokens
from evidence.marks import Mark, MarkKind, RunKey

KEY = RunKey(bytes(range(32)))
CANARY = KEY.mint_canary(Mark(MarkKind.PROMPT, 5, 1))
JWT = jwt.encode({"sub": "5"}, "k" * 40)
OPAQUE = "r8Zq1Xw5TnB0vLk7JmD3" * 2


def around(text: str) -> str:
    at = text.index(CANARY)
    before = len(text[:at].encode())
    return excerpt(text.encode(), before, before + len(CANARY))


def test_an_excerpt_shows_the_mark_in_full_on_one_line_and_little_else() -> None:
    shown = around("ä" * 500 + "\n" + CANARY + "\x00" + "ß" * 500)
    assert "ä·" + CANARY + "·ß" in shown
    assert shown.startswith("…") and shown.endswith("…") and len(shown) < 29 + 75
    assert around(CANARY) == CANARY


@pytest.mark.parametrize(
    "token",
    [
        JWT, OPAQUE, secrets.token_hex(16), "Aa1-" + secrets.token_hex(16), "6a0f1b2c-1234-4abc-9def-0123456789ab",
        base64.b64encode(f"user:{OPAQUE}".encode()).decode(), quote(base64.b64encode(OPAQUE.encode())),
        JWT.encode().hex(), base64.b64encode(JWT.encode()).decode().replace("/", "\\/"), f"sk_live_{OPAQUE}",
    ],
    ids=range(10),
)  # fmt: skip
@pytest.mark.parametrize("joint", ['"{0}","x":"{1}"', "Bearer {0} {1}", "{0}:{1}", '"{1}","t":"{0}"', "{1}.{0}"])
def test_no_token_is_shown_beside_a_mark_nor_the_part_that_an_edge_leaves(token: str, joint: str) -> None:
    shown = around(joint.format(token, CANARY))
    assert CANARY in shown and "(hidden)" in shown
    rest = shown.replace(CANARY, "")
    assert not any(token[at : at + 8] in rest for at in range(len(token) - 8)), shown


@pytest.mark.parametrize("left", range(1, BEFORE + 4))
def test_however_little_an_edge_leaves_of_a_token_is_not_shown(left: int) -> None:
    shown = around(f"{JWT}{' ' * (BEFORE - left)}{CANARY}")
    assert not any(JWT.endswith(end) for end in (shown.split(CANARY)[0].strip("… ")[:3],) if end), shown


@pytest.mark.parametrize(
    "text",
    [
        '"password": "hunter2", "t": "{0}"', "passwd=hunter2&t={0}", "api_key: hunter2; {0}", "{0} token = hunter2",
        "Authorization: Basic hunter2 {0}", 'x \\"session_secret\\":\\"hunter2\\",\\"t\\":\\"{0}\\"',
    ],
)  # fmt: skip
def test_what_stands_behind_a_telling_word_is_not_shown(text: str) -> None:
    shown = around(text.replace("{0}", CANARY))
    assert "hunter2" not in shown and CANARY in shown and "(hidden)" in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"conversationHistorySnapshot": {"state_snapshot_2024": "', "/api/v1/conversations/messages ", "gpt-4o-mini: ",
        '"model": "claude-3-5-sonnet-20241022", "text": "', '"created_at": "2024-01-05T10:11:12", ', "Summarise order ",
    ],
)  # fmt: skip
def test_words_names_and_times_stay(text: str) -> None:
    shown = around(f"{text}{CANARY}")
    assert shown.lstrip("…") == f"{text[-BEFORE:]}{CANARY}"


def test_another_mark_is_no_credential() -> None:
    name = KEY.mint_id(Mark(MarkKind.TENANT, 4))
    text = f'{name}": "{CANARY}'.encode()
    begin = text.index(CANARY.encode())
    assert name in excerpt(text, begin, len(text), [(0, len(name))])
    assert name not in excerpt(text, begin, len(text))


def test_what_a_target_says_in_words_stays_and_its_tokens_go() -> None:
    assert without_credentials(f"no session {OPAQUE} here") == "no session (hidden) here"
    assert without_credentials("insufficient_budget_for_this_tenant: 12345") == (
        "insufficient_budget_for_this_tenant: 12345"
    )
    assert without_signed_tokens(f"a {JWT} b {OPAQUE}") == f"a (hidden) b {OPAQUE}"


def test_made_up_tokens_are_told_from_words() -> None:
    assert all(looks_random(secrets.token_hex(8).encode()) for _ in range(500))
    missed = sum(not looks_random(secrets.token_urlsafe(32).encode()) for _ in range(2000))
    assert missed <= 4
