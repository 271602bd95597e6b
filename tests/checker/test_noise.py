from __future__ import annotations

import random

from checker.noise import RARER_THAN, noisy_neighbour
from checker.result import Verdict
from checker.traffic import Chats, LoudMoments
from evidence.records import LoudMoment, RequestEnded
from tests.checker.histories import START_S, healthy

TENANTS = 20


def a_run(
    seed: int, *, moves_ms: float = 0.0, own_only: bool = False, seconds: int = 15, busy: bool = False
) -> tuple[Chats, LoudMoments]:
    """Twelve chats a second; after a loud moment those of others wait ``moves_ms`` longer, for half a second.

    With ``busy`` the machine has bad seconds of its own, whoever is loud. With ``own_only`` only the loud tenant waits.
    """
    draw, chats, moments = random.Random(seed), Chats(), LoudMoments()
    bad = {second for second in range(seconds) if busy and draw.random() < 0.3}
    for at_s in sorted(draw.uniform(0, seconds) for _ in range(seconds)):
        moments.at_s.append(at_s)
        moments.tenants.append(draw.randrange(TENANTS))
        moments.loud.append(draw.random() < 0.5)
    loud = [
        (at_s, tenant) for at_s, tenant, flag in zip(moments.at_s, moments.tenants, moments.loud, strict=True) if flag
    ]
    for at_s in sorted(draw.uniform(0, seconds) for _ in range(12 * seconds)):
        tenant = draw.randrange(TENANTS)
        wait_ms = draw.lognormvariate(1, 0.6) + (300 if int(at_s) in bad else 0)
        for began_s, who in loud:
            if began_s <= at_s < began_s + 0.5 and (who == tenant) == own_only:
                wait_ms += moves_ms * draw.random()
        chats.sent_at_s.append(at_s)
        chats.tenants.append(tenant)
        chats.first_ms.append(wait_ms)
    return chats, moments


def suspected(runs: int, **how: object) -> int:
    return sum(bool(noisy_neighbour(*a_run(seed, **how), seed=str(seed))) for seed in range(runs))  # type: ignore[arg-type]


def test_others_that_wait_after_a_tenant_was_loud_are_a_suspicion() -> None:
    assert suspected(20, moves_ms=800, seconds=30) >= 18
    [suspicion] = noisy_neighbour(*a_run(1, moves_ms=800, seconds=30), seed="1")
    assert (suspicion.kind, suspicion.where) == ("noisy-neighbour", "chats")
    assert suspicion.chance is not None and suspicion.chance <= RARER_THAN


def test_a_service_that_keeps_tenants_apart_is_seldom_suspected() -> None:
    assert suspected(100) <= 6, "the test promises one in forty"


def test_a_busy_machine_is_no_neighbour() -> None:
    assert suspected(100, busy=True) <= 6


def test_that_the_loud_tenant_itself_waits_is_fair() -> None:
    assert suspected(50, moves_ms=800, own_only=True) <= 2


def test_too_small_a_difference_does_not_matter() -> None:
    assert suspected(10, moves_ms=8, seconds=60) == 0


def test_too_few_moments_say_nothing() -> None:
    chats, _ = a_run(1, moves_ms=800)
    assert noisy_neighbour(chats, LoudMoments(), "1") == []
    assert noisy_neighbour(Chats(), a_run(1)[1], "1") == []
    assert noisy_neighbour(*a_run(1, moves_ms=800, seconds=5), seed="1") == []


def test_the_evidence_of_a_run_is_judged_and_decides_nothing() -> None:
    history = healthy()
    for number in range(40):
        at_s, loud = START_S + 2.0 * number, number % 2 == 0
        history.rows["local"].append(LoudMoment(0, at_s, loud))
        history.rows["local"] += [
            RequestEnded(
                1, 0, 10_000 + 10 * number + later, "chat", "answered", at_s + later / 10, 0.0,
                first_ms=900.0 if loud else 3.0, reply_ms=1000.0 if loud else 90.0, own_marks=1,
            )
            for later in range(1, 4)
        ]  # fmt: skip
    result = history.judged()
    assert [suspicion.kind for suspicion in result.suspicions] == ["noisy-neighbour"]
    assert not [reason for reason in result.reasons if "loud" in reason]
    assert result.verdict is not Verdict.LEAKING
