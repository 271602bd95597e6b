"""Rooms to which everybody may connect: whether a run tells one that shows strangers nothing from one that is open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evidence.records import SHOWN_NOTHING
from tests.end_to_end import evidence_counts
from tests.end_to_end.rooms_service import Shows, rooms_service
from tests.end_to_end.served import SAY_AND_LIST
from tests.end_to_end.stack import Stack

TRIES = 4
USERS = 4
PROFILE = (
    """\
[target]
name = "rooms"
url = "{url}"
reply_timeout_s = 3

[tenants]
accounts = "accounts.csv"
columns = {{ token = "key" }}

[auth]
place = "frame"
source = "token"

[auth.frame]
send = {{ kind = "login", token = "{{token}}" }}
accepted = ["hello"]

[attempts.entrances.room]
does = "read"
then = {{ kind = "join", room = "{{victim_room}}" }}
granted_by = "victims_marks"

[workload]
chat_rate = 4
attempt_rate = 4
drain_s = 1
mix = {{ agent = 1, state = 0, roving = 0, listening = 0, trespassing = 1 }}

"""
    + SAY_AND_LIST
    + 'learn = {{ room = "room" }}\npushes = ["room"]\n'
)


def attempts(folder: Path) -> list[dict[str, Any]]:
    return [row for row in evidence_counts.rows(folder, "attempt") if row["name"] == "entrance: room"]


@pytest.mark.parametrize(("shows", "verdict", "outcome", "detail"), [
    (Shows.ITS_OWNER, "ISOLATED", "refused", SHOWN_NOTHING),
    (Shows.ITS_OWNER_AND_REFUSES, "ISOLATED", "refused", "forbidden"),
    (Shows.ANYBODY, "LEAKING", "granted", "it showed what is the other's"),
    (Shows.NOBODY, "INCONCLUSIVE", "not_tried", "the owner's own access showed nothing of its own"),
])  # fmt: skip
def test_what_a_room_shows_strangers_and_its_owner_decides(
    stack: Stack, shows: Shows, verdict: str, outcome: str, detail: str
) -> None:
    rows = [f"customer {number},key of customer {number}" for number in range(12)]
    (stack.folder / "accounts.csv").write_text("\n".join(["tenant,key", *rows]), encoding="utf-8")
    with rooms_service(stack.redis.url, shows) as url:
        path = stack.folder / "rooms.toml"
        path.write_text(PROFILE.format(url=url), encoding="utf-8")
        ended = stack.run_until(
            lambda folder: len(attempts(folder)) >= TRIES and evidence_counts.everybody_is_told(folder, USERS),
            "the room has been tried", profile=path, users=USERS,
        )  # fmt: skip
    told = ended.verdict
    assert told["verdict"] == verdict, (told["reasons"], told["findings"])
    assert {(row["outcome"], row["detail"]) for row in attempts(ended.folder)} == {(outcome, detail)}
    leaks = {finding["kind"] for finding in told["findings"] if finding["severity"] == "leak"}
    assert leaks == ({"access-granted", "foreign-content"} if verdict == "LEAKING" else set())
    words = " by a connection that showed nothing of the other's)"
    assert any(words in sentence for sentence in told["believe"]) is (detail == SHOWN_NOTHING)
