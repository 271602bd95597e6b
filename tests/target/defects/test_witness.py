from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from target.defects.dice import Dice
from target.defects.witness import Witness

ASKER, OTHER = UUID(int=1), UUID(int=2)


def test_every_strike_is_written_down_with_who_asked_and_whom_it_concerns(tmp_path: Path) -> None:
    log = tmp_path / "log"
    witness = Witness(log)
    dice = Dice("any", 1.0, 1, witness)
    assert dice.strikes()
    witness.asks(ASKER)
    assert dice.strikes(OTHER)
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    assert (first["defect"], first["asker"], first["tenants"]) == ("any", None, [])
    assert (second["asker"], second["tenants"]) == (str(ASKER), [str(OTHER)])
    assert first["at_s"] <= second["at_s"]


def test_what_does_not_strike_is_not_written_down(tmp_path: Path) -> None:
    dice = Dice("any", 0.0, 1, Witness(tmp_path / "log"))
    assert not dice.strikes(OTHER)
    assert not (tmp_path / "log").exists()
