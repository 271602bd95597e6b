from __future__ import annotations

import pytest

from config.command_line import command_parser


def test_a_command_says_its_name_what_it_does_and_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_parser("grants", "Writes grants.").parse_args(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("usage: python -m config grants") and "Writes grants." in said
    assert "2 the profile or the arguments are wrong, 3 something did not work" in said


def test_what_stands_below_can_be_something_else() -> None:
    assert "Exit codes" not in command_parser("new", "Asks.", epilog="Secrets belong elsewhere.").format_help()
