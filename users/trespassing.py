"""The tenant kind that tries other tenants' doors."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from config.attempts import Door, Forgery
from config.profile import ATTEMPT, ENTRANCE
from config.template import placeholders
from evidence.answers import look_alike
from evidence.findings import FindingKind, Severity, Sighting
from evidence.records import AccessAttempt, DoorAnswers, OwnerShutOut
from evidence.requests import Request
from tasks.conversing import converse, has_conversed
from tasks.trespassing import show_a_bad_token, talk_to_neighbour_first, try_a_door
from users.base import TenantUser, presence_of_new_tenant, weigh
from users.doors import DoorJudge
from users.entering import try_entrance
from users.forging import show_bad_tokens
from users.presence import Presence
from users.run import NodeRun, current_run

NOTHING_SAID = "nothing had been said and answered yet that a room or a greeting could show"
"""Why nothing is proved by what a connection shows to neither."""
_DRAWS = 20  # names are drawn anew that turn out to be somebody's


class TrespassingTenant(TenantUser):
    """Plays two tenants: a neighbour, and one that tries the neighbour's doors by their real ids and shows bad tokens.

    A refusal counts only if the neighbour's own access, or a good token made in the same way, succeeded just before.
    """

    mix = "trespassing"
    rate = "attempt_rate"
    holds = 1
    tasks = weigh({try_a_door: 4, show_a_bad_token: 4, talk_to_neighbour_first: 1, converse: 1})
    neighbour: Presence | None = None
    _have_conversed = False

    def on_start(self) -> None:
        """Takes two provisioned tenants and opens their sessions."""
        run = current_run(self.environment)
        if run is not None:
            # Shared by all of this process, so that a few tenants together try everything soon.
            attempts = run.profile.attempts
            tries: list[Callable[[], None]] = [partial(self._try_token, kind) for kind in attempts.tokens]
            tries += [partial(self._try_entrance, name) for name in attempts.entrances]
            self._doors = run.shared("doors", lambda: itertools.cycle(attempts.doors))
            self._connects = run.shared("connects", lambda: itertools.cycle(range(len(tries))))
            self._tries = tries
            self._left = run.profile.attempts.per_tenant
            self.neighbour = presence_of_new_tenant(run, rate=1.0, sessions=1)
            self.neighbour.begin(type(self).__name__, looks_first=True)
            talk_to_neighbour_first(self)
        super().on_start()

    def on_stop(self) -> None:
        """Ends both tenants' sessions."""
        if self.neighbour is not None:
            self.neighbour.drain()
            self.neighbour.finish("user stopped")
        super().on_stop()

    def next_door(self) -> str | None:
        """Returns the next door to try, None when there is none or the profile's limit is reached."""
        if self._left <= 0 or not self._run().profile.attempts.doors:
            return None
        self._left -= 1
        return next(self._doors)

    def opens(self, door: str, attempt: Request) -> bool:
        """Returns whether this answer means that the door was open."""
        return self._judge().opens(door, attempt)

    def is_refusal(self, attempt: Request) -> bool:
        """Returns whether the target refused, and did not merely fail."""
        return self._judge().is_refusal(attempt)

    def shows_what_it_guards(self, door: str, control: Request) -> bool:
        """Returns whether the owner's access showed what would have to be seen in another's."""
        return self._judge().shows_what_it_guards(door, control)

    def nobody_like(self, door: str, victim: Mapping[str, object]) -> Mapping[str, object] | None:
        """Returns placeholders like a victim's that name what never existed; None if the door asks for nothing."""
        asked = [name for name in placeholders(self._door(door).send) if victim.get(name) is not None]
        run, draw = self._run(), self._pair()[0].random
        nobody = dict(victim)
        for name in asked:
            for _ in range(_DRAWS):
                made = look_alike(str(victim[name]), draw)
                if made != str(victim[name]) and run.naming.get(made) is None:
                    nobody[name] = int(made) if isinstance(victim[name], int) else made
                    break
            else:
                return None  # names of this style stand too close together to make one up
        return nobody if asked else None

    def may_look_again(self, door: str) -> bool:
        """Returns whether the owner may open its door once more without changing or spending anything."""
        settings = self._door(door)
        return settings.does in ("read", "resume", "subscribe") and not settings.cost

    def note_answers(self, door: str, real: str, made_up: Sequence[str]) -> None:
        """Writes down what was said about what exists, and about what does not."""
        (own, other), now_s = self._pair(), self._run().unix_s(time.perf_counter())
        self._run().record(DoorAnswers(own.tenant.number, other.tenant.number, door, now_s, real, list(made_up)))

    def note_shut_out(self, door: str, reason: str) -> None:
        """Writes down that the owner was refused after the attempt."""
        (own, other), now_s = self._pair(), self._run().unix_s(time.perf_counter())
        self._run().record(OwnerShutOut(other.tenant.number, own.tenant.number, door, now_s, reason[:120]))

    def note(self, door: str, outcome: str, detail: str = "") -> None:
        """Writes down what came of an attempt at a door."""
        self._note(door, self._door(door).does, outcome, detail, owner=self._pair()[1].tenant.number)

    def try_next_token(self) -> None:
        """Tries to connect with the next kind of token that must be refused, or by the neighbour's next entrance."""
        if self._left > 0 and self._tries:
            self._left -= 1
            self._tries[next(self._connects)]()

    def _try_token(self, kind: Forgery) -> None:
        """Shows a bad token, after a good one made in the same way."""
        run, name, (own, other) = self._run(), f"token: {kind}", self._pair()
        tried = show_bad_tokens(run, kind, own.tenant, other.tenant.identity, own.random)
        for outcome, detail in tried:
            owner = None if outcome == "not_tried" else self._whose_with(kind)
            self._note(name, "connect", outcome, detail, owner=owner)

    def _try_entrance(self, name: str) -> None:
        """Connects by the neighbour's entrance, right after the neighbour has come in by it."""
        run, (own, other) = self._run(), self._pair()
        entrance = run.profile.attempts.entrances[name]
        if entrance.by_marks and not self._have_conversed:
            self._have_conversed = all([has_conversed(other), has_conversed(own)])
        if entrance.by_marks and not self._have_conversed:
            outcome, detail = "not_tried", NOTHING_SAID
        else:
            outcome, detail = try_entrance(run, name, own.tenant, other.tenant, other.as_victim())
        self._note(f"{ENTRANCE}{name}", entrance.does, outcome, detail, owner=other.tenant.number)

    def _whose_with(self, kind: Forgery) -> int | None:
        """Whose things lie open to who comes with such a token: who shows an expired one only gets at its own."""
        own, other = self._pair()
        if kind in ("missing", "unknown"):
            return None
        return own.tenant.number if kind in ("expired", "wrong_audience") else other.tenant.number

    def _note(self, name: str, does: str, outcome: str, detail: str, *, owner: int | None = None) -> None:
        run = self._run()
        own, other = self._pair()
        now_s = run.unix_s(time.perf_counter())
        run.exposures["access_attempts"] += 1
        run.record(AccessAttempt(own.tenant.number, other.tenant.number, name, does, outcome, now_s, detail[:120]))
        if outcome == "granted":
            door = run.profile.attempts.doors.get(name)
            known = door is not None and door.leaks_by_design is not None
            run.sight(
                Sighting(
                    kind=FindingKind.ACCESS_GRANTED, owner=owner, recipient=own.tenant.number,
                    place=f"{ATTEMPT}{name}", group=f"reply to {name}" if known else f"{ATTEMPT}{name}", at_s=now_s,
                    severity=Severity.KNOWN if known else Severity.LEAK,
                    detail=f"{does} was granted: {detail}" if detail else f"{does} was granted",
                )
            )  # fmt: skip

    def _pair(self) -> tuple[Presence, Presence]:
        if self.presence is None or self.neighbour is None:
            raise RuntimeError("a task was run before its user had started")
        return self.presence, self.neighbour

    def _run(self) -> NodeRun:
        run = current_run(self.environment)
        if run is None:
            raise RuntimeError("a task was run outside of a run")
        return run

    def _judge(self) -> DoorJudge:
        return DoorJudge(self._run().profile, self._pair()[1].tenant.number)

    def _door(self, name: str) -> Door:
        return self._run().profile.attempts.doors[name]
