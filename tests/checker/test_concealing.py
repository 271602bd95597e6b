from __future__ import annotations

import dataclasses

from checker.concealing import concealed
from checker.result import Result, Verdict
from config.profile import Profile
from evidence.records import TokenShown
from evidence.secrecy import KnownSecrets
from tests.checker.histories import KEY, History, healthy, misfiled, profile

OPAQUE = "r8Zq1Xw5TnB0vLk7JmD3"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln"
WORDS = "PLANTED battery"


def shown(history: History, given: Profile) -> Result:
    return concealed(history.judged(), history.summary(), given, KEY)


def leaking(place: str, excerpt: str) -> History:
    """A healthy run but for one row, found at this place."""
    history = healthy()
    finding = misfiled(2, 1)
    sighting = dataclasses.replace(
        finding.first, place=f"redis {place}", excerpt=excerpt, reproduce=f"redis-cli GET {place}", detail=f"in {place}"
    )
    finding.first = sighting
    finding.places = [sighting.place]
    history.scans["postgres"].findings.append(finding)
    return history


def test_a_key_named_after_a_token_that_a_tenant_has_shown_is_told_without_it() -> None:
    history = leaking(f"session:{OPAQUE}", "q7zkabc")
    before = history.judged().model_dump_json()
    assert OPAQUE in before
    fingerprint = KnownSecrets.of_run([], KEY).take_in(OPAQUE)
    assert fingerprint is not None
    history.rows["local"].append(TokenShown(1, fingerprint))
    result = shown(history, profile())
    assert OPAQUE not in result.model_dump_json()
    (finding,) = result.findings
    assert finding.places == ["redis session:(hidden)"] and finding.reproduce == "redis-cli GET session:(hidden)"
    assert result.verdict is Verdict.LEAKING


def test_signed_tokens_are_hidden_wherever_they_stand() -> None:
    result = shown(leaking(f"session:{JWT}", f"…{JWT} q7zkabc"), profile())
    assert "eyJ" not in result.model_dump_json() and "q7zkabc" in result.model_dump_json()


def test_what_the_profile_holds_is_hidden_and_what_an_edge_leaves_of_it() -> None:
    given = profile(target={"name": "a service", "url": "ws://127.0.0.1:9/ws", "headers": {"X-Key": WORDS}})
    result = shown(leaking(f"of {WORDS} and more", f"…{WORDS[-6:]} q7zkabc and {WORDS[:9]}…"), given)
    (finding,) = result.findings
    assert (finding.excerpt, finding.places) == (
        "…(hidden) q7zkabc and (hidden)…", ["redis of (hidden) and more"]
    )  # fmt: skip


def test_a_pattern_of_keys_named_after_a_secret_shows_none_of_it() -> None:
    headers = {"X-Key": "PLANTED 12 battery 7"}
    given = profile(target={"name": "a service", "url": "ws://127.0.0.1:9/ws", "headers": headers})
    history = leaking("k", "q7zkabc")
    history.scans["postgres"].findings[0].group = "sid=PLANTED * battery */last"
    (finding,) = shown(history, given).findings
    assert finding.group == "sid=(hidden)/last"


def test_what_is_no_secret_stays_as_it_was() -> None:
    history = leaking("left:t-1", "…said q7zkabc")
    assert shown(history, profile()) == history.judged()
