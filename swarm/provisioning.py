"""Making tenants in the target's stores, in batches, each with marks of its own."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import psycopg2
import psycopg2.extras
import redis
from gevent.lock import BoundedSemaphore
from redis.exceptions import RedisClusterException

from config.plantings import postgres_plantings, redis_plantings
from config.profile import Profile
from config.template import fill_text, placeholders
from evidence.budgets import BudgetBands
from evidence.marks import Mark, MarkKind, RunKey
from evidence.oracle import control_pair, tenant_number
from evidence.records import Row, TenantProvisioned
from swarm.removing import remove_tenants
from swarm.stores import StoreError, open_postgres, open_redis_store, postgres_error, redis_error
from users.naming import naming_for
from users.run import TenantNotRemoved, TenantUnavailable
from users.tenant import TenantIdentity

_CANARIES = {
    "context": MarkKind.CONTEXT,
    "state": MarkKind.STATE,
    "secret": MarkKind.SECRET,
    "row": MarkKind.ROW,
}
_SHORT_BATCH = 5


class Provisioner:
    """Makes tenants and hands each out once.

    Args:
        profile: says with which statements and commands.
        key: the run's mark key.
        node: this process's name in the run.
        worker_index: Locust's ordinal of this worker.
        record: writes evidence down.
        on_failure: told once, in a sentence, when tenants can't be made.
        flush: hands over what was written down, so that it outlives this process.
        limit: how many tenants may be made, controls not counted; any number if None.
        on_limit: told, in a sentence, when one more was wanted: the run is to be ended.
    """

    def __init__(
        self, profile: Profile, key: RunKey, node: str, worker_index: int, record: Callable[[Row], None],
        on_failure: Callable[[str], None] = lambda _sentence: None, flush: Callable[[], None] = lambda: None,
        limit: int | None = None, on_limit: Callable[[str], None] = lambda _sentence: None,
    ) -> None:  # fmt: skip
        self._profile = profile
        self._key = key
        self._bands = BudgetBands(key)
        self._naming = naming_for(profile, key)
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

    def take(self, *, short: bool) -> TenantIdentity:
        """Returns the next tenant, making a batch when none is waiting.

        Raises:
            TenantUnavailable: a store would not have it.
        """
        with self._lock:
            waiting = self._waiting[short]
            if not waiting:
                waiting.extend(self._make_batch(short))
            return waiting.popleft()

    def remove(self, tenant: TenantIdentity) -> int:
        """Removes a tenant as the profile says; returns how many rows and keys that took.

        Raises:
            TenantNotRemoved: a store would not, or nothing of the tenant was there: then nothing can outlive it either.
        """
        done = remove_tenants(self._profile, [tenant.name])
        if done.left:
            raise TenantNotRemoved(done.left[0])
        if not done.rows + done.keys:
            raise TenantNotRemoved(
                "nothing was there to be removed: correct provisioning.sql_remove or provisioning.redis_remove"
            )
        return done.rows + done.keys

    def take_control(self) -> tuple[TenantIdentity, int]:
        """Makes the holder of this node's live control; returns it and the number whose data is to be planted."""
        holder, planted = control_pair(self._worker_index + 1)
        identity = self._identity(holder, short=False)
        self._make([identity], {holder: holder}, control=True)
        self._record_name_only(planted)
        return identity, planted

    def plant_control(self) -> None:
        """Plants the control in the stores: a tenant whose every mark belongs to another.

        Raises:
            TenantUnavailable: a store would not have it.
        """
        holder, planted = control_pair(0)
        self._make([self._identity(holder, short=False)], {holder: planted}, control=True)
        self._record_name_only(planted)

    def _record_name_only(self, number: int) -> None:
        """The other half of a control exists as a name only: nothing of it is stored but what was planted."""
        identity = self._identity(number, short=False)
        self._record(
            TenantProvisioned(number, identity.name, self._node, time.time(), 0, control=True, aliases=[identity.email])
        )

    def _make_batch(self, short: bool) -> list[TenantIdentity]:
        if self._failure is not None:
            raise TenantUnavailable(self._failure)
        size = _SHORT_BATCH if short else self._profile.provisioning.batch
        if self._limit is not None:
            size = min(size, self._limit - self._ordinal)
            if size <= 0:
                reason = f"limits.tenants is {self._profile.limits.tenants} and one more was about to be made"
                self._on_limit(f"{reason}: lower the number of users, or raise the limit")
                raise TenantUnavailable(reason)
        first = self._ordinal
        self._ordinal += size
        numbers = [tenant_number(self._worker_index, first + index) for index in range(size)]
        batch = [self._identity(number, short=short) for number in numbers]
        self._make(batch, {number: number for number in numbers}, control=False)
        return batch

    def _make(self, batch: list[TenantIdentity], marked_as: dict[int, int], *, control: bool) -> None:
        values = [self._values(identity, marked_as[identity.number]) for identity in batch]
        # Written down before it is made: what a failure leaves behind half-made can still be removed.
        planted = self._planted()
        for identity in batch:
            self._record(
                TenantProvisioned(
                    identity.number, identity.name, self._node, time.time(), identity.budget, identity.short, control,
                    [identity.email], planted,
                )
            )  # fmt: skip
        self._flush()
        try:
            self._make_rows(values)
            self._make_keys(values)
        except StoreError as error:
            self._failure = str(error)
            self._on_failure(self._failure)
            raise TenantUnavailable(self._failure) from None

    def _make_rows(self, values: list[dict[str, object]]) -> None:
        for planting in postgres_plantings(self._profile):
            if not planting.create:
                continue
            url = planting.store.address(writing=True)
            connection = open_postgres(url)
            try:
                with connection, connection.cursor() as cursor:
                    for statement in planting.create:
                        psycopg2.extras.execute_batch(cursor, statement, values)
            except (psycopg2.Error, KeyError) as error:
                if isinstance(error, KeyError):
                    key = "provisioning.sql_create" if planting.name == "postgres" else f"create of {planting.name}"
                    raise StoreError(f"{key} names %({error.args[0]})s, which nothing fills") from None
                raise postgres_error(error, url) from None
            finally:
                connection.close()

    def _make_keys(self, values: list[dict[str, object]]) -> None:
        for planting in redis_plantings(self._profile):
            if not planting.create:
                continue
            client = open_redis_store(planting.store)
            try:
                pipeline = client.pipeline(transaction=False)
                for tenant_values in values:
                    for command in planting.create:
                        pipeline.execute_command(*(fill_text(word, tenant_values) for word in command))
                pipeline.execute()
            except (redis.RedisError, RedisClusterException, OSError) as error:
                raise redis_error(error, planting.store.address(writing=True)) from None
            finally:
                client.close()

    def _identity(self, number: int, *, short: bool) -> TenantIdentity:
        style = self._profile.tenants.names
        name = self._naming.name(number)
        budget = self._bands.starting(number)
        if short:
            workload, cost = self._profile.workload, self._profile.operations.chat.cost
            budget = self._bands.starting_short(number, cost, workload.short_requests)
        email = name if style == "email" else f"{name}@tenants.example"
        return TenantIdentity(number, name, email, budget, short, numeric=style == "integer")

    def _values(self, identity: TenantIdentity, marked_as: int) -> dict[str, object]:
        canaries = {name: self._key.mint_canary(Mark(kind, marked_as, 1)) for name, kind in _CANARIES.items()}
        return {
            "tenant": identity.json_name,
            "number": identity.number,
            "email": identity.email,
            "budget": identity.budget,
            "now": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **canaries,
        }

    def _planted(self) -> dict[str, list[str]]:
        """Which canaries the profile writes into which store."""
        planted: dict[str, list[str]] = {}
        for rows in postgres_plantings(self._profile):
            sql = " ".join(rows.create)
            planted[rows.name] = [f"{kind.name}:1" for name, kind in _CANARIES.items() if f"%({name})s" in sql]
        for keys in redis_plantings(self._profile):
            written = placeholders(keys.create)
            planted[keys.name] = [f"{kind.name}:1" for name, kind in _CANARIES.items() if name in written]
        return {store: marks for store, marks in planted.items() if marks}
