"""The live control: a leak that we cause on purpose, to see that looking works.

Two control tenants that no user plays: the first stores the second's canary through the target and reads it back. The
oracle must sight the second's data on the first's session. What stays in the stores is the checker's control.

Where the profile has no state to write and read, the canary goes into a chat, whose answer or history must show it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from config.profile import Profile
from config.template import fill_known, placeholders
from config.texts import CANARY_LENGTH, OWN_TEXTS, texts_of
from evidence.marks import Mark, MarkKind
from evidence.records import ControlCaught
from evidence.requests import Outcome
from users.aside import Aside
from users.base import credentials_of, tls_of
from users.presence import Presence
from users.run import NodeRun, TenantUnavailable
from users.tenant import Tenant

_BY_STATE = ("state_write", "state_read")
_BY_CHAT = ("chat", "history")


@dataclass(slots=True)
class _Holder(Tenant):
    planted: int = 0
    known_by_content: bool = False
    alone: bool = False

    def next_state_canary(self) -> str:
        planted = self.key.mint_canary(Mark(MarkKind.STATE, self.planted, 1))
        # Its own goes along only where the reply is known by nothing but that: a state may have to be one word.
        return f"{Tenant.next_state_canary(self)} {planted}" if self.known_by_content else planted

    def prompt_canary(self, sequence: int) -> str:
        planted = self.key.mint_canary(Mark(MarkKind.PROMPT, self.planted, sequence))
        if self.alone:
            return planted
        # Its own goes along: some replies are known by nothing but that.
        return f"{Tenant.prompt_canary(self, sequence)} {planted}"


def try_control(run: NodeRun) -> ControlCaught:
    """Plants the control through the target and says whether this node's oracle saw it."""

    def outcome(caught: bool, detail: str = "") -> ControlCaught:
        return ControlCaught(run.node, run.unix_s(time.perf_counter()), caught, detail)

    try:
        identity, planted = run.tenants.take_control()
    except TenantUnavailable as error:
        return outcome(False, str(error))
    steps = _steps(run.profile)
    if not steps:
        return outcome(
            False,
            "the profile has neither state_write and state_read nor a chat with a {prompt} to plant a control with",
        )
    aside = Aside(run)
    tenant = _Holder.of(identity, run.key)
    assert isinstance(tenant, _Holder)
    tenant.planted, tenant.alone = planted, not _takes_two(run.profile)
    tenant.known_by_content = _is_known_by_content(run.profile)
    presence = Presence(aside, tenant, sessions=1, rate=1.0, credentials=credentials_of(run), tls=tls_of(run))
    try:
        presence.reopen(0, resume=False)
        for name in steps:
            request = presence.ask(name)
            if request is None:
                return outcome(False, "the control tenant could not connect to the target")
            presence.wait(request)
            if request.outcome is not Outcome.ANSWERED:
                return outcome(False, f"the control's {name} was not answered: {request.reason}")
    finally:
        presence.finish("control done")
    caught = any(sighting.owner == planted for sighting in aside.control_sightings)
    return outcome(caught, "" if caught else "the target returned the planted data and the oracle did not see it")


def _steps(profile: Profile) -> list[str]:
    """The operations that plant a control and read it back, in order; none if the profile has none that can."""
    if all(profile.operation(name) is not None for name in _BY_STATE):
        return list(_BY_STATE)
    chat = profile.operation("chat")
    if chat is None or "prompt" not in placeholders(chat.send):
        return []
    return [name for name in _BY_CHAT if profile.operation(name) is not None]


def _is_known_by_content(profile: Profile) -> bool:
    write = profile.operation("state_write")
    return write is not None and profile.reply_by(write) == "content"


def _takes_two(profile: Profile) -> bool:
    """Whether a chat's texts may be long enough for two canaries."""
    chat = profile.operations.chat
    limit, two = chat.text_limit, dict.fromkeys(OWN_TEXTS, "c" * (2 * CANARY_LENGTH + 1))
    return limit is None or all(limit.length(fill_known(text, two)) <= limit.most for text in texts_of(chat.send))
