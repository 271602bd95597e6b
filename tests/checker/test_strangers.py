"""Names that a node knew nobody by: tenants of another node, nobody, strangers; and ids that two nodes learnt."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from checker import strangers
from checker.result import Verdict
from checker.roster import roster
from evidence.findings import FindingKind, Severity, Sighting
from evidence.records import IdLearnt, SightingSeen
from tests.checker.histories import START_S, History, healthy, profile

NODES = ("worker-0", "worker-1")


def shown(name: str, *, recipient: int = 0, at_s: float = START_S + 20, severity: str = "suspicion") -> SightingSeen:
    """A frame of a tenant names somebody whom its node does not know."""
    return SightingSeen.of(
        Sighting(
            FindingKind.WRONG_IDENTITY, None, recipient, f"frame note of session 0 of tenant {recipient}", "frame note",
            at_s, f"user_id: {name}", "", Severity(severity), "user_id names somebody unknown", name,
        )
    )  # fmt: skip


def run_with(*rows: SightingSeen, **frames: Any) -> History:
    history = healthy(nodes=NODES)
    if frames:
        history.profile = profile(frames={**history.profile.frames.model_dump(exclude_none=True), **frames})
    history.rows["worker-0"][-1:-1] = rows  # before it is known who worker-1's tenants are
    return history


@pytest.mark.parametrize("name", ["t-1", "t1@example.org", "T1@example.org"])
def test_a_tenant_of_another_node_is_found_with_frame_time_and_tenants(name: str) -> None:
    history = run_with(shown(name), shown(name, at_s=START_S + 30))
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    (finding,) = result.findings
    assert (finding.kind, finding.severity, finding.count) == ("wrong-identity", "leak", 2)
    assert finding.owner is not None and finding.recipient is not None
    assert (finding.owner.number, finding.recipient.number) == (1, 0)
    assert (finding.first_at_s, finding.last_at_s) == (START_S + 20, START_S + 30)
    assert finding.places == ["frame note of session 0 of tenant 0"]
    assert strangers.leaking_names(history.summary(), history.profile) == {name}


def test_it_counts_among_the_frames_that_leaked() -> None:
    history = run_with(shown("t-1"), shown("t-3", recipient=2))
    frames, sessions = history.summary().leaking.judged({0, 1, 2, 3}, {"t-1"})
    assert (frames, sessions) == ({"note": 1}, {"0 of tenant 0"})


def test_it_counts_in_the_bounds_of_the_verdict() -> None:
    result = run_with(shown("t-1"), shown("t-3", recipient=2), shown("nobody-at-all", recipient=2)).judged()
    exposed = {bound.unit: bound.leaks for bound in result.bounds}
    assert exposed["sessions"] == 2


def test_it_is_seen_again_in_the_evidence(tmp_path: Path) -> None:
    history = run_with(shown("t-1"), shown("t-3"))
    folder = history.write(tmp_path / "runs")
    finding = next(found for found in history.judged().findings if found.owner and found.owner.number == 1)
    output = subprocess.run(
        finding.reproduce, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert folder.path.parent.name == "runs"
    assert len(output.splitlines()) == 1 and "user_id: t-1" in output


def test_a_name_of_the_tenant_itself_is_nothing() -> None:
    assert run_with(shown("t0@example.org")).judged().verdict is Verdict.ISOLATED


def test_somebody_of_no_run_is_a_doubt_with_a_remedy() -> None:
    result = run_with(shown("bob"), shown("bob"), shown("eve")).judged()
    assert result.verdict is Verdict.INCONCLUSIVE
    (reason,) = result.reasons
    assert reason.startswith("3 frames named somebody at user_id who is no tenant of this run, for example bob: ")
    assert "frames.nobody" in reason and "frames.strangers" in reason
    assert {finding.severity for finding in result.findings} == {"suspicion"}


def test_somebody_of_no_run_is_a_leak_where_only_tenants_are_named() -> None:
    result = run_with(shown("bob"), strangers="leak").judged()
    assert result.verdict is Verdict.LEAKING
    (finding,) = result.findings
    assert (finding.owner, finding.severity) == (None, "leak")
    assert finding.detail == "user_id names somebody who is no tenant of this run"


@pytest.mark.parametrize("policy", ["doubt", "leak"])
def test_nobody_is_nothing_and_a_tenant_that_looks_like_nobody_is_found_all_the_same(policy: str) -> None:
    nobody = run_with(shown("system", severity="known"), nobody=["s.*", "t-.*"], strangers=policy)
    assert nobody.judged().verdict is Verdict.ISOLATED
    tenant = run_with(shown("t-1", severity="known"), nobody=["s.*", "t-.*"], strangers=policy)
    assert tenant.judged().verdict is Verdict.LEAKING


def test_more_strangers_than_are_kept_are_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    history = run_with(shown("t0@example.org"), shown("bob"))
    summary = history.summary()
    summary.strangers.overflow = 7
    assert strangers.unknown(summary, history.profile)[-1] == (
        "7 frames more named somebody unknown, too many to look each up"
    )


@pytest.mark.parametrize("by_design", [(True, False), (False, True), (True, True)])
def test_an_id_that_an_operation_shows_to_all_by_design_is_its_owners_and_no_finding(
    by_design: tuple[bool, bool],
) -> None:
    history = healthy(nodes=NODES)
    for number, known in enumerate(by_design):
        row = IdLearnt(number, "thread", "th-on-the-board", 1, "done", START_S + 10 - number, known)
        history.rows[f"worker-{number}"].insert(-1, row)
    result = history.judged()
    assert result.verdict is Verdict.ISOLATED
    # Where the board was first, whoever was handed the id later may be its owner, or not.
    assert result.suspicions_total == (by_design == (False, True))
    owners = roster(history.summary()).learnt
    assert owners.get("th-on-the-board") == {(True, False): 1, (False, True): 0}.get(by_design)


def test_an_id_that_a_login_has_told_names_a_tenant_of_another_node() -> None:
    told = IdLearnt(1, "user_id", "u-17", 0, "login", START_S + 1, names_tenant=True)
    history = run_with(shown("u-17"))
    assert history.judged().verdict is Verdict.INCONCLUSIVE  # somebody whom nobody knows
    history.rows["worker-1"].insert(-1, told)
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    (finding,) = result.findings
    assert finding.owner is not None and finding.recipient is not None
    assert (finding.kind, finding.owner.number, finding.recipient.number) == ("wrong-identity", 1, 0)


def test_an_id_that_logins_have_told_two_tenants_is_a_leak_of_the_login() -> None:
    history = healthy(nodes=NODES)
    for number in (0, 1):
        row = IdLearnt(number, "user_id", "u-17", 0, "login", START_S + number, names_tenant=True)
        history.rows[f"worker-{number}"].insert(-1, row)
    result = history.judged()
    assert result.verdict is Verdict.LEAKING
    (finding,) = result.findings
    assert finding.kind == "shared-id" and finding.places == ["login of session 0 of tenant 1"]


def test_an_id_that_two_nodes_learnt_is_found_where_it_came_second() -> None:
    """Whatever the order in which the nodes' evidence is read."""
    for first, second in ((0, 1), (1, 0)):
        history = healthy(nodes=NODES)
        for number, at_s in ((first, START_S + 10), (second, START_S + 11)):
            history.rows[f"worker-{number}"].insert(-1, IdLearnt(number, "thread", "th-of-both", 1, "done", at_s))
        result = history.judged()
        assert result.verdict is Verdict.LEAKING
        (finding,) = result.findings
        assert finding.kind == "shared-id" and finding.first_at_s == START_S + 11
        assert finding.owner is not None and finding.recipient is not None
        assert (finding.owner.number, finding.recipient.number) == (first, second)
        assert finding.places == [f"frame done of session 1 of tenant {second}"]
        assert history.summary().leaking.frames == {"done": 1}
