from __future__ import annotations

from pathlib import Path

import pytest

from checker.result import Result
from reporting.write import FORMS, write_all
from tests.reporting.results import hostile, isolated


def test_every_form_is_written_and_nothing_else(tmp_path: Path) -> None:
    write_all(hostile(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(FORMS)


def test_verdict_json_is_the_whole_result(tmp_path: Path) -> None:
    result = isolated()
    write_all(result, tmp_path)
    assert Result.model_validate_json((tmp_path / "verdict.json").read_bytes()) == result


def test_writing_again_replaces_the_reports(tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("old")
    write_all(isolated(), tmp_path)
    assert "ISOLATED" in (tmp_path / "summary.md").read_text()


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_all(isolated(), tmp_path / "gone")
