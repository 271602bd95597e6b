"""Undoing the further steps of making tenants, the last one first, for exactly the tenants that were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis
from gevent.pool import Pool
from redis.exceptions import RedisClusterException

from config.plantings import RedisPlanting, postgres_plantings, redis_plantings
from config.profile import Profile
from config.provisioning import CommandStep, HttpStep, RedisStep, SqlStep, gone_or
from config.template import PlaceholderUnknown, fill_text
from swarm.reach import Reach
from swarm.removing import Removed, remove_keys, remove_rows
from swarm.steps import has_table, named_steps
from swarm.stores import StoreError, open_redis_store, redis_error
from users.commands import CommandFailed, run_command
from users.http_calls import Caller, CallFailed, caller_of

_AT_ONCE = 8


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

    @property
    def by_name(self) -> list[dict[str, object]]:
        """The same where a name is all there is, once for each of them."""
        return [{"tenant": name} for name in self.names]


def remove(
    profile: Profile, who: Sequence[Leaving], caller: Caller | None = None, reach: Reach | None = None,
    beside: Sequence[Leaving] = (),
) -> Removed:  # fmt: skip
    """Removes these tenants as the profile says. What can't be undone in one place does not spare the others.

    Args:
        profile: says how.
        who: the tenants.
        caller: makes HTTP requests; one of its own when None.
        reach: knows which statements take nothing of others; one that knows nothing yet when None.
        beside: tenants of the run that stay, of whom nothing may be taken.
    """
    caller, reach, done = caller or caller_of(profile), reach or Reach(), Removed()
    each = sum(isinstance(step, HttpStep | CommandStep) for step in profile.provisioning.steps)
    for name, step in reversed(named_steps(profile)):
        try:
            if isinstance(step, SqlStep):
                _sql(profile, step, who, done, reach, beside)
            elif isinstance(step, RedisStep):
                _redis(profile, step, who, done)
            else:
                each -= 1
                _each(name, step, [one for one in who if one.begun > each], each, caller, done)
        except StoreError as error:
            done.left.append(f"{name}: {error}")
    _undo_plantings(profile, who, done, reach, beside)
    return done


def _undo_plantings(
    profile: Profile, who: Sequence[Leaving], done: Removed, reach: Reach, beside: Sequence[Leaving]
) -> None:
    """Whatever each tenant is called: its statements and patterns need no more than a name."""
    for keys in redis_plantings(profile):
        try:
            if keys.remove:
                remove_keys(keys, [name for one in who for name in one.names], done)
        except StoreError as error:
            done.left.append(str(error))
    called, others = [one.by_name for one in who], [one.by_name[0] for one in beside]
    for rows in postgres_plantings(profile):
        for statement in rows.remove:
            try:
                remove_rows(rows.store, rows.name, statement, called, done, reach, others)
            except StoreError as error:
                done.left.append(f"{statement}: {error}")


def _sql(
    profile: Profile, step: SqlStep, who: Sequence[Leaving], done: Removed, reach: Reach, beside: Sequence[Leaving]
) -> None:
    if not step.remove or not has_table(profile, step):
        return
    store, others = profile.stores.all_postgres()[step.store], [one.placeholders for one in beside]
    for statement in reversed(step.remove):
        remove_rows(store, step.store, statement, [[one.placeholders] for one in who], done, reach, others)


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
    done.left += failures
