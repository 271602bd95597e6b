from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from reporting.console import render
from tests.reporting.results import ALL, hostile, inconclusive, isolated, leaking, striking_everybody, suspicious

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [80, 100])
def test_the_summary_fits_the_terminal(name: str, width: int) -> None:
    lines = render(ALL[name](), width=width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert len(lines) <= 55
    assert not any(line.endswith(" ") for line in lines)


def test_the_verdict_comes_first_and_the_report_last() -> None:
    lines = render(leaking(), folder=Path("runs/x")).splitlines()
    assert lines[0] == "LEAKING (exit 1)"
    assert lines[1].startswith("10 leaks; the most frequent: data of tenant t-7 reached tenant t-8")
    assert lines[-1] == "report    runs/x/report.html"


def test_a_leak_is_shown_with_both_tenants_its_place_and_its_command() -> None:
    text = render(leaking())
    assert "misfiled-data t-2 → t-1  postgres public.messages  3×" in text
    assert "see: psql" in text


def test_each_kind_that_is_shown_names_the_page_that_explains_it_once() -> None:
    for result in (leaking(), suspicious()):
        lines = render(result).splitlines()
        pages = [line.partition("page: ")[2] for line in lines if "page: docs/findings" in line]
        kinds = {line.split()[0] for line in lines if re.match(r"  [a-z]+(-[a-z]+)+ .*×", line)}
        assert pages and len(pages) == len(set(pages))
        assert {f"docs/findings/{kind}.md" for kind in kinds} <= set(pages)
        assert all((ROOT / page).is_file() for page in pages)


def test_an_inconclusive_run_shows_its_reasons_and_no_praise() -> None:
    text = render(inconclusive())
    assert "- 0 of 28 requests answered" in text
    assert "redis     not read: Redis at 127.0.0.1:1/0 refused the connection; start it" in text
    assert "  + " not in text


def test_an_isolated_run_shows_why_it_can_be_believed() -> None:
    text = render(isolated())
    assert "  + 510 frames (100 % of all) were inspected" in text
    assert "limits    8 of 8 kept" in text


def test_colour_is_used_only_if_asked_for() -> None:
    assert "\x1b[" in render(isolated(), colour=True)
    assert "\x1b" not in render(isolated())


def test_what_tenants_wrote_cannot_steer_the_terminal() -> None:
    assert not re.search("[\x00\x1b\u202e]", render(hostile()))


def test_findings_are_told_by_cause_and_suspicions_apart() -> None:
    text = render(striking_everybody())
    assert "findings  2 causes of 1,561 findings, 3,121 sightings" in text
    assert "3,120× in 1,560 pairs of 40 tenants" in text
    assert "misrouted-reply t-3 → t-9" in text
    assert "beside    1 suspicion (no proof: decides nothing)" in render(suspicious())


def test_what_the_run_cannot_exclude_is_two_lines_the_weakest_first() -> None:
    lines = render(isolated()).splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("at most"))
    assert lines[at] == "at most   78 % of 2 drops in the middle of a request; 64 % of 3 resumes"
    assert lines[at + 1] == "          to bound the rate at 0.1 % takes 2,995 replies; this run had 210"
    assert any(line.startswith("rates     0.084 % to 18 % of 30 sessions") for line in render(leaking()).splitlines())


def test_long_names_of_tenants_stand_on_a_line_of_their_own() -> None:
    result = leaking()
    for finding in result.findings:
        for party in (finding.owner, finding.recipient):
            assert party is not None
            party.name = f"0d7e61c2-1350-8e29-a412-{party.number:012}"
    lines = render(result, width=80).splitlines()
    at = lines.index("  misfiled-data postgres public.messages  3×")
    assert lines[at + 1].strip() == "0d7e61c2-1350-8e29-a412-000000000002 → 0d7e61c2-1350-8e29-a412-000000000001"
