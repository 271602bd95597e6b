from __future__ import annotations

import base64

import pytest

from evidence.written_forms import (
    from_base64,
    from_hex,
    hints,
    html_unescaped,
    is_text,
    narrowed,
    runs,
    stretches,
    unescaped,
    url_unescaped,
)
from tests.checker.encodings import FORMS, TEXT_FORMS
from tests.checker.store_worlds import A, canary

TEXT = f"say {canary(A)} & go".encode()


def test_escapes_are_undone_one_level_at_a_time() -> None:
    assert list(unescaped(rb"a\u002db\/c\"d\\u002d")) == [rb'a-b/c"d\u002d']
    assert list(unescaped(rb"\x2d")) == [b"-"]
    assert list(unescaped(rb"C:\new\table")) == []
    assert list(url_unescaped(b"%252d")) == [b"%2d"]
    assert list(url_unescaped(b"100 % of %s")) == []
    assert list(html_unescaped(b"&#45;&#x2D;&quot;&amp;#45;")) == [b'--"&#45;']
    assert list(html_unescaped(b"a & b && c")) == []


def test_bytes_written_a_character_each_come_back_as_bytes() -> None:
    assert b"\x1f\x8b\x08\xff" in list(unescaped(rb"\u001f\u008b\b\u00ff"))


def test_lone_surrogates_and_broken_text_are_no_trouble() -> None:
    assert list(unescaped(rb"\ud800")) == ["\ud800".encode("utf-8", "surrogatepass")]
    assert list(html_unescaped(b"\xff&#45;&#xD800;")) == ["\udcff-�".encode("utf-8", "surrogateescape")]


def test_base64_is_read_from_each_of_four_characters_unless_it_is_text_from_the_first() -> None:
    assert list(from_base64(base64.b64encode(TEXT))) == [TEXT]
    shifted = b"abc" + base64.b64encode(TEXT + b"!")
    assert TEXT + b"!" in list(from_base64(shifted))


def test_hexadecimal_digits_are_read_from_both() -> None:
    assert list(from_hex(b"0" + TEXT.hex().encode()))[1] == TEXT


def test_runs_join_broken_lines_and_leave_words_and_padding_alone() -> None:
    run = base64.encodebytes(TEXT * 4)
    assert list(runs(run)) == [(base64.b64encode(TEXT * 4).rstrip(b"="), True)]
    assert list(runs(b"a line of words and 550e8400-e29b-41d4-a716-446655440000")) == []
    assert list(runs(b"-" * 80)) == []


def test_zero_bytes_are_left_out_where_there_are_many() -> None:
    assert list(narrowed(TEXT.decode().encode("utf-16-be"))) == [TEXT]
    assert list(narrowed(b"a\0b")) == []


def test_text_is_told_from_bytes() -> None:
    assert is_text("naïve\n".encode()) and is_text(b"")
    assert not is_text(b"\xff") and not is_text(b"a\x01")
    assert list(stretches(bytes(range(128, 256)) * 3 + TEXT + bytes(range(128, 256)) * 3)) == [TEXT]


@pytest.mark.parametrize("name", [*FORMS, *TEXT_FORMS])
def test_every_form_that_is_written_as_text_is_hinted_at(name: str) -> None:
    value = (FORMS | TEXT_FORMS)[name](TEXT)
    if is_text(value) and TEXT not in value and b"&amp;" not in value:
        assert hints(b"plain words\n" + value + b"\nplain words")


def test_plain_text_gives_no_hint() -> None:
    assert hints(b'{"id": "550e8400-e29b-41d4-a716-446655440000", "text": "100 % of R&D"}\n' * 50) == []
