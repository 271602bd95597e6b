from __future__ import annotations

from pathlib import Path

from systems.node import environment, once


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


def test_a_node_program_sees_nothing_of_our_environment_but_the_path() -> None:
    assert set(environment({"PORT": "1"})) == {"PATH", "TZ", "PORT"}
