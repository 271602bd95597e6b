from __future__ import annotations

import re
from pathlib import Path

import pytest

from users.dialects.kit import main

FAULTS = {
    "forgets pings": ('return ["1:!"] if document["id"] == "?" else []', "return []", "a ping was not answered"),
    "loses the end": (
        'lines = [f"{request}|part|hello", f"{request}|end|5"]', 'lines = [f"{request}|part|hello"]', "a chat ended",
    ),
    "answers itself": ('request_id = "id"', 'request_id = "text"', "a chat ended"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told(example: Path, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, after, says = FAULTS[fault]
    changed = 0
    for path in example.iterdir():
        if path.is_file() and before in (text := path.read_text(encoding="utf-8")):
            path.write_text(text.replace(before, after), encoding="utf-8")
            changed += 1
    assert changed == 1
    assert main([str(example / "netlines.toml"), "netlines:Service"]) == 1
    assert re.search(rf"fail .*{says}", capsys.readouterr().out)
