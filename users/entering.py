"""Other tenants' doors that are connections: a room in the address, a conversation in the login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from config.attempts import VICTIM, Entrance
from config.profile import Profile
from users.base import credentials_of, tls_of
from users.credentials import CredentialRefused
from users.forging import good_token, try_token
from users.run import NodeRun
from users.tenant import Tenant
from users.trying import REFUSING

_REFUSING = {*REFUSING, 404, 410}
"""What was there for its owner a moment ago and is not for somebody else was refused."""


def by_entrance(profile: Profile, entrance: Entrance) -> Profile:
    """Returns the profile of whoever connects by this entrance."""
    target, auth = profile.target, profile.auth
    if entrance.url is not None:
        target = target.model_copy(update={"url": entrance.url})
    if entrance.send is not None and auth.frame is not None:
        auth = auth.model_copy(update={"frame": auth.frame.model_copy(update={"send": entrance.send})})
    return profile.model_copy(update={"target": target, "auth": auth})


def try_entrance(
    run: NodeRun, name: str, intruder: Tenant, owner: Tenant, victim: Mapping[str, object],
    before_attempt: Callable[[], None] = lambda: None,
) -> tuple[str, str]:  # fmt: skip
    """Has the owner connect by its own entrance, then another tenant, each with its own token.

    Args:
        run: the run; nothing of this is counted as part of its load.
        name: of the entrance.
        intruder: who tries.
        owner: whose entrance it is.
        victim: the placeholders that name what is the owner's.
        before_attempt: called when the owner has been let in.

    Returns:
        The outcome (refused, granted, unclear; not_tried if there was no control) and a few words about it.
    """
    entrance = run.profile.attempts.entrances[name]
    for asked in sorted(entrance.placeholders):
        if asked.startswith(VICTIM) and victim.get(asked) is None:
            return "not_tried", f"nothing has handed out {{{asked.removeprefix(VICTIM)}}} to its owner"
    profile = by_entrance(run.profile, entrance)
    try:
        let_in, detail = _enter(run, profile, owner, victim)
        if let_in != "granted":
            return "not_tried", f"its owner was not let in: {detail}"
        before_attempt()
        return _enter(run, profile, intruder, victim)
    except CredentialRefused as error:
        return "not_tried", f"no good token could be had: {error}"


def _enter(run: NodeRun, profile: Profile, who: Tenant, victim: Mapping[str, object]) -> tuple[str, str]:
    shown = good_token(run.profile, credentials_of(run), who.identity)
    shown = replace(shown, taught={**shown.taught, **victim})
    return try_token(run, shown, who, tls_of(run), profile, _REFUSING)
