"""The further steps of making tenants: SQL, Redis commands, HTTP requests and commands, in the profile's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg2.extras
import redis
from gevent.pool import Pool
from redis.exceptions import RedisClusterException

from config.profile import Profile
from config.provisioning import Answered, CommandStep, HttpStep, RedisStep, SqlStep, Step
from config.template import PlaceholderUnknown, fill_text
from swarm.planting import check_change
from swarm.reach import Reach
from swarm.stores import StoreError, open_redis_store, redis_error, transaction
from users.commands import CommandFailed, run_command
from users.extracting import described, extract, said_by
from users.http_calls import Answer, Caller, CallFailed
from users.tenant import TenantIdentity

_AT_ONCE = 8
_CONFLICT = 409


@dataclass(slots=True)
class Making:
    """A tenant that is being made.

    Attributes:
        identity: as it was minted.
        values: what fills placeholders, its secrets among them.
        learnt: what steps have taught so far.
        secrets: its password, and what steps have taught that is never written down.
        begun: how many steps for one tenant at a time have been begun for it.
        done: how many of them have succeeded.
    """

    identity: TenantIdentity
    values: dict[str, object]
    learnt: dict[str, str | int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    begun: int = 0
    done: int = 0


class Steps:
    """Takes the profile's steps.

    Args:
        profile: says which.
        caller: makes HTTP requests.
        note: told, in a sentence, what is knowingly skipped.
        written_down: called with tenants before and after what can't be undone by their minted names alone.
        reach: sees to it that no statement changes what is others'.
    """

    def __init__(
        self, profile: Profile, caller: Caller, note: Callable[[str], None],
        written_down: Callable[[list[Making]], None], reach: Reach,
    ) -> None:  # fmt: skip
        self._profile = profile
        self._caller = caller
        self._note = note
        self._written_down = written_down
        self._reach = reach
        self._taken: list[tuple[str, Step]] | None = None

    def taken(self) -> list[tuple[str, Step]]:
        """Returns the steps that are taken, each with its name; those whose table is missing are left out.

        Raises:
            StoreError: a database can't be asked for its tables.
        """
        if self._taken is None:
            steps = list(named_steps(self._profile))
            missing = [
                (name, step) for name, step in steps if isinstance(step, SqlStep) and not has_table(self._profile, step)
            ]
            for name, step in missing:
                self._note(f"{name} was skipped: there is no table {step.if_table}")
            self._taken = [entry for entry in steps if entry not in missing]
        return self._taken

    def make(self, batch: list[Making]) -> None:
        """Takes every step for these tenants.

        Raises:
            StoreError: a step failed; the message names it.
        """
        for name, step in self.taken():
            try:
                if isinstance(step, SqlStep):
                    self._sql(step, batch)
                elif isinstance(step, RedisStep):
                    self._redis(step, batch)
                else:
                    self._each(name, step, batch)
            except PlaceholderUnknown as error:
                raise StoreError(f"{name}: {error}") from None

    def _sql(self, step: SqlStep, batch: list[Making]) -> None:
        url = self._profile.stores.all_postgres()[step.store].address(writing=True)
        with transaction(url) as cursor:
            if not step.learn:
                for statement in step.create:
                    values = [making.values for making in batch]
                    check_change(self._reach, cursor, step.store, statement, values)
                    psycopg2.extras.execute_batch(cursor, statement, values)
                return
            for index, making in enumerate(batch):
                for statement in step.create:
                    beside = [other.values for other in batch[:index]]
                    check_change(self._reach, cursor, step.store, statement, [making.values, *beside])
                    cursor.execute(statement, making.values)
                row = cursor.fetchone() if cursor.description else None
                columns = [column.name for column in cursor.description or ()]
                _learn(making, step.learn, dict(zip(columns, row or (), strict=False)), "the last statement")
        self._written_down(batch)

    def _redis(self, step: RedisStep, batch: list[Making]) -> None:
        store = self._profile.stores.all_redis()[step.store]
        client = open_redis_store(store)
        try:
            pipeline = client.pipeline(transaction=False)
            for making in batch:
                for command in step.create:
                    pipeline.execute_command(*(fill_text(word, making.values) for word in command))
            pipeline.execute()
        except (redis.RedisError, RedisClusterException, OSError) as error:
            raise redis_error(error, store.address(writing=True)) from None
        finally:
            client.close()

    def _each(self, name: str, step: HttpStep | CommandStep, batch: list[Making]) -> None:
        for making in batch:
            making.begun += 1
        self._written_down(batch)
        pool = Pool(_AT_ONCE)
        failures = [failure for failure in pool.map(lambda making: self._one(name, step, making), batch) if failure]
        self._written_down(batch)
        if failures:
            raise StoreError(failures[0])

    def _one(self, name: str, step: HttpStep | CommandStep, making: Making) -> str | None:
        """Takes the step for one tenant; returns why it failed, None if it did not."""
        try:
            if isinstance(step, HttpStep):
                answer = self._caller.call(name, step.create, making.values)
            else:
                answer = said_by(run_command(name, step.create, making.values))
            # Whatever can't be learnt was made all the same, and is removed if its name is enough for that.
            making.done += 1
            _learn_from(making, step, answer)
        except (CallFailed, CommandFailed, PlaceholderUnknown) as error:
            if isinstance(error, CallFailed) and error.status == _CONFLICT:
                making.begun -= 1  # it is there already, and so is somebody else's: there is nothing to undo
            return str(error)
        except StoreError as error:
            return f"{name}: {error}"
        return None


def has_table(profile: Profile, step: SqlStep) -> bool:
    """Returns whether the table is there without which the step is skipped.

    Raises:
        StoreError: the database can't be asked.
    """
    if step.if_table is None:
        return True
    url = profile.stores.all_postgres()[step.store].address(writing=True)
    with transaction(url) as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (step.if_table,))
        (there,) = cursor.fetchone() or (False,)
        return bool(there)


def named_steps(profile: Profile) -> list[tuple[str, Step]]:
    """Returns the profile's steps, each with the name that messages call it by."""
    return [
        (f"provisioning.steps[{index}]" + (f" ({step.name})" if step.name else ""), step)
        for index, step in enumerate(profile.provisioning.steps)
    ]


def _learn_from(making: Making, step: Answered, answer: Answer) -> None:
    found = {name: extract(where, answer) for name, where in step.learn.items()}
    _learn(making, tuple(step.learn), found, "the answer")
    for name, where in step.learn_secret.items():
        value = extract(where, answer)
        if not isinstance(value, str) or not value:
            raise StoreError(f"the answer has nothing {described(where)} to learn '{name}' from")
        making.secrets[name] = value
        making.values[name] = value


def _learn(making: Making, names: tuple[str, ...], found: dict[str, object], whence: str) -> None:
    for name in names:
        value = found.get(name)
        if value is None or isinstance(value, (dict, list, bool, float)):
            raise StoreError(f"{whence} taught no '{name}': there is no text or whole number")
        making.learnt[name] = making.values[name] = value if isinstance(value, int) else str(value)
