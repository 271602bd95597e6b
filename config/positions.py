"""Where in a TOML file each of its keys stands, for messages that name a line.

tomllib keeps no positions, and none of the well-kept libraries hands them out: tomlkit has a document without them, and
a grammar for editors (tree-sitter) would be a compiled package for the sake of one number. So the text, which tomllib
has found to be TOML, is walked once more here; nothing is judged and no value is made.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping

Path = tuple[str | int, ...]

_KEY = re.compile(
    r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'))*"""
)
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)  # fmt: skip
_SCALAR = re.compile(r"[^,\]}#\n]+")
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")


def lines_of(text: str) -> Mapping[Path, int]:
    """Returns the line, counted from 1, of every table, key and list element of a valid TOML text, by its path."""
    walk = _Walk(text.replace("\r\n", "\n"))
    walk.document()
    return walk.found


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._lists: dict[Path, int] = defaultdict(int)  # elements so far of each [[list of tables]]
        self.found: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _header(self) -> Path:
        line = self._line()
        double = self._text.startswith("[[", self._at)
        self._at += 2 if double else 1
        self._skip()
        names = self._key()
        self._skip()
        self._at += 2 if double else 1
        path = self._in_lists(names[:-1]) + names[-1:]
        if double:
            self.found.setdefault(path, line)
            self._lists[path] += 1
        path = self._in_lists(names)
        self.found[path] = line
        for length in range(1, len(path)):  # [a.b] makes a table a as well
            self.found.setdefault(path[:length], line)
        return path

    def _in_lists(self, names: Path) -> Path:
        """The path with the index of the latest element after each name that is a list of tables."""
        path: Path = ()
        for name in names:
            path += (name,)
            if path in self._lists:
                path += (self._lists[path] - 1,)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        names = self._key()
        for length in range(1, len(names) + 1):
            self.found.setdefault(table + names[:length], line)
        self._skip()
        self._at += 1  # the equals sign
        self._skip()
        self._value(table + names)

    def _value(self, path: Path) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._several(path, "]")
        elif opening == "{":
            self._several(path, "}")
        else:
            match = _STRING.match(self._text, self._at) or _SCALAR.match(self._text, self._at)
            assert match is not None  # tomllib has read it
            self._at = match.end()

    def _several(self, path: Path, closing: str) -> None:
        self._at += 1
        index = 0
        while True:
            self._skip()
            if self._text[self._at] == closing:
                self._at += 1
                return
            if closing == "]":
                self.found[(*path, index)] = self._line()
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
            self._skip()
            if self._text[self._at] == ",":
                self._at += 1

    def _key(self) -> Path:
        match = _KEY.match(self._text, self._at)
        assert match is not None  # tomllib has read it
        self._at = match.end()
        inner: object = tomllib.loads(f"{match[0]} = 0")
        names: list[str] = []
        while isinstance(inner, dict):
            ((name, inner),) = inner.items()
            names.append(name)
        return tuple(names)

    def _skip(self) -> None:
        match = _BLANK.match(self._text, self._at)
        assert match is not None  # it matches nothing as well
        self._at = match.end()

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
