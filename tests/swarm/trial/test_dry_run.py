from __future__ import annotations

import io

from config.profile import Profile
from swarm.trial.dry_run import show_dry_run
from swarm.trial.page import page_on
from tests.config.profiles import changed

MAKE = {"kind": "command", "create": {"argv": ["./make", "{tenant}"]}, "remove": {"argv": ["./purge", "{tenant}"]}}
SAID = "that can't be seen, nor held to allow_hosts"


def shown(profile: Profile) -> str:
    stream = io.StringIO()
    show_dry_run(profile, page_on(stream, {"COLUMNS": "200"}, ()))
    return " ".join(stream.getvalue().split())


def test_programs_of_the_profile_are_listed_as_going_where_nobody_sees() -> None:
    text = shown(
        changed(
            auth__source="command", auth__command={"argv": ["./token"]}, provisioning__steps=[{**MAKE, "name": "m"}]
        )
    )
    assert f"wherever ./token goes (auth.command): {SAID}" in text
    assert f"wherever ./make goes (provisioning.steps[0] (m)): {SAID}" in text
    assert f"wherever ./purge goes (provisioning.steps[0] (m)): {SAID}" in text
    assert SAID not in shown(changed())


def test_what_is_said_at_another_s_entrance_and_waited_for_there_is_shown() -> None:
    room = {"does": "read", "url": "ws://127.0.0.1:1/rooms/{victim_tenant}"}
    assert "then 2 s at most are waited for a refusal" in shown(changed(attempts__entrances={"room": room}))
    asks = {"then": {"join": "{victim_thread}", "id": "{uuid}"}, "granted_by": "victims_marks", "within_s": 3}
    text = shown(changed(attempts__entrances={"room": {**room, **asks}}))
    assert "and by another's entrance room: GET ws://127.0.0.1:1/rooms/VICTIM_TENANT" in text
    assert '→ {"join":"VICTIM_THREAD","id":"' in text
    assert "then 3 s at most are waited for what is the other's, or a refusal" in text
