from __future__ import annotations

from pathlib import Path

import pytest

from config.__main__ import main
from tests.config.profiles import ENVIRONMENT, PLANTED, REMOVE, written


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_the_grants_of_a_profile_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = written(tmp_path / "mine.toml", {})
    assert main(["grants", str(profile)]) == 0
    assert "BYPASSRLS" in capsys.readouterr().out
    assert main(["grants", str(profile), "--managed"]) == 0
    printed = capsys.readouterr().out
    assert "CREATE POLICY" in printed and PLANTED not in printed


def test_a_profile_that_is_wrong_or_has_no_stores_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grants", str(tmp_path / "none.toml")]) == 2
    assert "there is no such profile" in capsys.readouterr().err
    assert main(["grants", str(written(tmp_path / "bare.toml", {"stores": REMOVE}))]) == 2
    assert capsys.readouterr().err.endswith("bare.toml: has no stores: there is nothing to grant\n")
