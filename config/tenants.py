"""Who the tenants are: minted for the run, or accounts that exist."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from config.files import ProfileFile, column, read_table
from config.parts import Part
from config.template import placeholders

OWN = ("tenant", "email", "number")
"""Placeholders that every tenant fills."""
_UNFIT = re.compile(r"[^a-z0-9]+")


class Account(Part):
    """An account that exists.

    Attributes:
        extra: placeholder to what stands in the column of that name.
        aliases: further names it goes by.
    """

    tenant: str
    email: str | None = None
    password: str | None = Field(None, repr=False)
    token: str | None = Field(None, repr=False)
    budget: int | None = None
    extra: dict[str, str] = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()


class Columns(Part):
    """What stands in which column of the file of accounts. Columns not named here fill a placeholder {csv_…} of their
    name.
    """

    tenant: str = Field("tenant", description="Its id in the target.")
    email: str | None = Field(None, description="Its e-mail address; fills {email}.")
    password: str | None = Field(None, description="Fills {password} in logins; never shown.")
    token: str | None = Field(None, description="A token that it may show; never shown.")
    budget: str | None = Field(
        None, description="What it has left before the run, in units; without it no budget can be judged."
    )
    aliases: tuple[str, ...] = Field(
        (), description="Columns with further names that it goes by, in frames and stores: a user name, a number."
    )


class Integers(Part):
    """Whole numbers that belong to nobody, for names = 'integer' where ids must be small."""

    first: int = Field(ge=0, description="The smallest number that may be taken.")
    last: int = Field(lt=1 << 63, description="The largest number that may be taken.")

    @model_validator(mode="after")
    def _is_wide(self) -> Integers:
        if self.last - self.first + 1 < _NARROWEST:
            raise ValueError(
                f"from first to last there must be at least {_NARROWEST} numbers: each of up to 63 workers has its own"
            )
        return self


_NARROWEST = 4096
_WIDTH = 1 << 20  # units; the width of a budget band


class Tenants(Part):
    """What tenants are called, which must suit the target's columns and keys; or which accounts they are."""

    names: Literal["uuid", "uuid_hex", "slug", "integer", "email", "pattern"] = Field(
        "uuid",
        description="slug: families built to collide in careless software, beside well-spread ones; uuid_hex: without "
        "hyphens, for 16-byte columns.",
    )
    pattern: str | None = Field(
        None, description="For names = 'pattern': {run} (5 letters and digits of the run's own) and {ordinal}."
    )
    integers: Integers | None = Field(
        None, description="Whole numbers to take, for names = 'integer' where ids must be small."
    )
    accounts: ProfileFile | None = Field(
        None, description="CSV with a head line, or lines of JSON objects: accounts that exist. None is ever changed."
    )
    columns: Columns = Field(Columns(), description="What stands in which column of the file of accounts.")

    @cached_property
    def existing(self) -> tuple[Account, ...]:
        """The accounts that exist, in the file's order; empty where tenants are minted."""
        if self.accounts is None:
            return ()
        table, names = read_table(self.accounts), self.columns
        secret = {"password": names.password, "token": names.token}
        optional = {"email": names.email, "budget": names.budget, **secret}
        mapped = {key: name for key, name in optional.items() if name is not None}
        values = {
            key: column(self.accounts, table, name, f"columns.{key}")
            for key, name in {"tenant": names.tenant, **mapped}.items()
        }
        amounts = [_amount(self.accounts, cell) for cell in values.pop("budget", ())]
        aliases = [column(self.accounts, table, name, "columns.aliases") for name in names.aliases]
        taken = {names.tenant, *mapped.values()}
        return tuple(
            Account(
                **{key: cells[index] for key, cells in values.items()},
                budget=amounts[index] if amounts else None,
                extra={csv_placeholder(name): cell for name, cell in row.items() if name not in taken},
                aliases=tuple(cells[index] for cells in aliases),
            )
            for index, row in enumerate(table)
        )

    @property
    def placeholders(self) -> set[str]:
        """What a tenant fills, secrets apart."""
        return {*OWN, *(name for account in self.existing[:1] for name in account.extra)}

    @property
    def secret_placeholders(self) -> set[str]:
        """What a tenant fills where it proves who it is, and nowhere else."""
        if self.accounts is None:
            return {"password"}
        given = {"password": self.columns.password, "token": self.columns.token}
        return {name for name, where in given.items() if where is not None}

    @model_validator(mode="after")
    def _names_differ(self) -> Tenants:
        if (self.names == "pattern") != (self.pattern is not None):
            raise ValueError("pattern: goes together with names = 'pattern': give both or neither")
        if self.pattern is not None and placeholders(self.pattern) != {"run", "ordinal"}:
            raise ValueError(
                "pattern: must hold {run} and {ordinal} and nothing else in braces, so that no two runs make the same "
                "tenant and none removes another's"
            )
        if self.integers is not None and self.names != "integer":
            raise ValueError("integers: needs names = 'integer'")
        return self

    @model_validator(mode="after")
    def _accounts_are_told_apart(self) -> Tenants:
        if self.accounts is None:
            if self.columns != Columns():
                raise ValueError("columns: says what stands in a file of accounts, and 'accounts' names none")
            return self
        if not self.existing:
            raise ValueError(f"accounts: {self.accounts.name} holds no account")
        for what in ("tenant", "email"):
            seen: set[str] = set()
            for name in (str(getattr(account, what)).lower() for account in self.existing):
                if name in seen and name != "none":
                    raise ValueError(f"accounts: {self.accounts.name} has two accounts with the same {what}")
                seen.add(name)
        return self


def _amount(accounts: Path, cell: str) -> int:
    """An amount that is no other tenant's: those of minted tenants begin where these end."""
    if not (cell.isascii() and cell.isdecimal() and int(cell) < _WIDTH):
        raise ValueError(f"columns.budget: {accounts.name} has an entry that is no whole number below {_WIDTH} there")
    return int(cell)


def csv_placeholder(column_name: str) -> str:
    """Returns the placeholder that a column fills."""
    return "csv_" + _UNFIT.sub("_", column_name.lower()).strip("_")
