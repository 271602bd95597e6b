from __future__ import annotations

import pytest

from evidence.finding_guide import FOLDER, GUIDES
from evidence.findings import FindingKind

kinds = pytest.mark.parametrize("kind", FindingKind)


def test_there_is_a_guide_for_each_kind_and_for_nothing_else() -> None:
    assert set(GUIDES) == {kind.value for kind in FindingKind}


@kinds
def test_a_kind_says_its_causes_what_to_look_at_and_what_is_innocent_in_sentences(kind: FindingKind) -> None:
    guide = GUIDES[kind.value]
    assert (kind.likely_causes, kind.look_first, kind.innocent) == (guide.causes, guide.first, guide.innocent)
    assert len(guide.causes) >= 2 and len(guide.first) >= 2
    for sentence in (*guide.causes, *guide.first, guide.innocent):
        assert sentence[0].isupper() and sentence[-1] == "."


@kinds
def test_a_kinds_page_bears_its_name(kind: FindingKind) -> None:
    assert kind.doc == f"{FOLDER}/{kind.value}.md"
