from __future__ import annotations

from evidence.requests import Outcome
from tests.users.fixtures import Talk, world
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
