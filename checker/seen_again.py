"""How to see a finding again: the command that shows it, where the sighting brings none of its own."""

from __future__ import annotations

import shlex

from checker.held_amounts import postgres_label, redis_label
from checker.postgres_budgets import select
from checker.store_names import variable_of
from config.stores import Stores
from evidence.findings import Finding

_LIVE = ("frame ", "reply to ", "attempt: ", "login ")


def in_the_evidence(run_id: str, finding: Finding) -> str:
    """Returns the command that shows the rows of what was seen while the run lasted; empty if there are none."""
    rows = f"runs/{run_id}/evidence/*.jsonl"
    place = finding.first.place
    if place.startswith(_LIVE):
        named = finding.first.name  # whose it was was not known yet when the row was written
        owner, recipient = "null" if named else _number(finding.owner), _number(finding.recipient)
        row = f'"row":"sighting","kind":"{finding.kind}","owner":{owner},"recipient":{recipient},'
        return f"grep -h {shlex.quote(row)} {rows}{f' | grep -F -e {shlex.quote(named)}' if named else ''}"
    return ""


def learnt(run_id: str, value: str) -> str:
    """Returns the command that shows who was handed an id."""
    return f'grep -h \'"row":"learnt"\' runs/{run_id}/evidence/*.jsonl | grep -F -e {shlex.quote(value)}'


def _number(tenant: int | None) -> str:
    """A tenant that the checker does not know was still written down with a number."""
    return "[^,]*" if tenant is None else str(tenant)


def amount_in_store(stores: Stores, place: str, tenant: str) -> str:
    """Returns the command that reads a tenant's remaining amount; empty for a place that is not in the profile.

    Args:
        stores: from the profile.
        place: the label of the budget place, as the scans give it.
        tenant: its id in the target.
    """
    name, _, label = place.partition(" ")
    redis, postgres = stores.all_redis().get(name), stores.all_postgres().get(name)
    for budget in redis.budgets if redis else ():
        if f"redis {label}" == redis_label(budget):
            key = shlex.quote(budget.key.replace("{tenant}", tenant))
            read = f"HGET {key} {shlex.quote(budget.field)}" if budget.field else f"GET {key}"
            client = "redis-cli -c" if redis is not None and redis.cluster else "redis-cli"
            return f'{client} -u "${variable_of(name)}" {read}'
    for column in postgres.budgets if postgres else ():
        if f"postgres {label}" == postgres_label(column):
            return f'psql "${variable_of(name)}" -c {shlex.quote(select(column, tenant=tenant))}'
    return ""
