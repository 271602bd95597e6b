from __future__ import annotations

from pathlib import Path

import pytest

from users.dialects.kit import main

PAGE = Path(__file__).parents[3] / "docs" / "adapters.md"


def test_the_example_of_the_documentation_passes_and_prints_what_is_shown(
    example: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(example / "netlines.toml"), "netlines:Service"]) == 0
    printed = capsys.readouterr().out
    assert printed in PAGE.read_text(encoding="utf-8") and printed.count("pass") == 6


def test_wrong_arguments_are_one_sentence(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = str(example / "netlines.toml")
    for arguments in (["nowhere.toml", "netlines:Service"], [profile, "nowhere:X"], [profile, "netlines:Netlines"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
