from __future__ import annotations

import pytest

from evidence.records import SightingSeen
from evidence.requests import Outcome
from tests.users.fixtures import Talk, profile_for, world
from users.settling import Settling


def test_a_request_is_counted_at_its_first_end_only() -> None:
    here = world()
    talk = Talk(here)
    request, _ = talk.ask()
    profile = here.run.profile
    settling = Settling(here.run, here.tenant, 0, talk.talk.book, talk.changed)
    settling.unknown(request, request.sent_s + 1, "timed out")
    settling.answered(request, profile.operations.chat, request.sent_s + 2)
    assert [row.outcome for row in here.requests] == ["unknown"]
    assert (here.tenant.counts.unknown, here.tenant.counts.answered, talk.changes) == (1, 0, 1)


def test_a_refusal_settles_by_its_code_and_an_unknown_end_may_have_cost_the_price() -> None:
    for code, unknown in (("not_found", 0), ("internal_error", 7)):
        here = world()
        talk = Talk(here)
        request, _ = talk.ask()
        Settling(here.run, here.tenant, 0, talk.talk.book, talk.changed).refused(request, code, [], request.sent_s)
        assert here.tenant.account.unknown == unknown
        assert (request.outcome, request.reason) == (Outcome.REFUSED, code)


def test_what_an_overlong_text_was_charged_is_unknown_unless_the_reply_says_so() -> None:
    limit = {"most": 100, "beyond": "dropped"}
    for told, charged, unknown in ((None, 0, 7), (7, 7, 0), (0, 0, 0)):
        here = world(profile_for(operations__chat__text_limit=limit))
        talk = Talk(here)
        request, _ = talk.ask("too long: chat")
        talk.finish(request, **({} if told is None else {"charged": told}))
        assert (here.tenant.account.charged, here.tenant.account.unknown) == (charged, unknown)
        assert (request.outcome, here.sink.of(SightingSeen)) == (Outcome.ANSWERED, [])


@pytest.mark.parametrize(("beyond", "code", "due"), [
    ("refused", "too_large", True), ("refused", "internal_error", False), ("dropped", "too_large", False),
])  # fmt: skip
def test_an_overlong_text_is_refused_duly_where_the_profile_says_so(beyond: str, code: str, due: bool) -> None:
    here = world(profile_for(operations__chat__text_limit={"most": 100, "beyond": beyond}))
    talk = Talk(here)
    for name in ("too long: chat", "chat"):
        request, _ = talk.ask(name)
        talk.hear({"type": "error", "code": code, "message_id": request.request_id})
    assert [row.expected for row in here.requests] == [due, False]
