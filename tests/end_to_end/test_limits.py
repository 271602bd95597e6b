"""Care for other people's systems: permissions, and limits at which a run stops by itself."""

from __future__ import annotations

import pytest

from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import Stack


def test_another_machine_needs_a_permission_before_anything_is_sent(stack: Stack) -> None:
    away = {"TARGET_URL": "ws://staging.example:8000/ws"}
    run = stack.locust("--headless", "-u", "1", "-t", "5s", environment=away)
    assert run.wait() == 2
    assert "staging.example (target.url)" in run.output() and "--allow-host" in run.output()
    assert "Traceback" not in run.output()
    assert not list(run.runs.glob("*"))
    assert stack.sql("SELECT count(*) FROM users") == [(0,)]


def limited(stack: Stack, limits: str, *options: str, users: int = 4) -> tuple[int, str, dict[str, object]]:
    profile = short_profile(stack.folder / "limited.toml")
    profile.write_text(f"{profile.read_text()}\n[limits]\n{limits}\n")
    run = stack.run(*options, profile=profile, users=users, seconds=120)
    return run.returncode, run.output, run.header


def test_a_run_that_has_lasted_long_enough_stops_by_itself(stack: Stack) -> None:
    code, output, header = limited(stack, "duration_s = 3")
    assert header["stopped_by"] == "limits.duration_s is 3, and so long it has lasted"
    assert "The run is being stopped: limits.duration_s is 3" in output
    assert code in (0, 3), output[-2000:]


@pytest.mark.parametrize("options", [(), ("--processes", "2")], ids=["alone", "two workers"])
def test_a_run_that_would_send_too_much_stops_by_itself(stack: Stack, options: tuple[str, ...]) -> None:
    _, output, header = limited(stack, "requests_per_second = 2", *options, users=8)
    assert "limits.requests_per_second is 2 and more were about to be sent" in str(header["stopped_by"]), output[-2000:]
    sent = int(str(header["locust_requests"]))
    lasted_s = float(str(header["ended_at_s"])) - float(str(header["started_at_s"]))
    assert 0 < sent <= 2 * (lasted_s + 5) + 1


def test_no_more_tenants_are_made_than_may_be(stack: Stack) -> None:
    profile = short_profile(stack.folder / "limited.toml")
    profile.write_text(f"{profile.read_text()}\n[limits]\ntenants = 5\n")
    run = stack.run("--keep-data", profile=profile, users=5, seconds=120)
    # Who trespasses plays two, so five users want a sixth tenant; the controls are none of them: the stores' one, and
    # the live one, which a run that ends at once may not come to.
    assert "limits.tenants is 5 and one more was about to be made" in run.header["stopped_by"], run.output[-2000:]
    assert stack.sql("SELECT count(*) FROM users") in ([(6,)], [(7,)])


def test_more_users_than_tenants_may_be_made_are_refused_before_anything_is_made(stack: Stack) -> None:
    profile = short_profile(stack.folder / "limited.toml")
    profile.write_text(f"{profile.read_text()}\n[limits]\ntenants = 5\n")
    run = stack.locust("--headless", "-u", "6", "-t", "30s", profile=profile)
    assert run.wait() == 2
    assert "limits.tenants is 5 and 6 users were asked for" in run.output()
    assert stack.sql("SELECT count(*) FROM users") == [(0,)]
