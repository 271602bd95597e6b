"""A session of a tenant at a small target."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from evidence.records import SessionEnded
from evidence.requests import Request
from tests.users.fixtures import World, profile_for, world
from tests.users.small_target import SmallTarget
from users.credentials import Credentials
from users.session import Session


@contextmanager
def held(here: World) -> Iterator[Session]:
    """A session of this tenant, not opened yet; when it is over everything has been counted and nothing is open."""
    session = Session(here.run, here.tenant, 0, Credentials(here.run.profile), None)
    try:
        yield session
    finally:
        here.run.stopping = True
        session.finish("test over")
    assert here.balance() == 0
    assert not session.is_open


@contextmanager
def session_at(target: SmallTarget, **changes: object) -> Iterator[tuple[Session, World]]:
    here = world(profile_for(target.url, **changes))
    with held(here) as session:
        yield session, here


def ask(session: Session, here: World, name: str = "chat") -> Request:
    operation = here.run.profile.operations.get(name)
    assert operation is not None
    return session.ask(name, operation, time.perf_counter())


def ended(here: World) -> list[tuple[str, int | None]]:
    return [(row.how, row.code) for row in here.sink.of(SessionEnded)]
