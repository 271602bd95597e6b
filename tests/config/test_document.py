from __future__ import annotations

from pathlib import Path

import pytest

from config.document import Place, read, resolve, variables
from config.errors import ProfileError, ProfileUnreadable


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_key_is_said_where_it_was_said_last(tmp_path: Path) -> None:
    base = written(tmp_path, "base.toml", "[a]\nx = 1\ny = [1, 2]\n[b]\nz = 3\n[c]\nw = 1\n")
    mine = written(tmp_path, "mine.toml", 'extends = "base.toml"\n[a]\ny = [3]\n\n[b]\nq = 1\n')
    document = read(mine)
    assert document.values == {"a": {"x": 1, "y": [3]}, "b": {"z": 3, "q": 1}, "c": {"w": 1}}
    assert document.place(("a", "x")) == Place(base, 2)
    assert document.place(("a", "y", 0)) == Place(mine, 3)
    assert document.place(("a", "y", 1)) == Place(mine, 3)  # what stood there is gone with its list
    assert document.place(("b", "q")) == Place(mine, 6)
    assert document.place(("b", "missing")) == Place(mine, 5)
    assert document.place(("c", "missing")) == Place(base, 6)
    assert str(document.place(("nowhere",))) == str(mine)


@pytest.mark.parametrize(
    ("extends", "says"),
    [
        ("5", ":1: extends: should be the path of another profile in quotes"),
        ('"mine.toml"', ":1: extends: leads back to this profile"),
        ('"nowhere.toml"', ":1: extends: there is no such profile as "),
        ('"broken.toml"', "broken.toml:1: is no valid TOML"),
    ],
)
def test_a_base_that_can_not_be_used_is_said_where_it_is_named(tmp_path: Path, extends: str, says: str) -> None:
    written(tmp_path, "broken.toml", "a = ")
    with pytest.raises(ProfileError) as caught:
        read(written(tmp_path, "mine.toml", f"extends = {extends}\n"))
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\nb = yes", 2, "text stands in quotes"),
        ("[a]\n[a]", 2, "is there twice"),
        ('path = "C:\\secrets"', 1, "single quotes"),
    ],
)
def test_what_is_no_toml_is_said_with_its_line_and_a_remedy(tmp_path: Path, text: str, line: int, says: str) -> None:
    path = written(tmp_path, "mine.toml", text)
    with pytest.raises(ProfileUnreadable) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:{line}: is no valid TOML: ") and says in str(caught.value)


def test_variables_that_are_not_set_are_all_gathered_with_their_keys(tmp_path: Path) -> None:
    document = read(written(tmp_path, "mine.toml", 'a = "${A} ${B}"\nb = ["x", "${C}${A}"]\n'))
    resolved = resolve(document, {"A": "one", "B": ""})
    assert resolved.values == {"a": "one ${B}", "b": ["x", "${C}one"]}
    assert resolved.missing == [(("a",), "B"), (("b", 1), "C")]
    assert resolved.used == {"A": "one"}
    assert list(variables(document.values)) == ["A", "B", "C", "A"]
