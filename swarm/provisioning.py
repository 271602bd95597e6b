"""Making tenants in the target and its stores, in batches, each with marks of its own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from gevent.lock import BoundedSemaphore

from config.plantings import postgres_plantings
from config.profile import Profile
from evidence.known_names import KnownNames
from evidence.marks import RunKey
from evidence.oracle import control_pair, tenant_number
from evidence.records import Gap, Row, TenantProvisioned
from swarm.accounts import Accounts, NoAccountLeft, existing_row
from swarm.before import all_can_be_asked, check_nothing_there, transactions_now
from swarm.minting import Mint
from swarm.planting import make_keys, make_rows, planted_marks
from swarm.reach import Reach
from swarm.register import Register
from swarm.steps import Making, Steps
from swarm.stores import StoreError
from swarm.undoing import Leaving, remove
from users.http_calls import Caller, caller_of
from users.run import TenantNotRemoved, TenantUnavailable
from users.tenant import TenantIdentity

_SHORT_BATCH = 5
_LATEST = 4  # tenants of whom it is seen that the removal of another takes nothing


class Provisioner:
    """Makes tenants, or takes accounts that exist, and hands each out once.

    Args:
        profile: says with which statements, commands and requests.
        key: the run's mark key.
        node: this process's name in the run.
        worker_index: Locust's ordinal of this worker.
        record: writes evidence down.
        on_failure: told once, in a sentence, when tenants can't be made.
        flush: hands over what was written down, so that it outlives this process; raises StoreError if it can't.
        limit: how many tenants may be made, controls not counted; any number if None.
        on_limit: told, in a sentence, when one more was wanted: the run is to be ended.
        caller: makes HTTP requests; one of its own when None.
        share: which share of the accounts that exist is this node's, and how many shares there are.
        live_control: whether one of them is kept for this node's live control.

    Attributes:
        names: whose a name is; grows with what the target calls its tenants.
    """

    def __init__(
        self, profile: Profile, key: RunKey, node: str, worker_index: int, record: Callable[[Row], None],
        on_failure: Callable[[str], None] = lambda _sentence: None, flush: Callable[[], None] = lambda: None,
        limit: int | None = None, on_limit: Callable[[str], None] = lambda _sentence: None,
        caller: Caller | None = None, share: tuple[int, int] = (0, 1), live_control: bool = True,
    ) -> None:  # fmt: skip
        self._profile = profile
        self._mint = Mint(profile, key)
        self._node = node
        self._worker_index = worker_index
        self._record = record
        self._on_failure = on_failure
        self._flush = flush
        self._limit = limit
        self._on_limit = on_limit
        self._ordinal = 0
        self._waiting: dict[bool, deque[TenantIdentity]] = {False: deque(), True: deque()}
        self._lock = BoundedSemaphore(1)
        self._failure: str | None = None
        self._caller = caller or caller_of(profile)
        self._reach = Reach()
        self._begun = False
        self._latest: deque[Leaving] = deque(maxlen=_LATEST)
        self._accounts: Accounts | None = None
        if profile.tenants.accounts is not None:
            self._accounts = Accounts(profile, *share, live_controls=live_control)
        self.names = self._accounts.names() if self._accounts is not None else KnownNames(self._mint.naming)
        self._register = Register(profile, node, self.names, record, flush)
        self._steps = Steps(profile, self._caller, self._note, self._register.write_down, self._reach)

    def take(self, *, short: bool) -> TenantIdentity:
        """Returns the next tenant, making a batch when none is waiting. What an account has left is not ours to choose.

        Raises:
            TenantUnavailable: a store would not have it, or no account is left.
        """
        with self._lock:
            if self._accounts is not None:
                return self._take_account(self._accounts)
            waiting = self._waiting[short]
            if not waiting:
                waiting.extend(self._make_batch(short))
            return waiting.popleft()

    def remove(self, tenant: TenantIdentity) -> int:
        """Removes a tenant as the profile says; returns how many rows, keys and requests that took.

        Raises:
            TenantNotRemoved: a store would not, or nothing of the tenant was there: then nothing can outlive it either.
        """
        leaving = self._leaving(tenant)
        beside = [one for one in self._latest if one.names != leaving.names]
        done = remove(self._profile, [leaving], self._caller, self._reach, beside)
        if done.left:
            raise TenantNotRemoved(done.left[0])
        if not done.rows + done.keys + done.requests:
            raise TenantNotRemoved("nothing was there to be removed: correct what [provisioning] removes")
        return done.rows + done.keys + done.requests

    def _leaving(self, tenant: TenantIdentity) -> Leaving:
        names = list(dict.fromkeys([tenant.name, self._mint.naming.name(tenant.number)]))
        every = len(self._profile.provisioning.steps)
        return Leaving(names, tenant.placeholders, every, every)

    def take_control(self) -> tuple[TenantIdentity, int]:
        """Makes the holder of this node's live control; returns it and the number whose data is to be planted."""
        if self._accounts is not None:
            try:
                identity, aliases = self._accounts.take_control()
            except NoAccountLeft as error:
                raise TenantUnavailable(str(error)) from None
            planted = identity.number + 1
            self._record(existing_row(self._profile, self._node, identity, aliases, control=True))
            self._record_name_only(planted)
            return identity, planted
        holder, planted = control_pair(self._worker_index + 1)
        (identity,) = self._make([self._mint.identity(holder, short=False)], {holder: holder}, control=True)
        self._record_name_only(planted)
        return identity, planted

    def plant_control(self) -> None:
        """Plants the control in the stores: a tenant whose every mark belongs to another.

        Where tenants are accounts that exist, nothing is made: the live controls' data is what the checker must find.

        Raises:
            TenantUnavailable: a store would not have it.
        """
        if self._accounts is not None:
            return
        holder, planted = control_pair(0)
        self._make([self._mint.identity(holder, short=False)], {holder: planted}, control=True)
        self._record_name_only(planted)

    def _record_name_only(self, number: int) -> None:
        """The other half of a control exists as a name only: nothing of it is stored but what was planted."""
        identity = self._mint.identity(number, short=False)
        self._record(
            TenantProvisioned(number, identity.name, self._node, time.time(), 0, control=True, aliases=[identity.email])
        )

    def _make_batch(self, short: bool) -> list[TenantIdentity]:
        if self._failure is not None:
            raise TenantUnavailable(self._failure)
        size = _SHORT_BATCH if short else self._profile.provisioning.batch_size
        if self._limit is not None:
            size = min(size, self._limit - self._ordinal)
            if size <= 0:
                raise self._over_the_limit()
        first = self._ordinal
        self._ordinal += size
        numbers = [tenant_number(self._worker_index, first + index) for index in range(size)]
        batch = [self._mint.identity(number, short=short) for number in numbers]
        return self._make(batch, {number: number for number in numbers}, control=False)

    def _make(self, batch: list[TenantIdentity], marked_as: dict[int, int], *, control: bool) -> list[TenantIdentity]:
        """Makes tenants and returns them as the target calls them."""
        makings = [self._mint.making(identity, marked_as[identity.number]) for identity in batch]
        values = [making.values for making in makings]
        made_none = True
        try:
            taken = [step for _, step in self._steps.taken()]
            self._begin()
            check_nothing_there(self._profile, taken, values)
            planted = planted_marks(self._profile, taken)
            self._register.begin(makings, planted, control=control)
            make_rows(self._profile, values, self._reach)
            made_none = False
            make_keys(self._profile, values)
            self._steps.make(makings)
        except StoreError as error:
            if error.taken and any(making in self._register for making in makings):
                self._leave_alone(self._came_between(makings, made_none=made_none))
            self._failure = str(error)
            self._on_failure(self._failure)
            raise TenantUnavailable(self._failure) from None
        made = [self._register.made(making) for making in makings]
        self._latest.extend(self._leaving(tenant) for tenant in made[:_LATEST])
        return made

    def _begin(self) -> None:
        """Notes, before the first tenant is made, from which transaction on rows are this node's own. A control and a
        batch are made at the same time: who has asked last must not call older what the other has made meanwhile.
        """
        if not self._begun:
            since = transactions_now(self._profile)
            if not self._begun:
                self._reach.since, self._begun = since, True

    def _came_between(self, makings: list[Making], *, made_none: bool) -> list[Making]:
        """Those whose name is somebody's already: all of them, where it could not be looked at before what their
        removal would take. Else nothing was there then; and what is there now, though the only store that was told of
        them has undone it all, is somebody's who came between.
        """
        if not all_can_be_asked(self._profile):
            return makings
        if not made_none or sum(bool(rows.create) for rows in postgres_plantings(self._profile)) != 1:
            return []
        return [making for making in makings if not self._is_free(making)]

    def _is_free(self, making: Making) -> bool:
        try:
            check_nothing_there(self._profile, [step for _, step in self._steps.taken()], [making.values])
        except StoreError:
            return False
        return True

    def _leave_alone(self, makings: list[Making]) -> None:
        """Sees to it that what goes by these names is never removed: it may be somebody's."""
        if not makings:
            return
        names = ", ".join(making.identity.name for making in makings[:_SHORT_BATCH])
        more = f" and {len(makings) - _SHORT_BATCH} more" if len(makings) > _SHORT_BATCH else ""
        self._note(f"one of the tenants {names}{more} existed already, so that nothing of any of them is removed")
        self._register.existed(makings)

    def _take_account(self, accounts: Accounts) -> TenantIdentity:
        if self._failure is not None:
            raise TenantUnavailable(self._failure)
        if self._limit is not None and self._ordinal >= self._limit:
            raise self._over_the_limit()
        self._ordinal += 1
        try:
            identity, aliases = accounts.take()
        except NoAccountLeft as error:
            self._failure = str(error)
            self._on_failure(self._failure)
            raise TenantUnavailable(self._failure) from None
        self._record(existing_row(self._profile, self._node, identity, aliases, control=False))
        return identity

    def _over_the_limit(self) -> TenantUnavailable:
        reason = f"limits.tenants is {self._profile.limits.tenants} and one more was about to be made"
        self._on_limit(f"{reason}: lower the number of users, or raise the limit")
        return TenantUnavailable(reason)

    def _note(self, sentence: str) -> None:
        self._record(Gap(self._node, time.time(), sentence))
