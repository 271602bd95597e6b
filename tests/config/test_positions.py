from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.load import DEFAULT_PROFILE
from config.positions import Path as Key
from config.positions import lines_of

TEXT = '''# a comment = [not a table]
name = "x"   # trailing
"quoted key" = 'a = b # no comment'
dotted . inner = 1
many = """
[not.a.table]
also = "not a key" """
list = [  # with comments ]
    "a", # and, commas
    ["b",
     "c"],
]
inline = { one = 1, "two" = [1,
    2], three = {} }

[table]
key = 1979-05-27 07:32:00
[table.deeper]
key = '[x]'
[[doors]]
a = 1
[[doors]]
a = 2
[doors.inner]
b = 3
'''

EXPECTED: dict[Key, int] = {
    ("name",): 2,
    ("quoted key",): 3,
    ("dotted",): 4,
    ("dotted", "inner"): 4,
    ("many",): 5,
    ("list",): 8,
    ("list", 0): 9,
    ("list", 1): 10,
    ("list", 1, 1): 11,
    ("inline", "one"): 13,
    ("inline", "two", 1): 14,
    ("inline", "three"): 14,
    ("table",): 16,
    ("table", "key"): 17,
    ("table", "deeper", "key"): 19,
    ("doors",): 20,
    ("doors", 0, "a"): 21,
    ("doors", 1): 22,
    ("doors", 1, "a"): 23,
    ("doors", 1, "inner", "b"): 25,
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_key_is_found_on_its_line(newline: str) -> None:
    found = lines_of(TEXT.replace("\n", newline))
    assert {key: found.get(key) for key in EXPECTED} == EXPECTED


def keys(value: object, path: Key = ()) -> Iterator[Key]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in inner:
        yield (*path, step)
        yield from keys(below, (*path, step))


@pytest.mark.parametrize("path", sorted(DEFAULT_PROFILE.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_every_key_of_a_shipped_profile_has_a_line_that_holds_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found, lines = lines_of(text), text.splitlines()
    for key in keys(tomllib.loads(text)):
        line = lines[found[key] - 1]
        assert isinstance(key[-1], int) or str(key[-1]) in line, (key, line)


def test_nothing_stands_nowhere() -> None:
    assert lines_of("") == {} and lines_of("# only this") == {}
