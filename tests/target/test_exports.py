from __future__ import annotations

from pathlib import Path

import pytest

from target.errors import SettingsError
from target.exports import Exports

EXPORTS = Exports("http://127.0.0.1:9", None, {"redis": 1}, {"REDIS_URL": "redis://:hidden@h/0"})


def test_secrets_show_only_when_revealed() -> None:
    assert "hidden" not in repr(EXPORTS)
    assert "hidden" not in EXPORTS.shell_lines(reveal=False)
    assert "export REDIS_URL=redis://:hidden@h/0" in EXPORTS.shell_lines(reveal=True)
    assert "export TARGET_URL=ws://127.0.0.1:9/ws" in EXPORTS.shell_lines(reveal=False)


def test_an_auth_service_of_an_earlier_run_does_not_shine_through() -> None:
    environment = EXPORTS.environment({"TARGET_AUTH_URL": "old", "PATH": "kept"})
    assert "TARGET_AUTH_URL" not in environment
    assert environment["PATH"] == "kept"


def test_the_file_replaces_a_wider_one_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("old")
    path.chmod(0o644)
    EXPORTS.write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "hidden" in path.read_text()


def test_a_place_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be written"):
        EXPORTS.write(tmp_path / "missing" / "env")
