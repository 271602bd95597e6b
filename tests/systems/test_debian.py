from __future__ import annotations

from pathlib import Path

import pytest

from systems import debian
from systems.debian import unpack_packages
from systems.errors import InstallError


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(debian, "INSTALLED", tmp_path / "installed")
    path = tmp_path / "packages.txt"
    path.write_text("# a comment\n\nhello\nworld\n")
    return path


def test_packages_are_fetched_and_unpacked_once(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[list[str]] = []

    def run(command: list[str | Path], folder: Path, **_: str) -> None:
        said.append([str(word) for word in command])
        if command[0] == "apt-get":
            (folder / "hello_1.deb").touch()

    monkeypatch.setattr(debian, "_release", lambda: ("debian", debian.RELEASE))
    monkeypatch.setattr(debian, "carry_out", run)
    root = unpack_packages("greeter", listed)
    unpack_packages("greeter", listed)
    assert [command[0] for command in said] == ["apt-get", "dpkg-deb"]
    assert said[0][-2:] == ["hello", "world"]
    assert said[1][-1] == str(root)


def test_another_system_is_told_so(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_release", lambda: ("plan9", "4"))
    with pytest.raises(InstallError, match="greeter comes out of the packages of Debian 12"):
        unpack_packages("greeter", listed)
