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
