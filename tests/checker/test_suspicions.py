from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.result import Verdict
from checker.suspicion_kinds import FOLDER, SuspicionKind
from evidence.records import IdLearnt, OwnerShutOut
from tests.checker.histories import healthy

ROOT = Path(__file__).parents[2]
HEADINGS = [
    "What it means",
    "How it is measured",
    "What usually causes it",
    "What to look at first",
    "What looks like it and is none",
]


def test_a_healthy_run_raises_no_suspicion() -> None:
    assert healthy().judged().suspicions == []


def test_ids_that_follow_one_another_are_a_suspicion_and_no_reason() -> None:
    history = healthy()
    tenants = len(history.summary().tenants)
    history.rows["local"] += [IdLearnt(number % tenants, "session", f"s-{number:05d}") for number in range(40)]
    result = history.judged()
    assert [suspicion.kind for suspicion in result.suspicions] == ["guessable-ids"]
    assert (result.verdict, result.exit_code) == (Verdict.ISOLATED, 0)


def test_an_owner_that_was_shut_out_is_a_suspicion_and_a_doubt() -> None:
    history = healthy()
    history.rows["local"].append(OwnerShutOut(0, 1, "read_history", 1.0, "not_found"))
    result = history.judged()
    assert [suspicion.kind for suspicion in result.suspicions] == ["owner-shut-out"]
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reasons == [
        "1 owner was refused at its own door read_history (not_found) right after another tenant had tried it; right "
        "before, it had been let in"
    ]


@pytest.mark.parametrize("kind", SuspicionKind)
def test_every_kind_has_its_page_with_all_sections_in_order(kind: SuspicionKind) -> None:
    text = (ROOT / kind.doc).read_text(encoding="utf-8")
    assert text.startswith(f"# {kind.value}\n\n")
    assert kind.meaning in " ".join(text.split())
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert kind.look_first in " ".join(text.split())


def test_the_index_names_every_page_and_there_is_no_other() -> None:
    index = (ROOT / FOLDER / "README.md").read_text(encoding="utf-8")
    for kind in SuspicionKind:
        assert f"| [{kind.value}]({kind.value}.md) | {kind.meaning} |" in index
    assert {path.stem for path in (ROOT / FOLDER).glob("*.md")} - {"README"} == {kind.value for kind in SuspicionKind}
