from __future__ import annotations

import re

from reporting.escaping import code, markdown, printable
from reporting.markdown import summary
from tests.reporting.results import hostile, inconclusive, isolated, leaking, suspicious


def test_the_verdict_is_the_heading() -> None:
    assert summary(isolated()).startswith("## ✅ ISOLATED")
    assert summary(leaking()).startswith("## ❌ LEAKING")
    assert summary(inconclusive()).startswith("## ❔ INCONCLUSIVE")


def test_findings_are_a_table_by_cause_with_the_page_that_explains_them() -> None:
    row = (
        "| misfiled\\-data | `t-2 → t-1` | `postgres public.messages` | 3 | 1 | 2 | `docs/findings/misfiled-data.md` |"
    )
    assert row in summary(leaking())


def test_suspicions_stand_apart() -> None:
    text = summary(suspicious())
    assert "### Suspicions, which decide nothing" in text
    assert "findings by cause" not in text


def test_what_the_run_cannot_exclude_is_told() -> None:
    assert "- Sessions: none of 30 leaked" in summary(isolated())


def test_every_row_of_a_table_has_the_same_number_of_cells() -> None:
    rows: list[int] = []
    for line in summary(hostile()).splitlines():
        if not line.startswith("|"):
            assert len(set(rows)) <= 1, rows
            rows = []
            continue
        rows.append(line.replace("\\|", "").count("|"))


def test_what_tenants_wrote_is_shown_literally() -> None:
    text = summary(hostile())
    outside_code = re.sub(r"(`+) ?.*?\1", "", text)
    assert not re.search(r"(?<!\\)<(?!/?(details|summary)>)", outside_code)
    assert not re.search("[\x00\x1b\u202e]", text)


def test_escaping() -> None:
    assert printable("a\x00b\x1b[31m\nc\u202e") == "a\ufffdb\ufffd[31m c\ufffd"
    assert markdown("*a* <b> [c](d)") == "\\*a\\* \\<b\\> \\[c\\]\\(d\\)"
    assert code("a`b") == "``a`b``"
    assert code("`a") == "`` `a ``"
    assert code("a|b") == "`a\\|b`"
