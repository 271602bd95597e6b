"""What tenants are called, how they are made and how they are removed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.parts import Part, PositiveInt


class Tenants(Part):
    """What tenants are called. The names must suit the target's columns and keys."""

    names: Literal["uuid", "slug", "integer", "email"] = Field(
        "uuid", description="slug: families built to collide in careless software, beside well-spread ones."
    )


class Provisioning(Part):
    """How tenants are made and removed.

    SQL takes named parameters, Redis commands placeholders: tenant, number, email, budget, now, and the canaries
    context, state, secret, row. Removal names the tenant in every statement and pattern.
    """

    sql_create: tuple[str, ...] = ()
    sql_remove: tuple[str, ...] = ()
    redis_create: tuple[tuple[str, ...], ...] = ()
    redis_remove: tuple[str, ...] = Field((), description="Key patterns (glob) that contain {tenant}.")
    batch: PositiveInt = 50

    @model_validator(mode="after")
    def _removal_names_the_tenant(self) -> Provisioning:
        for statement in self.sql_remove:
            if "%(tenant)s" not in statement:
                raise ValueError(
                    f"sql_remove has a statement without %(tenant)s, which could remove others: {statement}"
                )
        for pattern in self.redis_remove:
            if "{tenant}" not in pattern:
                raise ValueError(f"redis_remove has a pattern without {{tenant}}, which could remove others: {pattern}")
            if set(pattern.partition("{tenant}")[0]) & set("*?["):
                raise ValueError(f"redis_remove has a pattern with a wildcard before {{tenant}}: {pattern}")
        return self
