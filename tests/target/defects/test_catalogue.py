from __future__ import annotations

from pathlib import Path

from evidence.findings import FindingKind
from target.defects.catalogue import entries, explanation, listing

DOCUMENT = Path(__file__).parents[3] / "docs" / "defects.md"


def test_every_entry_says_everything_in_text() -> None:
    for entry in entries().values():
        assert 0 < entry.rate <= 1, entry.name
        for text in (entry.opportunity, entry.what, entry.world, entry.where, entry.needs):
            assert len(text) > 4, entry.name
            assert text in explanation(entry).replace("\n      ", " ").replace("\n", " "), entry.name


def test_entries_speak_of_findings_by_their_names() -> None:
    named = {kind for entry in entries().values() for kind in entry.shows}
    assert named <= {kind.value for kind in FindingKind}


def test_the_listing_explains_every_defect_once() -> None:
    lines = listing().splitlines()
    for entry in entries().values():
        assert sum(line.startswith(f"{entry.name}:") for line in lines) == 1
    assert max(map(len, lines)) <= 120


def test_the_document_has_every_defect_with_its_rate() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for entry in entries().values():
        assert f"| `{entry.name}` | {entry.rate:g} |" in text
