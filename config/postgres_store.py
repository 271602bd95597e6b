"""One Postgres database of the target: where it is, and what is known of its tables."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field, SecretStr, StringConstraints, model_validator

from config.parts import Part

_STEP = re.compile(r"^\s*(?P<column>[^\s.>]+)\s*->\s*(?P<table>[^\s>]+)\.(?P<target>[^\s.>]+)\s*$")
_StepText = Annotated[str, StringConstraints(pattern=r"^\s*[^\s.>]+\s*->\s*[^\s>]+\.[^\s.>]+\s*$")]
_TABLE = "Table, with its schema if it is not public."
_VIA = (
    "Where the owner stands in another table: the columns that lead there, each as 'column -> table.column', the first "
    "of this table, each next one of the table before. No foreign key need be declared."
)


class Step(NamedTuple):
    """A column that leads to a column of another table."""

    column: str
    table: str
    target: str


def step_of(text: str) -> Step:
    """Returns the parts of ``column -> table.column``.

    Raises:
        ValueError: it is nothing like that.
    """
    match = _STEP.match(text)
    if match is None:
        raise ValueError(f"{text!r} should read 'column -> table.column'")
    return Step(match["column"], match["table"], match["target"])


class PostgresBudget(Part):
    """A column that holds tenants' remaining amounts, and the column that says whose."""

    table: str = Field(description=_TABLE)
    owner: str = Field(description="Column with the tenant's id; with via it is one of the last table.")
    via: tuple[_StepText, ...] = Field((), description=_VIA)
    amount: str = Field(description="Column with the amount, a whole number, or with a JSON document that holds it.")
    path: str | None = Field(None, description="Where the amount stands in that JSON document: a.b.")
    where: str | None = Field(
        None, description="SQL condition on the table's rows, where a tenant has rows of several kinds."
    )


class PostgresOwner(Part):
    """What says whose rows are, where neither their names nor declared foreign keys do."""

    table: str = Field(description=_TABLE)
    column: str | None = Field(
        None,
        description="Column with the tenant's id: text, uuid, a number, or 16 bytes in a bytea; with via it is one of "
        "the last table, and may be left out if that table says whose its rows are.",
    )
    path: str | None = Field(None, description="Where the id stands in that column's JSON document: a.b.")
    via: tuple[_StepText, ...] = Field((), description=_VIA)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> PostgresOwner:
        if self.column is None and not self.via:
            raise ValueError(f"the owner of rows in {self.table} must stand somewhere: give column, or via")
        if self.path is not None and self.column is None:
            raise ValueError(f"path is of no use without the column of {self.table} that holds the document")
        return self


class PostgresStore(Part):
    """A Postgres database of the target. The role must see past row-level security."""

    kind: ClassVar[Literal["postgres"]] = "postgres"

    url: SecretStr = Field(
        description="Any libpq string: postgresql://USER:PASSWORD@HOST:PORT/DB, or words such as host=… dbname=… "
        "service=…. Reading needs no more than the role that `python -m config grants` makes."
    )
    write_url: SecretStr | None = Field(
        None, description="The same for making and removing tenants, where url may only read. Default: url."
    )
    budgets: tuple[PostgresBudget, ...] = Field((), description="Columns that hold tenants' remaining amounts.")
    owners: tuple[PostgresOwner, ...] = Field((), description="Whose rows are, where it can't be seen.")
    shared: tuple[str, ...] = Field((), description="Tables that name several tenants in a row on purpose.")
    kept: tuple[str, ...] = Field(
        (), description="Tables that keep what is a removed tenant's on purpose (invoices, an audit log)."
    )
    opaque: tuple[str, ...] = Field(
        (),
        description="Columns (table.column) whose content can't be read: encrypted, or in a form of their own.",
    )
    settle_s: float = Field(
        0.0, ge=0, description="How long after the run the last rows may appear: the checker waits so long at most."
    )
    create: tuple[str, ...] = Field(
        (), description="SQL that makes a tenant here, as provisioning.sql_create does in [stores.postgres]."
    )
    remove: tuple[str, ...] = Field(
        (), description="SQL that removes a tenant here, as provisioning.sql_remove does in [stores.postgres]."
    )

    @model_validator(mode="after")
    def _removal_names_the_tenant(self) -> PostgresStore:
        for statement in self.remove:
            if "%(tenant)s" not in statement:
                raise ValueError(f"remove has a statement without %(tenant)s, which could remove others: {statement}")
        for column in self.opaque:
            if "." not in column:
                raise ValueError(f"opaque names {column}, which is no column: write table.column")
        return self

    def address(self, *, writing: bool = False) -> str:
        """Returns the libpq string. It holds the password.

        Args:
            writing: whether it is for making and removing tenants.
        """
        return (self.write_url if writing and self.write_url is not None else self.url).get_secret_value()
