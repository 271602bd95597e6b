"""The command line of ``python -m config``."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.__main__ import COMMANDS, main


@pytest.mark.parametrize("command", ["schema", "reference"])
def test_a_text_is_printed_or_written(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 0
    printed = capsys.readouterr().out
    assert main([command, str(tmp_path / "file")]) == 0
    assert (tmp_path / "file").read_text(encoding="utf-8") == printed and len(printed) > 5000


def test_what_can_not_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["dance"], ["schema", "a", "b"]])
def test_arguments_that_do_not_fit(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"python -m config {command}" in capsys.readouterr().out
