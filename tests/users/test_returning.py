from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evidence.findings import FindingKind
from evidence.marks import Mark, MarkKind
from evidence.records import SightingSeen
from tests.config.profiles import REMOVE
from tests.http_server import Reply, http_server
from tests.users.fixtures import KEY, OWN, World, profile_for, world
from tests.users.small_target import Line, silent, small_target
from users.base import credentials_of
from users.presence import Presence
from users.returning import try_to_return

Rule = Callable[[Line, dict[str, Any]], None]
WITHOUT_READY: dict[str, Any] = {"frames__ready": None, "frames__pushes": ["session_ready"]}


def returned(
    rule: Rule | None = None, greet: Callable[[Line], None] | None = None, *, refuse: bool = False, **changes: object
) -> tuple[str, str, World]:
    with small_target(on_frame=rule, greet=greet) as target:
        target.refuse = refuse
        here = world(profile_for(target.url, **changes))
        gone = Presence(here.run, here.tenant, sessions=1, rate=1.0, credentials=credentials_of(here.run), tls=None)
        return *try_to_return(here.run, gone), here


def refuses(code: str) -> Rule:
    return lambda line, frame: line.send(type="error", code=code, message_id=frame["message_id"])


def closes(code: int) -> Callable[[Line], None]:
    return lambda line: line.close(code, "not you")


@pytest.mark.parametrize(("code", "outcome"), [(1008, "refused"), (4001, "refused"), (1011, "unclear")])
def test_a_close_code_says_whether_it_was_refused(code: int, outcome: str) -> None:
    assert returned(greet=closes(code))[:2] == (outcome, f"closed with code {code}")


def test_an_answer_to_the_upgrade_that_says_no_is_a_refusal() -> None:
    assert returned(refuse=True)[:2] == ("refused", "HTTP 403")


@pytest.mark.parametrize(
    ("status", "outcome"), [(401, "refused"), (404, "refused"), (429, "unclear"), (408, "unclear")]
)
def test_a_token_service_that_would_not_answer_now_has_refused_nobody(status: int, outcome: str) -> None:
    with http_server(lambda _asked: Reply(status)) as server:
        service = {"url": server.url, "body": {"user": "{tenant}"}, "retries": 0}
        assert returned(auth__place="query", auth__source="service", auth__service=service)[0] == outcome


def test_nobody_there_is_no_refusal() -> None:
    here = world()
    gone = Presence(here.run, here.tenant, sessions=1, rate=1.0, credentials=credentials_of(here.run), tls=None)
    assert try_to_return(here.run, gone)[0] == "unclear"


def test_what_it_is_shown_of_its_own_is_said() -> None:
    canary = KEY.mint_canary(Mark(MarkKind.SECRET, OWN, 1))
    outcome, detail, here = returned(lambda line, frame: line.answer(frame, note=canary))
    assert (outcome, detail) == (
        "granted",
        "the session became ready, state_read was answered and showed 1 of its own marks, "
        "history was answered and showed 1 of its own marks",
    )
    assert here.sink.rows == []


@pytest.mark.parametrize(("rule", "outcome"), [
    (refuses("not_found"), "refused"), (refuses("unavailable"), "unclear"), (silent, "unclear"),
    (lambda line, frame: line.answer(frame), "granted"),
])  # fmt: skip
def test_where_no_frame_says_that_a_session_may_be_used_the_reads_decide(rule: Rule, outcome: str) -> None:
    assert returned(rule, target__reply_timeout_s=0.1, **WITHOUT_READY)[0] == outcome


def test_an_account_that_ended_with_its_tenant_is_not_judged_and_what_leaks_is() -> None:
    foreign = KEY.mint_canary(Mark(MarkKind.SECRET, OWN + 7, 1))
    here = returned(lambda line, frame: line.answer(frame, remaining=0, note=foreign))[2]
    assert {row.kind for row in here.sink.of(SightingSeen)} == {FindingKind.FOREIGN_CONTENT}


def test_a_refusal_is_not_tried_again_in_the_background() -> None:
    lines: list[int] = []

    def greet(line: Line) -> None:
        lines.append(line.number)
        line.close(1008)

    returned(greet=greet)
    assert lines == [0]


def test_a_session_that_is_closed_at_the_first_word_was_refused() -> None:
    assert returned(lambda line, _frame: line.close(1008), **WITHOUT_READY)[:2] == ("refused", "closed with code 1008")


def test_where_nothing_can_be_read_another_operation_is_asked_for() -> None:
    changes = {"operations__state_read": REMOVE, "operations__history": REMOVE, **WITHOUT_READY}
    outcome, detail, _ = returned(lambda line, frame: line.answer(frame), **changes)
    assert (outcome, detail) == ("granted", "routing was answered")
