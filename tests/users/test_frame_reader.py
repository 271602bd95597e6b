from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.users.fixtures import profile_for
from users.frame_reader import FrameReader

KINDS = {
    "welcome": {"where": {"[0]": 2}},
    "result": {"has": "result", "lacks": "error"},
    "late": {"where": {"state": ["late", "overdue"]}},
    "yes": {"where": {"ok": True}},
    "hello": {"matches": {"text": "^hello\\b"}},
}
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["type", "result", "ok", "error"]), inner),
)


def reader() -> FrameReader:
    return FrameReader(profile_for(frames__kinds=KINDS, frames__type=["type", "header.kind"]))


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ([2, 17, {}], "welcome"),
        ([3, 17, {}], "?"),
        ({"result": 0}, "result"),
        ({"result": None}, "?"),
        ({"result": 1, "error": {}, "type": "x"}, "x"),
        ({"state": "overdue"}, "late"),
        ({"ok": True}, "yes"),
        ({"ok": 1}, "?"),
        ({"text": "hello you"}, "hello"),
        ({"text": "hellos"}, "?"),
        ({"header": {"kind": "y"}}, "y"),
        (None, "?"),
    ],
)
def test_a_rule_names_a_kind_where_no_type_does(document: object, kind: str) -> None:
    assert reader().kind(document) == kind


def test_a_reply_ends_by_kind_by_value_or_by_count() -> None:
    ending = {"send": "ping", "ends_when": {"done": True, "state": ["over"]}, "ends_after": 5}
    read, ping = reader(), profile_for(operations__ping=ending).operations.ping
    assert ping is not None
    assert read.ends({"done": True}, "x", ping, 1) and read.ends({"state": "over"}, "x", ping, 1)
    assert not read.ends({"done": 1}, "x", ping, 4) and read.ends({}, "x", ping, 5)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("token_service: down", "token_service: down"),
        ("e" * 70, "e" * 70),
        ("timeout", "timeout"),
        ("token_service: Zq1Xw5TnB0vL", "(hidden)"),
        ("f" * 70, "f" * 60),
    ],
)
def test_a_code_that_the_profile_names_stays_what_it_is_so_that_a_failure_is_known_for_one(
    said: str, code: str
) -> None:
    profile = profile_for(refusal__broken=["token_service: down", "e" * 70])
    read = FrameReader(profile).code({"code": said}, "", lambda text: "(hidden)" if ":" in text else text)
    assert read == code
    assert profile.refusal.is_failure(read) == (said in profile.refusal.broken or said == "timeout")


@given(documents)
def test_any_document_can_be_read(document: object) -> None:
    read = reader()
    kind = read.kind(document)
    assert isinstance(kind, str)
    assert isinstance(read.code(document, "text"), str)
    assert isinstance(read.refuses(document, kind), bool)
    assert isinstance(read.ids(document), list) and isinstance(read.amounts(document), list)
