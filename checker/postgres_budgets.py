"""Reads the remaining amounts of all tenants from the columns that the profile names."""

from __future__ import annotations

from collections.abc import Collection

import psycopg2
from psycopg2.extensions import connection

from checker.content import Content
from checker.held_amounts import HeldAmounts, amount_of, postgres_label
from checker.postgres_places import identifier, literal, psql, qualified
from checker.scan import FindingShelf, StoreScan
from checker.tenant_names import tenant_named
from config.postgres_store import PostgresBudget, step_of
from evidence.findings import FindingKind, Sighting


def _from(budget: PostgresBudget) -> str:
    """The tables that lead from the amounts to their owners."""
    tables = qualified(budget.table)
    if not budget.via:
        return tables
    tables += " AS held"
    before = "held"
    for number, step in enumerate(map(step_of, budget.via), 1):
        alias = f"step{number}"
        tables += f" JOIN {qualified(step.table)} AS {alias}"
        tables += f" ON {before}.{identifier(step.column)}::text = {alias}.{identifier(step.target)}::text"
        before = alias
    return tables


def _owner(budget: PostgresBudget) -> str:
    return f"step{len(budget.via)}.{identifier(budget.owner)}" if budget.via else identifier(budget.owner)


def select(budget: PostgresBudget, *columns: str, tenant: str | None = None) -> str:
    """Returns the query for the amounts of a budget place.

    Args:
        budget: the place.
        columns: what else to select, before the amount.
        tenant: only the amounts whose owner's column has this text.
    """
    conditions = [f"({budget.where})"] if budget.where else []
    conditions += [f"{_owner(budget)}::text = {literal(tenant)}"] if tenant is not None else []
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    amount = f"{'held.' if budget.via else ''}{identifier(budget.amount)}::text"
    return f"SELECT {', '.join([*columns, amount])} FROM {_from(budget)}{where}"


class PostgresBudgets:
    """Reads budgets.

    Args:
        opened: the snapshot's connection.
        content: recognises names and bands.
        scan: is filled.
        shelf: takes the sightings.
        obstructed: tables, with their schemas, of which rows would be hidden.
        at_s: Unix time of the scan.
    """

    def __init__(
        self,
        opened: connection,
        content: Content,
        scan: StoreScan,
        shelf: FindingShelf,
        obstructed: Collection[str],
        at_s: float,
    ) -> None:
        self._opened = opened
        self._content = content
        self._scan = scan
        self._shelf = shelf
        self._obstructed = obstructed
        self._at_s = at_s

    def read(self, budget: PostgresBudget) -> None:
        """Reads one budget place for all tenants. What can't be read is skipped and named."""
        held = HeldAmounts(self._scan, postgres_label(budget))
        with self._opened.cursor() as cur:
            cur.execute("SAVEPOINT budgets")
            try:
                if not self._is_obstructed(budget):  # an error where rows would be hidden, instead of hiding them
                    cur.execute("SET LOCAL row_security = on")
                cur.execute(select(budget, f"{_owner(budget)}::text"))
                rows = cur.fetchall()
                cur.execute("SET LOCAL row_security = off")
            except psycopg2.Error as error:
                if self._opened.closed:
                    raise
                cur.execute("ROLLBACK TO SAVEPOINT budgets")
                reason = str(error).strip().partition("\n")[0][:200] or type(error).__name__
                remedy = "; name the table with its schema if that is not public" if error.pgcode == "42P01" else ""
                self._scan.skipped.append(f"budgets in {budget.table} could not be read: {reason}{remedy}")
                return
        for owner_text, amount_text in rows:
            tenant = tenant_named((owner_text or "").encode(), self._content.names, self._content.keyring)
            if tenant is None or amount_text is None:
                continue
            try:
                amount = amount_of(amount_text, budget.path)
            except ValueError:
                self._scan.skipped.append(
                    f"{budget.table}.{budget.amount} of tenant {tenant} should hold a whole number and doesn't"
                )
                continue
            held.add(tenant, amount)
            whose = self._content.amounts.owner(amount)
            if whose is not None and whose != tenant:
                self._shelf.add(self._foreign(whose, tenant, budget, amount, owner_text))
        held.close("say with budgets.where which row counts")

    def _is_obstructed(self, budget: PostgresBudget) -> bool:
        names = [budget.table, *(step_of(text).table for text in budget.via)]
        return any((name if "." in name else f"public.{name}") in self._obstructed for name in names)

    def _foreign(self, owner: int, tenant: int, budget: PostgresBudget, amount: int, owner_text: str) -> Sighting:
        return Sighting(
            kind=FindingKind.FOREIGN_BUDGET,
            owner=owner,
            recipient=tenant,
            place=f"postgres {budget.table} of tenant {tenant} column {budget.amount}",
            group=budget.table if "." in budget.table else f"public.{budget.table}",
            at_s=self._at_s,
            excerpt=str(amount),
            reproduce=psql(select(budget, tenant=owner_text)),
            detail=f"the remaining amount of tenant {tenant} lies in the band of tenant {owner}",
        )
