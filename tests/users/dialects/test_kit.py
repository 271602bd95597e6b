from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from users.dialects.kit import main

PAGE = Path(__file__).parents[3] / "docs" / "adapters.md"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The complete example of the documentation, as files in a folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "netlines", raising=False)
    page = PAGE.read_text(encoding="utf-8")
    for name, language in (("netlines.py", "python"), ("netlines.toml", "toml")):
        block = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
        assert block is not None
        (tmp_path / name).write_text(block[1], encoding="utf-8")
    return tmp_path


def test_the_example_of_the_documentation_passes_and_prints_what_is_shown(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(example / "netlines.toml"), "netlines:Service"]) == 0
    printed = capsys.readouterr().out
    assert printed in PAGE.read_text(encoding="utf-8") and printed.count("pass") == 6


FAULTS = {
    "forgets pings": ('return ["1:!"] if document["id"] == "?" else []', "return []", "a ping was not answered"),
    "loses the end": (
        'lines = [f"{request}|part|hello", f"{request}|end|5"]', 'lines = [f"{request}|part|hello"]', "a chat ended",
    ),
    "answers itself": ('request_id = "id"', 'request_id = "text"', "a chat ended"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(example: Path, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, says = FAULTS[fault]
    changed = 0
    for path in example.iterdir():
        if path.is_file() and before in (text := path.read_text(encoding="utf-8")):
            path.write_text(text.replace(before, after), encoding="utf-8")
            changed += 1
    assert changed == 1
    assert main([str(example / "netlines.toml"), "netlines:Service"]) == 1
    assert re.search(rf"fail .*{says}", capsys.readouterr().out)


def test_wrong_arguments_are_one_sentence(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = str(example / "netlines.toml")
    for arguments in (["nowhere.toml", "netlines:Service"], [profile, "nowhere:X"], [profile, "netlines:Netlines"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
