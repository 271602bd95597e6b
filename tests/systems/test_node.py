from __future__ import annotations

from systems.node import environment


def test_a_node_program_sees_nothing_of_our_environment_but_the_path() -> None:
    assert set(environment({"PORT": "1"})) == {"PATH", "TZ", "PORT"}
