"""What a login over HTTP teaches beside the token: ids by which the tenant goes from then on, and secrets.

An id is a name like any other: a frame that names somebody by it is a frame that names him, on this node at once and on
others once the evidence is whole. Handed to somebody else it is a leak of the login itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from evidence.findings import FindingKind, Sighting
from evidence.records import IdLearnt
from users.run import NodeRun
from users.tenant import Tenant

_PLACE = "login"


def note_taught(run: NodeRun, tenant: Tenant, values: Mapping[str, object], session: int) -> None:
    """Keeps what a login has taught: the tenant's ids are known from now on, everything else is kept secret.

    Args:
        run: the run.
        tenant: who connects.
        values: what fills the placeholders of its upgrade; those of somebody else where it comes under his name.
        session: the session's number within the tenant.
    """
    auth, identity = run.profile.auth, tenant.identity
    ids = {name: value for name in auth.ids if isinstance(value := values.get(name), str | int)}
    shown = {*map(str, identity.placeholders.values()), *map(str, ids.values())}
    secrets = (str(values[name]) for name in auth.taught - ids.keys() if values.get(name) is not None)
    run.keep_secrets(tenant, *(secret for secret in secrets if secret not in shown))
    if values.get("tenant") != identity.json_name:
        return
    tenant.ids.update(ids)
    for name, value in ids.items():
        _note_id(run, tenant, name, str(value), session)


def _note_id(run: NodeRun, tenant: Tenant, name: str, value: str, session: int) -> None:
    owner, at_s = run.naming.get(value), round(run.unix_s(time.perf_counter()), 6)
    if owner is None:
        run.naming.add(tenant.number, [value])
        run.record(IdLearnt(tenant.number, name, value, session, _PLACE, at_s, names_tenant=True))
    elif owner != tenant.number:
        run.sight(
            Sighting(
                FindingKind.WRONG_IDENTITY, owner, tenant.number, f"{_PLACE} of session {session} of tenant "
                f"{tenant.number}", _PLACE, at_s, f"{name}: {value[:60]}",
                detail=f"the {name} that its login was answered with is another tenant's",
            )
        )  # fmt: skip
