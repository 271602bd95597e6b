from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from reporting.html import html
from tests.reporting.results import ALL, hostile, inconclusive, isolated, leaking, striking_everybody, suspicious

VOID = {"meta", "br", "line", "rect", "circle", "text"}


class Page(HTMLParser):
    """Collects elements, attributes and text, and complains of elements that are not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID - {"text"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] in {"p", "li"} and self.open[-1] != tag:
            self.open.pop()
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, text: str) -> None:
        self.text += text


@pytest.mark.parametrize("name", ALL)
def test_the_page_needs_nothing_from_anywhere(name: str) -> None:
    text = html(ALL[name]())
    page = Page(text)
    assert page.open == []
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "base"}
    for tag, attributes in page.elements:
        for attribute in ("src", "href", "action"):
            assert (attributes.get(attribute) or "#").startswith("#"), (tag, attributes)
        assert not any(attribute.startswith("on") for attribute in attributes)
    assert not re.search(r"url\(|@import", text)


@pytest.mark.parametrize("name", ALL)
def test_links_lead_to_sections_that_exist(name: str) -> None:
    page = Page(html(ALL[name]()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes.get("href") or "")[1:] for tag, attributes in page.elements if tag == "a"}
    assert links <= set(ids)


def test_verdict_headline_and_reasons_come_first() -> None:
    result = leaking()
    text = Page(html(result)).text
    positions = [text.index(part) for part in ("LEAKING", result.headline, result.reasons[0], "Findings", "Five tests")]
    assert positions == sorted(positions)


def test_an_inconclusive_page_says_why_and_claims_nothing() -> None:
    text = Page(html(inconclusive())).text
    assert "0 of 28 requests answered" in text
    assert "Redis at 127.0.0.1:1/0 refused the connection; start it" in text
    assert "Why it can be believed" not in text


def test_a_finding_shows_whose_data_who_got_it_and_how_to_see_it_again() -> None:
    text = Page(html(leaking())).text
    assert "t-2 → t-1" in text
    assert 'psql "$POSTGRES_URL" -c "SELECT content FROM public.messages WHERE id = \'17\'"' in text
    assert "t-3 → t-5" in text  # the charge that went to the wrong budget


def test_what_tenants_wrote_is_shown_and_never_run() -> None:
    text = html(hostile())
    assert "<script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not re.search("[\x00\x1b\u202e\ud800]", text)


def test_a_defect_that_struck_everybody_is_one_entry_and_hides_no_other() -> None:
    page = Page(html(striking_everybody()))
    causes = [
        attributes
        for tag, attributes in page.elements
        if tag == "details" and (attributes.get("id") or "").startswith("cause-")
    ]
    assert len(causes) == 3
    assert "3,120× in 1,560 pairs of 40 tenants" in page.text
    assert page.text.index("misrouted-reply frame history") < page.text.index("Who leaked to whom")
    assert "… and 1,540 more pairs." in page.text


def test_suspicions_stand_apart_and_decide_nothing() -> None:
    page = Page(html(suspicious()))
    headings = page.text[page.text.index("Findings 0") :]
    assert headings.index("Suspicions 1") < headings.index("they decide nothing")
    assert "ISOLATED" in page.text and "leaks found0" in page.text.replace("\n", "")


def test_every_kind_that_was_found_is_explained_with_its_page() -> None:
    result = leaking()
    text = Page(html(result)).text
    for cause in result.causes:
        assert f"More in {cause.doc}." in text
        assert all(line in text for line in (*cause.likely_causes, *cause.look_first))
    assert "What these findings mean" not in Page(html(isolated())).text


def test_what_the_run_cannot_exclude_is_told_for_every_unit() -> None:
    result = isolated()
    text = Page(html(result)).text
    section = text[text.index("What this run can't exclude") :]
    assert all(statement in section for statement in result.confidence.statements)
    assert "Never happened in this run, so nothing is known: refusals" in " ".join(section.split())


def test_an_inconclusive_run_claims_no_bound_beyond_what_it_saw() -> None:
    assert "these figures hold only for what could be looked at" in Page(html(inconclusive())).text
