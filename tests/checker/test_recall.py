from __future__ import annotations

import pytest

from checker.recall import Recall, recall
from evidence.marks import MarkKind
from tests.checker.histories import healthy, profile

TENANT = 1
PLANTED = (MarkKind.STATE, TENANT, 1)


def recalled(*, without: tuple[MarkKind, int, int], instead: tuple[MarkKind, int, int] | None = None) -> Recall:
    """What is recalled in Redis if a planted mark is not there, and perhaps another one is."""
    history = healthy()
    scan = history.scans["redis"]
    scan.own_marks -= {without}
    scan.own_marks |= {instead} if instead is not None else set()
    return recall(history.summary(), profile(), scan)


def test_a_state_that_its_own_tenant_wrote_later_stands_for_the_planted_one() -> None:
    found = recalled(without=PLANTED, instead=(MarkKind.STATE, TENANT, 5))
    assert (found.share, found.missing) == (1.0, "")


@pytest.mark.parametrize(
    ("without", "instead"),
    [
        (PLANTED, None),
        (PLANTED, (MarkKind.STATE, TENANT + 7, 5)),  # nobody else's state shows that this one's place was read
        (PLANTED, (MarkKind.ROW, TENANT, 1)),
        ((MarkKind.CONTEXT, TENANT, 1), (MarkKind.CONTEXT, TENANT, 5)),  # what nobody writes again must be there itself
    ],
)
def test_nothing_else_stands_for_a_planted_mark_that_is_missing(
    without: tuple[MarkKind, int, int], instead: tuple[MarkKind, int, int] | None
) -> None:
    found = recalled(without=without, instead=instead)
    assert found.found == found.expected - 1
    assert found.missing.startswith(f"the {without[0].name.lower()} canary 1 of tenant ")
