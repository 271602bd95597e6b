from __future__ import annotations

import re
from pathlib import Path

import pytest

from evidence.finding_guide import FOLDER, GUIDES
from evidence.findings import FindingKind

ROOT = Path(__file__).parents[2]
HEADINGS = [
    "What it means",
    "What it looks like",
    "What usually causes it",
    "What to look at first",
    "How to see it again",
    "What looks like it and is none",
]


def page(kind: FindingKind) -> str:
    return (ROOT / kind.doc).read_text(encoding="utf-8")


def section(kind: FindingKind, heading: str) -> str:
    """The words of a section, in one line."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", page(kind), re.MULTILINE | re.DOTALL)
    assert found is not None
    return " ".join(found[1].split())


def test_every_kind_and_no_other_has_a_guide() -> None:
    assert set(GUIDES) == {kind.value for kind in FindingKind}


@pytest.mark.parametrize("kind", FindingKind)
def test_causes_and_first_looks_are_several_sentences(kind: FindingKind) -> None:
    for lines in (kind.likely_causes, kind.look_first):
        assert len(lines) == len(set(lines)) >= 3
        assert all(line[0].isupper() and line.endswith(".") for line in lines)
    assert kind.innocent.endswith(".")


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_has_its_page_with_all_sections_in_order(kind: FindingKind) -> None:
    text = page(kind)
    assert text.startswith(f"# {kind.value}\n\n{kind.meaning}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert all(len(section(kind, heading)) > 40 for heading in HEADINGS)


@pytest.mark.parametrize("kind", FindingKind)
def test_a_page_tells_all_that_the_guide_tells(kind: FindingKind) -> None:
    causes = section(kind, "What usually causes it")
    assert [cause for cause in kind.likely_causes if f"**{cause}**" not in causes] == []
    first = section(kind, "What to look at first")
    assert [look for look in kind.look_first if look not in first] == []
    assert kind.innocent in section(kind, "What looks like it and is none")


@pytest.mark.parametrize("kind", FindingKind)
def test_a_page_shows_an_example_of_its_kind(kind: FindingKind) -> None:
    example = re.search(r"^## What it looks like\n\n    (\S+)", page(kind), re.MULTILINE)
    assert example is not None and example[1] == kind.value


def test_the_index_names_every_page_and_there_is_no_other() -> None:
    folder = ROOT / FOLDER
    index = (folder / "README.md").read_text(encoding="utf-8")
    for kind in FindingKind:
        assert f"| [{kind.value}]({kind.value}.md) | {kind.meaning} |" in index
    pages = {path.stem for path in folder.glob("*.md")} - {"README"}
    assert pages == {kind.value for kind in FindingKind}


@pytest.mark.parametrize("path", sorted((ROOT / FOLDER).glob("*.md")), ids=lambda path: path.stem)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).is_file(), link
