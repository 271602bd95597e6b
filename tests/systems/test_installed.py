from __future__ import annotations

from pathlib import Path

import pytest

from systems.errors import InstallError
from systems.installed import carry_out, once


def test_what_is_installed_already_is_left_alone_until_its_description_changes(tmp_path: Path) -> None:
    described, place, times = tmp_path / "package.json", tmp_path / "place", []

    def install() -> None:
        times.append(1)
        (place / "made").touch()

    described.write_text("1")
    once(place, [described], install)
    once(place, [described], install)
    assert len(times) == 1
    described.write_text("2")
    (place / "old").touch()
    once(place, [described], install)
    assert len(times) == 2
    assert not (place / "old").exists()


def test_a_failed_installation_is_tried_again(tmp_path: Path) -> None:
    described, times = tmp_path / "package.json", []
    described.write_text("1")

    def fail() -> None:
        times.append(1)
        raise OSError

    for _ in range(2):
        try:
            once(tmp_path / "place", [described], fail)
        except OSError:
            continue
    assert len(times) == 2


def test_a_failing_command_is_told_with_its_last_words(tmp_path: Path) -> None:
    fails = ["sh", "-c", "echo no such package >&2; exit 1"]
    with pytest.raises(InstallError, match=r"sh failed to install into .*: no such package \(try again\)"):
        carry_out(fails, tmp_path, advice="try again")
    with pytest.raises(InstallError, match="/no/such can't be started"):
        carry_out(["/no/such"], tmp_path)
