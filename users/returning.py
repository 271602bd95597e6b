"""A tenant that was removed comes back with the token it had."""

from __future__ import annotations

from config.profile import Profile
from users.presence import Presence
from users.run import NodeRun
from users.tenant import Tenant
from users.trying import Trying, try_to_enter

_READS = ("state_read", "history")
_OTHERWISE = ("routing", "chat")  # where nothing can be read, whether an operation is answered at all


def try_to_return(run: NodeRun, gone: Presence) -> tuple[str, str]:
    """Connects as a removed tenant and, once connected, reads what was its own.

    Args:
        run: the run; nothing of this is counted as part of its load.
        gone: what the tenant was, with the token it had.

    Returns:
        The outcome (refused, granted, unclear) and a few words about it.
    """
    trying = Trying(run)
    tenant = Tenant.of(gone.tenant.identity, run.key)
    tenant.sequence = gone.tenant.sequence  # no id is used twice
    return try_to_enter(trying, gone.session_of(trying, tenant), _said(run.profile))


def _said(profile: Profile) -> list[str]:
    """What somebody who is back asks for."""
    reads = [name for name in _READS if profile.operation(name) is not None]
    return reads or [name for name in _OTHERWISE if profile.operation(name) is not None][:1]
