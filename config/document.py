"""A profile's text before the schema sees it: TOML, what it ``extends``, ``${NAME}``, and where each key stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ProfileInvalid, ProfileUnreadable
from config.positions import Path as Key
from config.positions import lines_of

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ARGUMENTS = "argv"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said.

    Attributes:
        file: the profile, which may be one that another extends.
        line: counted from 1; None where it stands nowhere.
    """

    file: Path
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(slots=True)
class Document:
    """The content of a profile.

    Attributes:
        file: the profile that was asked for.
        values: plain data.
        places: where each key and list element was said.
    """

    file: Path
    values: dict[str, object]
    places: dict[Key, Place]

    @property
    def folders(self) -> list[Path]:
        """Returns where the files lie that it names: its own folder, then those of what it extends."""
        return list(dict.fromkeys([self.file.parent, *(place.file.parent for place in self.places.values())]))

    def place(self, key: Key) -> Place:
        """Returns where a key stands, or the table it should stand in; at worst the file as a whole."""
        for length in range(len(key), 0, -1):
            if (found := self.places.get(key[:length])) is not None:
                return found
        return Place(self.file)


@dataclass(slots=True)
class Resolved:
    """What became of ``${NAME}``.

    Attributes:
        values: the document with variables put in; those that are not set stay as they are.
        used: the variables that were put in, by name.
        missing: keys with the variables they need that are not set.
        shown: keys with variables that would stand in the arguments of a command, where everybody can read them.
    """

    values: object
    used: dict[str, str] = field(default_factory=dict)
    missing: list[tuple[Key, str]] = field(default_factory=list)
    shown: list[tuple[Key, str]] = field(default_factory=list)


def read(path: Path, readers: tuple[Path, ...] = (), text: str | None = None) -> Document:
    """Returns the document in a file, laid over the one it ``extends``.

    Args:
        path: the file.
        readers: the profiles that extend it.
        text: what the file will hold, where it is not written yet.

    Raises:
        ProfileUnreadable: the file, or one it extends, is missing or no TOML.
        ProfileInvalid: ``extends`` leads nowhere.
    """
    text = _text(path) if text is None else text
    try:
        values: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileUnreadable(
            f"{_at_line(path, text, str(error))}: is no valid TOML: {_with_hint(str(error))}"
        ) from None
    document = Document(path, values, {key: Place(path, line) for key, line in lines_of(text).items()})
    base = values.pop("extends", None)
    if base is None:
        return document
    where = document.place(("extends",))
    if not isinstance(base, str):
        raise ProfileInvalid(f"{where}: extends: should be the path of another profile in quotes, beside this one")
    if path.resolve() in readers:
        raise ProfileInvalid(f"{where}: extends: leads back to this profile: let one of the two extend nothing")
    below = path.parent / base
    if not below.is_file():
        raise ProfileUnreadable(
            f"{where}: extends: there is no such profile as {below}; the path counts from the folder of this one"
        )
    return _laid_over(read(below, (*readers, path.resolve())), document)


def resolve(document: Document, environment: Mapping[str, str]) -> Resolved:
    """Returns the document with variables put in."""
    resolved = Resolved(None)
    resolved.values = _put_in(document.values, (), environment, resolved)
    return resolved


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProfileUnreadable(f"{path}: there is no such profile") from None
    except UnicodeDecodeError:
        raise ProfileUnreadable(f"{path}: can't be read: it is no UTF-8 text") from None
    except OSError as error:
        raise ProfileUnreadable(f"{path}: can't be read: {error.strerror or type(error).__name__}") from None


def _at_line(path: Path, text: str, said: str) -> Place:
    line = re.search(r"at line (\d+)", said)
    return Place(path, int(line[1]) if line else max(1, len(text.splitlines())))


def _with_hint(said: str) -> str:
    """What tomllib said, with what people most often did."""
    if said.startswith("Invalid value"):
        return f"{said}: text stands in quotes, true and false don't"
    if said.startswith(("Cannot overwrite", "Cannot declare")):
        return f"{said}: a key or table is there twice"
    if "Unescaped" in said or "Invalid escape" in said:
        return f"{said}: put text with backslashes in single quotes"
    return said


def _laid_over(base: Document, changes: Document) -> Document:
    """Tables are merged, ``false`` leaves one, a list or a text out, any other value replaces that of the base."""
    places = dict(base.places)

    def merge(below: dict[str, object], above: dict[str, object], key: Key) -> dict[str, object]:
        merged = dict(below)
        for name, value in above.items():
            under, here = merged.get(name), (*key, name)
            if isinstance(under, dict) and isinstance(value, dict):
                merged[name] = merge(under, value, here)
                continue
            for gone in [place for place in places if place[: len(here)] == here]:
                del places[gone]
            if value is False and isinstance(under, (dict, list, str)):
                del merged[name]
            else:
                merged[name] = value
        return merged

    values = merge(base.values, changes.values, ())
    return Document(changes.file, values, {**places, **changes.places})


def _put_in(value: object, key: Key, environment: Mapping[str, str], resolved: Resolved) -> object:
    if isinstance(value, dict):
        return {name: _put_in(inner, (*key, name), environment, resolved) for name, inner in value.items()}
    if isinstance(value, list):
        return [_put_in(inner, (*key, index), environment, resolved) for index, inner in enumerate(value)]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name = match[1]
        if not environment.get(name):
            resolved.missing.append((key, name))
            return match[0]
        if _ARGUMENTS in key and key[-1] != 0:
            resolved.shown.append((key, name))
        resolved.used[name] = environment[name]
        return environment[name]

    return _VARIABLE.sub(look_up, value)


def variables(value: object) -> Iterator[str]:
    """Yields the names of the environment variables that plain data refers to."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from variables(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from variables(inner)
    elif isinstance(value, str):
        yield from _VARIABLE.findall(value)
