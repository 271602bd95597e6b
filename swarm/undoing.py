"""Undoing the further steps of making tenants, the last one first, for exactly the tenants that were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg2
import redis
from gevent.pool import Pool
from redis.exceptions import RedisClusterException

from config.plantings import RedisPlanting
from config.profile import Profile
from config.provisioning import CommandStep, HttpStep, RedisStep, SqlStep, gone_or
from config.template import PlaceholderUnknown, fill_text
from swarm.removing import Removed, remove_keys, remove_tenants
from swarm.steps import has_table, named_steps
from swarm.stores import StoreError, open_postgres, open_redis_store, postgres_error, redis_error
from users.commands import CommandFailed, run_command
from users.http_calls import Caller, CallFailed, caller_of

_AT_ONCE = 8
_TOLD = 10  # failures of one step that are told one by one


@dataclass(frozen=True, slots=True)
class Leaving:
    """A tenant that is to be removed.

    Attributes:
        names: what it was called when it was made, and what the target calls it; the latter first.
        values: what else fills placeholders.
        begun: how many of the steps for one tenant at a time have been begun for it,
        done: and how many have succeeded.
    """

    names: Sequence[str]
    values: Mapping[str, object]
    begun: int
    done: int

    @property
    def placeholders(self) -> dict[str, object]:
        """What fills the placeholders of its removal."""
        return {**self.values, "tenant": self.names[0]}


def remove(profile: Profile, who: Sequence[Leaving], caller: Caller | None = None) -> Removed:
    """Removes these tenants as the profile says. What can't be undone in one place does not spare the others."""
    caller, done = caller or caller_of(profile), Removed()
    each = sum(isinstance(step, HttpStep | CommandStep) for step in profile.provisioning.steps)
    for name, step in reversed(named_steps(profile)):
        try:
            if isinstance(step, SqlStep):
                _sql(profile, step, who, done)
            elif isinstance(step, RedisStep):
                _redis(profile, step, who, done)
            else:
                each -= 1
                _each(name, step, [one for one in who if one.begun > each], each, caller, done)
        except StoreError as error:
            done.left.append(f"{name}: {error}")
    stores = remove_tenants(profile, list(dict.fromkeys(name for one in who for name in one.names)))
    done.rows, done.keys, done.left = done.rows + stores.rows, done.keys + stores.keys, [*done.left, *stores.left]
    return done


def _sql(profile: Profile, step: SqlStep, who: Sequence[Leaving], done: Removed) -> None:
    if not step.remove or not has_table(profile, step):
        return
    url = profile.stores.all_postgres()[step.store].address(writing=True)
    connection = open_postgres(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in reversed(step.remove):
                for one in who:
                    try:
                        cursor.execute(statement, one.placeholders)
                    except KeyError:
                        continue  # what it would name was never learnt, so that nothing was made by this step
                    done.rows += max(cursor.rowcount, 0)
    except psycopg2.Error as error:
        raise postgres_error(error, url) from None
    finally:
        connection.close()


def _redis(profile: Profile, step: RedisStep, who: Sequence[Leaving], done: Removed) -> None:
    store = profile.stores.all_redis()[step.store]
    if step.remove:
        names = [name for one in who for name in one.names]
        remove_keys(RedisPlanting(step.store, store, (), step.remove), names, done)
    if not step.remove_by:
        return
    client = open_redis_store(store)
    pipeline = client.pipeline(transaction=False)
    try:
        for one in who:
            for command in step.remove_by:
                pipeline.execute_command(*(fill_text(word, one.placeholders) for word in command))
        pipeline.execute()
        done.requests += len(who)
    except PlaceholderUnknown as error:
        raise StoreError(str(error)) from None
    except (redis.RedisError, RedisClusterException, OSError) as error:
        raise redis_error(error, store.address(writing=True)) from None
    finally:
        client.close()


def _each(
    name: str, step: HttpStep | CommandStep, who: list[Leaving], index: int, caller: Caller, done: Removed
) -> None:
    if step.remove is None:
        if who:
            done.notes.append(f"{name} has no removal: what it made for {len(who)} tenants is left to other steps")
        return

    def undo(one: Leaving) -> str | None:
        try:
            if isinstance(step, HttpStep) and step.remove is not None:
                caller.call(name, gone_or(step.remove), one.placeholders)
            elif isinstance(step, CommandStep) and step.remove is not None:
                run_command(name, step.remove, one.placeholders)
        except PlaceholderUnknown:
            made = "was made" if one.done > index else "may have been made"
            return f"{name}: tenant {one.names[0]} {made}, and what its removal needs was never learnt"
        except (CallFailed, CommandFailed) as error:
            return f"{name}: tenant {one.names[0]}: {error}"
        return None

    failures = [failure for failure in Pool(_AT_ONCE).map(undo, who) if failure]
    done.requests += len(who) - len(failures)
    done.left += failures[:_TOLD]
    if len(failures) > _TOLD:
        done.left.append(f"{name}: {len(failures) - _TOLD} more tenants")
