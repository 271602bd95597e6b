from __future__ import annotations

from evidence.marks import Mark, MarkKind
from evidence.records import SessionEnded, SightingSeen
from tests.users.fixtures import KEY, OTHER, OWN, Talk, World, profile_for, world
from users.watching import Watching


def watching(here: World) -> tuple[Watching, Talk]:
    seen = Watching(here.run, profile_for())
    return seen, Talk(World(seen, here.tenant, here.sink, here.events))


def test_its_name_alone_is_nothing_of_its_own() -> None:
    seen, talk = watching(world())
    talk.hear({"type": "welcome", "user_id": KEY.mint_id(Mark(MarkKind.TENANT, OWN))})
    assert (seen.shows_own, seen.foreign_owners) == (False, set())
    talk.hear({"type": "room", "said_by": KEY.mint_id(Mark(MarkKind.MESSAGE, OWN, 3))})
    assert (seen.shows_own, seen.foreign_owners) == (True, set())


def test_whose_things_are_shown_is_noted_and_is_a_leak_as_ever() -> None:
    here = world()
    seen, talk = watching(here)
    talk.hear({"type": "room", "text": KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))})
    assert seen.foreign_owners == {OTHER} and not seen.shows_own
    assert [row.kind for row in here.sink.of(SightingSeen)] == ["foreign-content"]


def test_frames_that_refuse_are_noted_with_their_codes() -> None:
    seen, talk = watching(world())
    talk.hear({"type": "error", "code": "forbidden"})
    talk.hear({"type": "room"})
    assert seen.refusals == ["forbidden"]


def test_a_refusal_of_what_was_asked_is_the_request_s() -> None:
    seen, talk = watching(world())
    request, _ = talk.ask("chat")
    talk.hear({"type": "error", "code": "forbidden", "message_id": request.request_id})
    assert request.reason == "forbidden" and seen.refusals == []


def test_errors_beside_data_are_no_refusal() -> None:
    seen = Watching(world().run, profile := profile_for(refusal__has=["errors"]))
    talk = Talk(World(seen, world().tenant, world().sink, []))
    talk.hear({"type": "room", "errors": ["partly"], profile.frames.learn["thread"]: "t-1"})
    assert seen.refusals == []
    talk.hear({"type": "room", "errors": ["none of yours"]})
    assert len(seen.refusals) == 1


def test_it_waits_no_longer_than_until_the_connection_has_ended() -> None:
    seen, _ = watching(world())
    ended = SessionEnded(OWN, 0, 0, 1.0, "lost", 1000)
    seen.record(SessionEnded(OWN, 0, 0, 1.0, "closed"))
    assert seen.lost is None, "we have closed it ourselves"
    seen.record(ended)
    seen.watch(lambda: False, 3600.0)
    assert seen.lost is ended
