from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from systems import wheels
from systems.errors import InstallError
from systems.wheels import install_wheels


def pip(monkeypatch: pytest.MonkeyPatch, exit_code: int, words: str) -> list[list[str]]:
    said: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        said.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, exit_code, "", words)

    monkeypatch.setattr("systems.installed.subprocess.run", run)
    return said


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(wheels, "INSTALLED", tmp_path / "installed")
    path = tmp_path / "requirements.txt"
    path.write_text("bridge==1 --hash=sha256:00\n")
    return path


def test_they_are_installed_apart_with_their_hashes_and_once(
    requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = pip(monkeypatch, 0, "")
    place = install_wheels("bridge", requirements)
    assert install_wheels("bridge", requirements) == place
    (command,) = said
    assert "--require-hashes" in command and command[command.index("--target") + 1] == str(place)


def test_what_pip_says_last_is_told(requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip(monkeypatch, 1, "trying\nno such version\n")
    with pytest.raises(InstallError, match=r"failed to install into .*bridge: no such version"):
        install_wheels("bridge", requirements)
