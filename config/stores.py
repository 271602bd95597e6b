"""The stores to check: where each one is, and what is known of them as a whole."""

from __future__ import annotations

from pydantic import Field, model_validator

from config.parts import Name, Part
from config.postgres_store import PostgresBudget, PostgresOwner, PostgresStore
from config.redis_store import RedisBudget, RedisOwner, RedisStore, Sentinel

__all__ = [
    "PostgresBudget",
    "PostgresOwner",
    "PostgresStore",
    "RedisBudget",
    "RedisOwner",
    "RedisStore",
    "Sentinel",
    "Store",
    "Stores",
]

Store = RedisStore | PostgresStore


class Stores(Part):
    """The stores to check; each may be left out if the target has none.

    A target with several of a kind names the further ones: ``[stores.more_postgres.billing]`` is called ``billing`` in
    ``stored_in`` and in every report. Names as keys, not places in a list, so that a profile laid over another one can
    change one of them.
    """

    redis: RedisStore | None = Field(None, description="The Redis, called redis.")
    postgres: PostgresStore | None = Field(None, description="The Postgres database, called postgres.")
    more_redis: dict[Name, RedisStore] = Field(
        default_factory=dict, description="Further Redis servers, each under a name of its own."
    )
    more_postgres: dict[Name, PostgresStore] = Field(
        default_factory=dict, description="Further Postgres databases, each under a name of its own."
    )

    none: str | None = Field(
        None,
        min_length=1,
        description="Why there is no store to look into. Without a store and without this reason a run proves nothing; "
        "with it the verdict speaks of what tenants received alone, and says so.",
    )

    @model_validator(mode="after")
    def _none_is_none(self) -> Stores:
        if self.none is not None and self.named():
            raise ValueError(
                f"none says that there is no store, but there is {next(iter(self.named()))}: leave one out"
            )
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> Stores:
        for name in ("redis", "postgres"):
            if name in self.more_redis or name in self.more_postgres:
                raise ValueError(f"the name {name} is that of [stores.{name}]: call the further store something else")
        twice = sorted(self.more_redis.keys() & self.more_postgres.keys())
        if twice:
            raise ValueError(f"the name {twice[0]} stands in more_redis and in more_postgres: call one something else")
        return self

    def all_redis(self) -> dict[str, RedisStore]:
        """Returns every Redis by name, ``redis`` first."""
        return ({"redis": self.redis} if self.redis is not None else {}) | self.more_redis

    def all_postgres(self) -> dict[str, PostgresStore]:
        """Returns every Postgres database by name, ``postgres`` first."""
        return ({"postgres": self.postgres} if self.postgres is not None else {}) | self.more_postgres

    def named(self) -> dict[str, Store]:
        """Returns every store by name."""
        return {**self.all_redis(), **self.all_postgres()}
