"""Switching a part off replaces what exists; here only that each switch still finds its place."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.detection.parts import Part

SWITCH = "import sys; from benchmarks.detection import blinding; blinding.blind(blinding.Part[sys.argv[1]])"


@pytest.mark.parametrize("part", list(Part), ids=lambda part: part.name.lower())
def test_every_part_can_be_switched_off(part: Part) -> None:
    told = subprocess.run([sys.executable, "-c", SWITCH, part.name], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
