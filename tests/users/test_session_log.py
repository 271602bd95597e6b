from __future__ import annotations

from evidence.records import ConnectFailed, SessionEnded, SessionOpened
from tests.users.fixtures import World
from users.session_log import SessionLog
from users.wire.opening import ConnectTimings

TIMINGS = ConnectTimings(started_s=0.0, tcp_ms=1.0, tls_ms=None, upgrade_ms=2.0)


def test_a_connection_is_opened_and_ends_with_the_frames_that_came_on_it(here: World) -> None:
    log = SessionLog(here.run, here.tenant, 1)
    here.tenant.counts.frames = 5
    log.opened(TIMINGS, None, 3.5, 0, resumed=False)
    here.tenant.counts.frames = 12
    log.ended(0, "dropped", None, "", 2)
    (opened,), (ended,) = here.sink.of(SessionOpened), here.sink.of(SessionEnded)
    assert (opened.session, opened.tcp_ms, opened.tls_ms, opened.total_ms) == (1, 1.0, None, 3.5)
    assert (ended.how, ended.in_flight, ended.frames) == ("dropped", 2, 7)
    assert here.reported("connect") == ["tcp", "upgrade", "total"]
    exposed = ("connections", "sessions", "second_sessions", "reconnects", "drops_mid_request")
    assert [here.run.exposures[name] for name in exposed] == [1, 1, 1, 0, 1]


def test_a_further_connection_is_a_reconnect(here: World) -> None:
    log = SessionLog(here.run, here.tenant, 0)
    for connection in (0, 1):
        log.opened(TIMINGS, None, 3.5, connection, resumed=connection > 0)
    log.ended(1, "closed", 1000, "", 0)
    assert (here.run.exposures["sessions"], here.run.exposures["reconnects"]) == (1, 1)
    assert here.run.exposures["drops_mid_request"] == 0


def test_a_refusal_names_its_stage_and_fails_in_locust(here: World) -> None:
    SessionLog(here.run, here.tenant, 0).refused("ready", None, "x" * 300, ValueError("no ready frame"))
    (row,) = here.sink.of(ConnectFailed)
    assert (row.stage, len(row.detail)) == ("ready", 200)
    assert here.errors() == ["ValueError: no ready frame"] and here.reported("connect") == ["tcp"]
