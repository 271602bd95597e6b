"""What can't work in what a profile says of tenants: the accounts they are, the steps that make them."""

from __future__ import annotations

from collections.abc import Iterator

from config.plantings import postgres_plantings, redis_plantings
from config.positions import Path as Key
from config.profile import Profile
from config.provisioning import PROVISIONED, CommandStep, HttpStep, RedisStep, SqlStep
from config.redis_store import Command
from config.template import placeholders
from config.unfilled import called, unfilled
from config.writes import SQL_NAME, command_mistake, statement_mistake

Mistake = tuple[Key, str]


def of_tenants(profile: Profile) -> Iterator[Mistake]:
    """Yields what can't work, as key and sentence."""
    for check in (_accounts, _created, _removed, _patterns, _reckless):
        yield from check(profile)


def _accounts(profile: Profile) -> Iterator[Mistake]:
    """Accounts that exist are left as they are, and what they have left is known only if their file says so."""
    if profile.tenants.accounts is None:
        return
    makes = profile.provisioning.makes_any
    makes |= any(rows.create or rows.remove for rows in postgres_plantings(profile))
    makes |= any(keys.create or keys.remove for keys in redis_plantings(profile))
    if makes:
        yield (
            ("tenants", "accounts"),
            "names accounts that exist, which are never made, changed or removed: leave out what makes and removes "
            "tenants in [provisioning] and [stores]",
        )
    if profile.tenants.columns.budget is not None:
        return
    why = "and what accounts have left isn't known: leave it out, or name a column in tenants.columns.budget"
    for name, operation in profile.said.items():
        if operation.cost or operation.price:
            yield (*name.split("."), "cost"), f"is charged, {why}"
    for key, said in ((("frames", "budget"), profile.frames.budget), (("refusal", "budget"), profile.refusal.budget)):
        if said:
            yield key, f"speaks of amounts, {why}"
    redis, postgres = profile.stores.all_redis(), profile.stores.all_postgres()
    budgets = {name: bool(store.budgets) for name, store in redis.items()}
    budgets |= {name: bool(store.budgets) for name, store in postgres.items()}
    for name, says in budgets.items():
        if says:
            yield ("stores", name, "budgets"), f"speaks of amounts, {why}"


def _created(profile: Profile) -> Iterator[Mistake]:
    """Each step is told only what is known by then, and works on a store that there is."""
    known = set(PROVISIONED)
    stores = {"sql": [*profile.stores.all_postgres()], "redis": [*profile.stores.all_redis()]}
    every = [*stores["sql"], *stores["redis"]]
    for index, step in enumerate(profile.provisioning.steps):
        key: Key = ("provisioning", "steps", index)
        said: list[tuple[Key, object, set[str]]] = []
        if isinstance(step, SqlStep | RedisStep):
            if step.store not in stores[step.kind]:
                yield (*key, "store"), f"names '{step.store}', and [stores] has none of that name for {step.kind}"
            if isinstance(step, RedisStep):
                said = [((*key, "create"), step.create, known)]
            elif unknown := sorted(set(SQL_NAME.findall(" ".join(step.create))) - known):
                there = ", ".join(sorted(known))
                yield (*key, "create"), f"nothing fills %({unknown[0]})s there (there are: {there})"
        else:
            safe = known - profile.secrets_of_tenant
            said = called((*key, "create"), step.create, known, safe)
            for store in step.stored_in:
                if store not in every:
                    yield (*key, "stored_in"), f"names '{store}', and [stores] has none of that name"
        yield from unfilled(said)
        if not isinstance(step, RedisStep):
            known |= {*step.learn}
        if isinstance(step, HttpStep | CommandStep):
            known |= {*step.learn_secret}


def _removed(profile: Profile) -> Iterator[Mistake]:
    """What is removed is named by what is still known then: no secret outlives the process that made it."""
    left = {"tenant", "number", "email"} | profile.provisioning.learnt
    for index, step in enumerate(profile.provisioning.steps):
        key = ("provisioning", "steps", index, "remove")
        if isinstance(step, HttpStep | CommandStep) and step.remove is not None:
            yield from unfilled(called(key, step.remove, left))
        elif isinstance(step, RedisStep):
            yield from unfilled([((*key[:-1], "remove_by"), step.remove_by, left)])
        elif isinstance(step, SqlStep) and (unknown := sorted(set(SQL_NAME.findall(" ".join(step.remove))) - left)):
            yield key, f"nothing fills %({unknown[0]})s there (there are: {', '.join(sorted(left))})"


def _patterns(profile: Profile) -> Iterator[Mistake]:
    """A wildcard right behind a name takes longer names along: those of strangers, if names are not random."""
    if profile.tenants.names in ("uuid", "uuid_hex") and profile.provisioning.tenant is None:
        return
    said: list[tuple[Key, tuple[str, ...]]] = [(("provisioning", "redis_remove"), profile.provisioning.redis_remove)]
    for name, store in profile.stores.all_redis().items():
        key: Key = ("stores", name) if name == "redis" else ("stores", "more_redis", name)
        said.append(((*key, "remove"), store.remove))
    for index, step in enumerate(profile.provisioning.steps):
        if isinstance(step, RedisStep):
            said.append((("provisioning", "steps", index, "remove"), step.remove))
    for key, patterns in said:
        for pattern in patterns:
            if pattern.partition("{tenant}")[2][:1] in ("*", "?", "["):
                yield (
                    key,
                    f"has a wildcard right behind {{tenant}}: {pattern} would remove the keys of whoever's name begins "
                    "with a tenant's as well (t1, t10); name what stands between, such as {tenant}:*",
                )


def _reckless(profile: Profile) -> Iterator[Mistake]:
    """Making a tenant changes nothing that is not its own; what a placeholder nobody fills would do is told already."""
    naming = {"tenant", "number", "email"} | profile.provisioning.learnt
    known = PROVISIONED | naming | profile.secrets_of_tenant
    statements: list[tuple[Key, tuple[str, ...]]] = [(("provisioning", "sql_create"), profile.provisioning.sql_create)]
    commands: list[tuple[Key, tuple[Command, ...]]] = [
        (("provisioning", "redis_create"), profile.provisioning.redis_create)
    ]
    for name, rows in profile.stores.all_postgres().items():
        statements.append((("stores", *([] if name == "postgres" else ["more_postgres"]), name, "create"), rows.create))
    for name, keys in profile.stores.all_redis().items():
        commands.append((("stores", *([] if name == "redis" else ["more_redis"]), name, "create"), keys.create))
    for index, step in enumerate(profile.provisioning.steps):
        key: Key = ("provisioning", "steps", index, "create")
        if isinstance(step, SqlStep):
            statements.append((key, step.create))
        elif isinstance(step, RedisStep):
            commands.append((key, step.create))
    for place, said in statements:
        for index, statement in enumerate(said):
            if wrong := statement_mistake(statement, naming):
                yield (*place, index), wrong
    for place, told in commands:
        for index, command in enumerate(told):
            if command and placeholders(command) <= known and (wrong := command_mistake(command, naming)):
                yield (*place, index), wrong
