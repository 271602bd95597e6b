from __future__ import annotations

import uuid

from target.defects.last_tenant import LastOf, LastTenant

FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


def test_one_s_own_is_never_another_s() -> None:
    last = LastTenant()
    assert last.of_another(FIRST) is None
    last.note(FIRST)
    last.note(FIRST)
    assert last.of_another(FIRST) is None
    assert last.of_another(SECOND) == FIRST


def test_the_latest_of_the_others_is_told() -> None:
    last = LastOf[str]()
    for user_id, thing in ((FIRST, "a"), (SECOND, "b"), (SECOND, "c"), (THIRD, "d"), (THIRD, "e")):
        last.leave(user_id, thing)
    assert last.of_another(FIRST) == "e"
    assert last.of_another(THIRD) == "c"
