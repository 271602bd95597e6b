from __future__ import annotations

import dataclasses
import types
import typing

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import records
from evidence.findings import FindingKind, Severity, Sighting
from evidence.records import EvidenceError, Row, RowDamaged, SightingSeen, decode, encode

ROWS: tuple[type[Row], ...] = typing.get_args(Row)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(codec="utf-8"))


def values_of(kind: object) -> st.SearchStrategy[object]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return st.one_of([values_of(argument) for argument in arguments])
    if origin is list:
        return st.lists(values_of(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(values_of(arguments[0]), values_of(arguments[1]), max_size=3)
    simple: dict[object, st.SearchStrategy[object]] = {
        int: INTEGERS, float: FLOATS, str: TEXT, bool: st.booleans(), type(None): st.none()
    }  # fmt: skip
    return simple[kind]


def rows_of(row: type[Row]) -> st.SearchStrategy[Row]:
    hints = typing.get_type_hints(row)
    fields = {item.name: values_of(hints[item.name]) for item in dataclasses.fields(row)}
    return st.builds(row, **fields)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.row)
@given(data=st.data())
def test_every_row_is_read_back_as_it_was_written(row: type[Row], data: st.DataObject) -> None:
    written = data.draw(rows_of(row))
    line = encode(written)
    assert decode(line) == written
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert line.startswith(b'{"row":"' + row.row.encode())


def test_every_row_type_has_a_name_of_its_own() -> None:
    assert len({row.row for row in ROWS}) == len(ROWS)


DAMAGED = [
    b"", b"\n", b"{", b"null", b"[]", b'["row"]', b"7", b'"row"', b"{}", b'{"row":null}', b'{"row":[]}', b'{"row":{}}',
    b'{"row":"unheard of"}', b'{"row":"learnt"}', b'{"row":"learnt","tenant":1,"thing":"x"}',
    b'{"row":"learnt","tenant":1,"thing":"x","value":"y","more":1}', b"\xff\xfe", b'{"row":"learnt","tenant":1,"th',
    b'{"tenant":1,"thing":"x","value":"y"}', b"[" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_line_says_so(line: bytes) -> None:
    with pytest.raises(RowDamaged) as caught:
        decode(line)
    assert str(caught.value)
    assert isinstance(caught.value, EvidenceError)


@given(st.binary(max_size=100))
def test_no_line_is_worse_than_damaged(line: bytes) -> None:
    with pytest.raises(RowDamaged):
        decode(line)


@given(rows_of(records.RequestEnded), st.data())
def test_a_torn_line_is_damaged(row: Row, data: st.DataObject) -> None:
    line = encode(row).rstrip(b"\n")
    with pytest.raises(RowDamaged):
        decode(line[: data.draw(st.integers(0, len(line) - 1))])


@given(
    st.builds(
        Sighting,
        st.sampled_from(FindingKind),
        st.none() | INTEGERS,
        st.none() | INTEGERS,
        TEXT,
        TEXT,
        FLOATS,
        TEXT,
        st.just(""),
        st.sampled_from(Severity),
        TEXT,
    )
)
def test_a_sighting_survives_its_row(sighting: Sighting) -> None:
    row = decode(encode(SightingSeen.of(sighting)))
    assert isinstance(row, SightingSeen)
    assert row.sighting() == sighting


def test_a_row_is_plain_json_that_other_tools_read() -> None:
    line = encode(records.Gap("worker-1", 1.5, "no health answer"))
    assert orjson.loads(line) == {
        "row": "gap", "node": "worker-1", "at_s": 1.5, "what": "no health answer", "fatal": False
    }  # fmt: skip
