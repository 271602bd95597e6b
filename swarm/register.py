"""The tenants that are being made: what is written down of each before and while it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from config.profile import Profile
from evidence.known_names import KnownNames
from evidence.records import Row, TenantProvisioned
from swarm.steps import Making
from swarm.stores import StoreError
from users.tenant import TenantIdentity


class Register:
    """Writes down how far tenants are, so that what is left of one can be removed whoever ends meanwhile.

    Args:
        profile: says what a tenant goes by.
        node: this process's name in the run.
        names: whose a name is; it learns what the target calls them.
        record: writes evidence down.
        flush: hands over what was written down; raises StoreError if it can't.
    """

    def __init__(
        self, profile: Profile, node: str, names: KnownNames, record: Callable[[Row], None], flush: Callable[[], None]
    ) -> None:
        self._known = profile.provisioning
        self._node = node
        self._names = names
        self._record = record
        self._flush = flush
        self._rows: dict[int, TenantProvisioned] = {}

    def __contains__(self, making: Making) -> bool:
        return making.identity.number in self._rows

    def begin(self, makings: Sequence[Making], planted: dict[str, list[str]], *, control: bool) -> None:
        """Writes tenants down before anything of them is made: what a failure leaves half-made can be removed.

        Raises:
            StoreError: it could not be handed over.
        """
        for making in makings:
            identity = making.identity
            self._rows[identity.number] = TenantProvisioned(
                identity.number, identity.name, self._node, time.time(), identity.budget, identity.short, control,
                [identity.email], planted, {"email": identity.email},
            )  # fmt: skip
        self.write_down(makings)

    def write_down(self, makings: Sequence[Making]) -> None:
        """Writes down how far tenants are, at once.

        Raises:
            StoreError: it could not be handed over.
        """
        for making in makings:
            number, known = making.identity.number, self._known
            before = self._rows[number]
            name = str(making.learnt.get(known.tenant or "", making.identity.name))
            others = [str(making.learnt[alias]) for alias in known.aliases if alias in making.learnt]
            minted = [making.identity.name] if name != making.identity.name else []
            self._rows[number] = row = replace(
                before, name=name, aliases=[making.identity.email, *minted, *others],
                values={**before.values, **making.learnt}, begun=making.begun, done=making.done,
            )  # fmt: skip
            self._names.add(number, [name, *row.aliases])
            self._record(row)
        self._flush()

    def existed(self, makings: Sequence[Making]) -> None:
        """Sees to it that what goes by these tenants' names is never removed: it may be somebody's."""
        for making in makings:
            number = making.identity.number
            self._rows[number] = replace(self._rows[number], existed=True)
            self._record(self._rows[number])
        with suppress(StoreError):  # it is told later then, with everything else
            self._flush()

    def made(self, making: Making) -> TenantIdentity:
        """Returns a tenant that has been made as the target calls it."""
        row = self._rows.pop(making.identity.number)
        learnt = making.learnt.get(self._known.tenant or "")
        numeric = making.identity.numeric if learnt is None else isinstance(learnt, int)
        return replace(making.identity, name=row.name, numeric=numeric, extra=making.learnt, secrets=making.secrets)
