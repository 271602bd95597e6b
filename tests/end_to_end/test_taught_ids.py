"""Tenants who are known by what their login told alone: the verdict names the two where it stands for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.knowing_service import Known, Leak, knowing_service
from tests.end_to_end.locust_process import RunOutcome
from tests.end_to_end.stack import Stack

PAIR = ("customer 3", "customer 2")
"""The first tenant of each of two workers, however their users are shared out; customers before them are controls."""
SPEAKERS = 6
PROFILE = """\
[target]
name = "knowing"
url = "{url}/{{user_id}}?connection={{connection}}"
reply_timeout_s = 3

[tenants]
accounts = "accounts.csv"
columns = {{ password = "password" }}

[auth]
place = "frame"
source = "service"

[auth.frame]
send = {{ kind = "login", token = "{{token}}", user = "{{user_id}}" }}
accepted = ["hello"]

[auth.service]
url = "{login}/login"
body = {{ user = "{{tenant}}", password = "{{password}}" }}
learn = {{ user_id = "me.id", connection = {{ path = "socket", matches = "connection=(.+)" }} }}
ids = ["user_id"]

[frames]
type = "kind"
request_id = ["id"]
tenant = ["from"]

[refusal]
type = "failure"
code = "why"

[operations.chat]
send = {{ kind = "say", id = "{{message_id}}", text = "{{prompt}}", user = "{{user_id}}" }}
ends = ["said"]
stored_in = ["redis"]

[operations.history]
send = {{ kind = "list", id = "{{message_id}}", user = "{{user_id}}" }}
ends = ["listed"]

[stores.redis]
url = "${{REDIS_URL}}"

[workload]
chat_rate = 4
read_rate = 4
drain_s = 1
mix = {{ agent = 1 }}
"""


@contextmanager
def knowing(
    stack: Stack, leak: Leak, *, keeps: int = 0, retention: str = ""
) -> Iterator[tuple[Callable[..., RunOutcome], Known]]:
    """Runs against one service, which know what stands in PROFILE, and what the service knows."""
    rows = [f"customer {number},word {number}" for number in range(12)]
    (stack.folder / "accounts.csv").write_text("\n".join(["tenant,password", *rows]), encoding="utf-8")
    with knowing_service(stack.redis.url, leak, PAIR, keeps) as (url, login, known):
        path = stack.folder / "knowing.toml"
        profile = PROFILE.replace('stored_in = ["redis"]\n', f'stored_in = ["redis"]\n{retention}\n')
        path.write_text(profile.format(url=url, login=login.url), encoding="utf-8")

        def enough(folder: Path) -> bool:
            answered = [row for row in evidence_counts.rows(folder, "request") if row["outcome"] == "answered"]
            said = Counter(row["tenant"] for row in answered if row["operation"] == "chat")
            return (
                evidence_counts.everybody_is_told(folder, SPEAKERS)
                and (leak is Leak.NOTHING or known.leaks > 0)
                and (not keeps or sum(times > keeps for times in said.values()) >= SPEAKERS / 2)
            )

        def run(*options: str, runs: Path | None = None) -> RunOutcome:
            return stack.run_until(enough, "everybody has spoken", *options, profile=path, users=SPEAKERS, runs=runs)

        yield run, known


def run_with(stack: Stack, leak: Leak, *options: str, keeps: int = 0, retention: str = "") -> tuple[RunOutcome, int]:
    with knowing(stack, leak, keeps=keeps, retention=retention) as (run, known):
        return run(*options), known.leaks


def two_workers() -> tuple[str, ...]:
    port = str(free_port())
    return ("--processes", "2", "--master-bind-port", port, "--master-port", port)


@pytest.mark.parametrize("options", [tuple, two_workers], ids=["alone", "two workers"])
def test_what_accounts_said_in_an_earlier_run_is_their_own_in_the_next(
    stack: Stack, options: Callable[[], tuple[str, ...]]
) -> None:
    with knowing(stack, Leak.NOTHING) as (run, _):
        first = run()
        second = run(*options(), runs=first.folder.parent)
    assert second.folder.parent == first.folder.parent
    assert (first.returncode, first.verdict["verdict"]) == (0, "ISOLATED"), first.verdict["reasons"]
    assert (second.returncode, second.verdict["verdict"]) == (0, "ISOLATED"), second.verdict["reasons"]
    assert second.verdict["findings"] == []


def test_a_service_that_mixes_nobody_up_is_isolated_and_its_connections_are_shown_nowhere(stack: Stack) -> None:
    outcome, _ = run_with(stack, Leak.NOTHING)
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    told = [path.name for path in stack.folder.rglob("*") if path.is_file() and b"PLANTED-" in path.read_bytes()]
    assert not told


@pytest.mark.parametrize(
    ("retention", "verdict"), [("", "INCONCLUSIVE"), ("retention.redis = {{ last = 3 }}", "ISOLATED")]
)
def test_a_store_that_keeps_the_latest_only_is_isolated_if_the_profile_says_so(
    stack: Stack, retention: str, verdict: str
) -> None:
    outcome, _ = run_with(stack, Leak.NOTHING, keeps=3, retention=retention)
    assert outcome.verdict["verdict"] == verdict, outcome.verdict["reasons"]
    assert ("which keeps the latest 3 of each tenant" in str(outcome.verdict["coverage"])) is bool(retention)
    assert retention or "own marks" in outcome.verdict["reasons"][0]


@pytest.mark.parametrize(
    ("leak", "kind"),
    [(Leak.FRAME, "wrong-identity"), (Leak.STORE, "misfiled-data"), (Leak.LOGIN, "wrong-identity")],
    ids=["frame", "store", "login"],
)
def test_an_id_where_it_is_not_its_owner_s_is_a_leak_between_the_two(stack: Stack, leak: Leak, kind: str) -> None:
    outcome, leaks = run_with(stack, leak)
    assert leaks > 0
    assert (outcome.returncode, outcome.verdict["verdict"]) == (1, "LEAKING"), outcome.verdict["reasons"]
    found = {
        (finding["kind"], finding["owner"]["name"], finding["recipient"]["name"])
        for finding in outcome.verdict["findings"]
        if finding["severity"] == "leak"
    }
    assert any(one[0] == kind and set(one[1:]) == set(PAIR) for one in found), found
    assert {frozenset(one[1:]) for one in found} == {frozenset(PAIR)}


def test_tenants_of_two_workers_are_told_apart_by_the_evidence_of_both(stack: Stack) -> None:
    outcome, leaks = run_with(stack, Leak.FRAME, *two_workers())
    assert leaks > 0
    assert (outcome.returncode, outcome.verdict["verdict"]) == (1, "LEAKING"), outcome.verdict["reasons"]
    (finding,) = (finding for finding in outcome.verdict["findings"] if finding["severity"] == "leak")
    assert (finding["kind"], finding["owner"]["name"], finding["recipient"]["name"]) == ("wrong-identity", *PAIR)
