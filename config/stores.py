"""The stores to check, and who owns what in them."""

from __future__ import annotations

from pydantic import Field, SecretStr

from config.parts import Part


class RedisBudget(Part):
    """A key that holds a tenant's remaining amount. ``key`` contains {tenant}."""

    key: str = Field(pattern=r".*\{tenant\}.*")
    field: str | None = Field(None, description="Hash field; without it the key is a string.")


class RedisStore(Part):
    """The target's Redis."""

    url: SecretStr
    budgets: tuple[RedisBudget, ...] = ()
    shared: tuple[str, ...] = Field((), description="Key patterns (glob) that several tenants share on purpose.")


class PostgresBudget(Part):
    """A column that holds tenants' remaining amounts, and the column that says whose."""

    table: str = Field(description="Table, with its schema if it is not public.")
    owner: str
    amount: str


class PostgresStore(Part):
    """The target's Postgres. The role must see past row-level security."""

    url: SecretStr
    budgets: tuple[PostgresBudget, ...] = ()
    shared: tuple[str, ...] = Field((), description="Tables that name several tenants in a row on purpose.")


class Stores(Part):
    """The stores to check; each may be left out if the target has none."""

    redis: RedisStore | None = None
    postgres: PostgresStore | None = None
