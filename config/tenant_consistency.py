"""What can't work in what a profile says of tenants: their logins, the accounts they are, the steps that make them."""

from __future__ import annotations

from collections.abc import Iterator

from config.calls import CommandCall, HttpCall
from config.plantings import postgres_plantings, redis_plantings
from config.positions import Path as Key
from config.profile import Profile
from config.provisioning import PROVISIONED, CommandStep, HttpStep, RedisStep, SqlStep
from config.redis_store import Command
from config.sentences import mistyped
from config.template import placeholders
from config.writes import SQL_NAME, command_mistake, statement_mistake

Mistake = tuple[Key, str]


def of_tenants(profile: Profile) -> Iterator[Mistake]:
    """Yields what can't work, as key and sentence."""
    for check in (_logins, _proof, _accounts, _created, _removed, _patterns, _reckless):
        yield from check(profile)


def _logins(profile: Profile) -> Iterator[Mistake]:
    """What tenants say to prove who they are holds only what tenants have; secrets stand where they stay secret."""
    own, auth = profile.of_tenant, profile.auth
    secret, introduced = own | profile.secrets_of_tenant, own | auth.taught
    connecting = introduced | {"token", "uuid"}
    said: list[tuple[Key, object, set[str]]] = [(("target", "url"), profile.target.url, connecting)]
    said += [(("auth", "username"), place.username, introduced) for place in auth.places if place.place == "basic"]
    if auth.frame is not None:
        said.append((("auth", "frame", "send"), auth.frame.send, connecting))
    if auth.jwt is not None:
        said.append((("auth", "jwt", "claims"), auth.jwt.claims, own))
    if auth.service is not None:
        told = set(secret)
        for index, step in enumerate(auth.service.before):
            said += _called(("auth", "service", "before", index), step, told)
            told = told | step.learn.keys()
        said += _called(("auth", "service"), auth.service, told)
    if auth.command is not None:
        said += _called(("auth", "command"), auth.command, secret, own)
    yield from _unfilled(said)
    yield from _upgrade(profile, introduced)
    in_path = any(place.place == "path" for place in auth.places)
    if in_path and "token" not in placeholders(profile.target.url):
        yield ("target", "url"), "needs {token} where the token goes, since auth.place (or one of 'also') is 'path'"
    if not in_path and "token" in placeholders(profile.target.url):
        yield ("auth", "place"), "must be 'path' (or one of 'also' be it), since target.url holds {token}"
    if auth.places and auth.source in ("token", "password") and auth.source not in profile.secrets_of_tenant:
        yield (
            ("auth", "source"),
            f"is '{auth.source}', which nothing gives a tenant: name its column in tenants.columns, or let a step of "
            "provisioning learn it in learn_secret",
        )


def _upgrade(profile: Profile, known: set[str]) -> Iterator[Mistake]:
    """Where a tenant connects is the profile's word alone; braces in a header may be part of a secret."""
    host = profile.target.url.partition("://")[2].partition("/")[0].partition("?")[0]
    if taught := sorted(placeholders(host) & profile.auth.taught):
        yield (
            ("target", "url"),
            f"has {{{taught[0]}}} in its host, which an answer would choose then: write the host, and let what a login "
            "teaches stand in path or query (learn a part of an address with matches)",
        )
    for name, value in profile.target.headers.items():
        for unknown in sorted(placeholders(value.get_secret_value()) - known):
            if meant := mistyped(unknown, sorted(known)):
                yield ("target", "headers", name), f"holds a placeholder that nothing fills{meant}"


def _proof(profile: Profile) -> Iterator[Mistake]:
    """A token that is to be found accepted by an operation needs one that may be said on trial."""
    auth, tokens = profile.auth, profile.attempts.tokens
    if (auth.proof is not None or auth.proved_by == "operation") and profile.proof is None:
        yield (
            ("auth", "proof"),
            "should name an operation that costs nothing, as its answer shows that a token was accepted",
        )
    names = {
        name for placement in auth.places for name in placeholders(placement.username) if placement.place == "basic"
    }
    names |= placeholders(profile.target.url) | (placeholders(auth.frame.send) if auth.frame is not None else set())
    names = names.union(*(placeholders(value.get_secret_value()) for value in profile.target.headers.values()))
    if "other_name" in tokens and not names & {*profile.of_tenant, *auth.ids}:
        yield (
            ("attempts", "tokens"),
            "lists other_name, and nobody says its name beside its token: not in target.url, target.headers, "
            "[auth.frame] or auth.username of place 'basic'",
        )


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
            said = _called((*key, "create"), step.create, known, safe)
            for store in step.stored_in:
                if store not in every:
                    yield (*key, "stored_in"), f"names '{store}', and [stores] has none of that name"
        yield from _unfilled(said)
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
            yield from _unfilled(_called(key, step.remove, left))
        elif isinstance(step, RedisStep):
            yield from _unfilled([((*key[:-1], "remove_by"), step.remove_by, left)])
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


def _called(
    key: Key, call: HttpCall | CommandCall, known: set[str], shown: set[str] | None = None
) -> list[tuple[Key, object, set[str]]]:
    """The templates of a request or a command; what everybody can see of a command must hold no secret."""
    if isinstance(call, HttpCall):
        return [
            ((*key, "url"), call.url, known),
            ((*key, "body"), call.body, known),
            ((*key, "form"), call.form, known),
        ]
    return [((*key, "argv"), call.argv, known if shown is None else shown), ((*key, "input"), call.input, known)]


def _unfilled(said: list[tuple[Key, object, set[str]]]) -> Iterator[Mistake]:
    for key, template, known in said:
        if unknown := sorted(placeholders(template) - known):
            there = ", ".join(sorted(known))
            yield key, f"nothing fills {{{unknown[0]}}}{mistyped(unknown[0], sorted(known))} (there are: {there})"
