from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.detection.truth import Agreement, Strike, Truth, read_strikes
from tests.benchmarks.detection.findings import finding


def strike(*tenants: str) -> Strike:
    return Strike(1.0, frozenset(tenants))


@pytest.mark.parametrize(
    ("strikes", "owner", "recipient", "agreement"),
    [
        ([strike("a", "b")], "a", "b", Agreement.EXACT),
        ([strike("a", "b")], "b", "a", Agreement.EXACT),
        ([strike("a", "b")], "a", None, Agreement.EXACT),
        ([strike("a", "b"), strike("b", "c")], "a", "c", Agreement.HANDED_ON),
        ([strike("a", "b"), strike("c", "d")], "a", "c", Agreement.WRONG),
        ([strike("a", "b")], "a", "c", Agreement.WRONG),
        ([strike("a", "b")], "c", "d", Agreement.WRONG),
        ([strike("a")], "b", "a", Agreement.ONE_SIDE),
        ([strike("a")], "a", None, Agreement.EXACT),
        ([strike("a")], "a", "a", Agreement.EXACT),
        ([strike("a", "b")], "a", "a", Agreement.EXACT),
        ([strike("a")], "b", "c", Agreement.WRONG),
        ([strike()], "a", "b", Agreement.NOT_LOGGED),
        ([], "a", "b", Agreement.NOT_LOGGED),
    ],
)
def test_a_findings_tenants_are_held_to_the_strikes(
    strikes: list[Strike], owner: str | None, recipient: str | None, agreement: Agreement
) -> None:
    judged = Truth(strikes).judge(finding("foreign-content", "frame x", owner=owner, recipient=recipient))
    assert judged is agreement


def test_strikes_are_read_with_all_whom_they_concern(tmp_path: Path) -> None:
    lines = (
        {"at_s": 1.5, "defect": "x", "asker": "a", "tenants": ["b"]},
        {"at_s": 2.5, "defect": "x", "asker": None, "tenants": []},
    )
    path = tmp_path / "strikes"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_strikes(path) == [Strike(1.5, frozenset({"a", "b"})), Strike(2.5, frozenset())]


def test_a_target_that_never_struck_wrote_no_file(tmp_path: Path) -> None:
    assert read_strikes(tmp_path / "strikes") == []
