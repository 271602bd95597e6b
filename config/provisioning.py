"""How tenants are made and how they are removed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.calls import CommandCall, Extracted, HttpCall
from config.parts import Name, Part, PositiveInt
from config.writes import command_mistake, statement_mistake

PROVISIONED = frozenset({"tenant", "number", "email", "budget", "now", "password", "context", "state", "secret", "row"})
"""What fills statements and commands that make a tenant."""
_NAMING = frozenset({"tenant", "email"})
_GONE = (404, 410)
_FEW = 5


class SqlStep(Part):
    """Statements in Postgres, in one transaction."""

    kind: Literal["sql"] = Field(description="Statements in a database.")
    name: str = Field("", description="What the step does, for messages.")
    store: str = Field("postgres", description="Name of the database, if there are several.")
    create: tuple[str, ...] = Field((), description="Statements with %(name)s for what they are told.")
    remove: tuple[str, ...] = Field((), description="Statements that name %(tenant)s or what this tenant has learnt.")
    learn: tuple[Name, ...] = Field(
        (), description="Columns of the last statement's RETURNING: placeholders from then on."
    )
    if_table: str | None = Field(None, description="Skipped, with a note in the report, if there is no such table.")

    @property
    def removes(self) -> bool:
        """Whether it says how what it makes is removed."""
        return bool(self.remove)


class RedisStep(Part):
    """Commands in Redis."""

    kind: Literal["redis"] = Field(description="Commands in a Redis.")
    name: str = Field("", description="What the step does, for messages.")
    store: str = Field("redis", description="Name of the Redis, if there are several.")
    create: tuple[tuple[str, ...], ...] = Field((), description="Commands with {name} for what they are told.")
    remove: tuple[str, ...] = Field((), description="Key patterns (glob) that contain {tenant}.")
    remove_by: tuple[tuple[str, ...], ...] = Field(
        (), description="Commands that remove a tenant and name it, such as ACL DELUSER {tenant}."
    )

    @property
    def removes(self) -> bool:
        """Whether it says how what it makes is removed."""
        return bool(self.remove or self.remove_by)


class Answered(Part):
    """A step for one tenant at a time, and what its answer teaches. A text is a path that leads into its JSON."""

    name: str = Field("", description="What the step does, for messages.")
    stored_in: tuple[str, ...] = Field((), description="Stores that keep the marks it is told.")
    learn: dict[Name, Extracted] = Field(
        default_factory=dict,
        description="Name to path (or { header = … }, { cookie = … }, { matches = … }): what fills placeholders from "
        "then on, in removals and messages too.",
    )
    learn_secret: dict[Name, Extracted] = Field(
        default_factory=dict, description="Name to path, or as in learn: its token or password, never written down."
    )


class HttpStep(Answered):
    """An HTTP request that makes one tenant."""

    kind: Literal["http"] = Field(description="An HTTP request for each tenant.")
    create: HttpCall = Field(description="The request that makes a tenant.")
    remove: HttpCall | None = Field(None, description="The request that removes it.")

    @property
    def removes(self) -> bool:
        """Whether it says how what it makes is removed."""
        return self.remove is not None


class CommandStep(Answered):
    """A command that makes one tenant; what it learns stands in the JSON it writes."""

    kind: Literal["command"] = Field(description="A command for each tenant.")
    create: CommandCall = Field(description="The command that makes a tenant.")
    remove: CommandCall | None = Field(None, description="The command that removes it.")

    @model_validator(mode="after")
    def _has_no_headers(self) -> CommandStep:
        for name, extract in {**self.learn, **self.learn_secret}.items():
            if extract.is_of_http:
                raise ValueError(f"learns '{name}' from a header or cookie, which a command has not: give a path")
        return self

    @property
    def removes(self) -> bool:
        """Whether it says how what it makes is removed."""
        return self.remove is not None


Step = Annotated[SqlStep | RedisStep | HttpStep | CommandStep, Field(discriminator="kind")]


class Provisioning(Part):
    """How tenants are made and removed.

    SQL takes named parameters, all else placeholders: tenant, number, email, budget, now, password, and the canaries
    context, state, secret, row. Removal names the tenant in every statement and pattern.
    """

    sql_create: tuple[str, ...] = Field(
        (), description="Statements in [stores.postgres] that make a tenant, in one transaction, with %(name)s."
    )
    sql_remove: tuple[str, ...] = Field((), description="Statements that remove a tenant; each names it.")
    redis_create: tuple[tuple[str, ...], ...] = Field(
        (), description="Commands in [stores.redis] that make a tenant, with {name}."
    )
    redis_remove: tuple[str, ...] = Field((), description="Key patterns (glob) that contain {tenant}.")
    steps: tuple[Step, ...] = Field((), description="Further steps, in this order; removed in the opposite one.")
    tenant: Name | None = Field(None, description="What a step learns that is the tenant's id in the target.")
    aliases: tuple[Name, ...] = Field((), description="What steps learn that names the tenant as well.")
    batch: PositiveInt = Field(50, description="So many tenants are made at a time; 5 where a step asks for each.")
    quiet_before_removal_s: float = Field(
        0.5,
        ge=0,
        description="A tenant that leaves in the middle of a run is removed so long after its last reply: what the "
        "target still writes for that reply must not come after the removal.",
    )
    removed_within_s: float = Field(
        0.0,
        ge=0,
        description="What is a removed tenant's may still be there, and its token may still be accepted, for so long.",
    )
    revokes: bool = Field(
        True,
        description="Whether a removed tenant's token must be refused; false where tokens are good until they expire, "
        "whoever they name.",
    )

    @property
    def batch_size(self) -> int:
        """How many tenants are made at a time: those that cost a request each are not made in advance for nobody."""
        each = any(isinstance(step, HttpStep | CommandStep) for step in self.steps)
        return min(self.batch, _FEW) if each and "batch" not in self.model_fields_set else self.batch

    @property
    def learnt(self) -> set[str]:
        """Names of what steps learn."""
        return {name for step in self.steps if not isinstance(step, RedisStep) for name in step.learn}

    @property
    def learnt_secrets(self) -> set[str]:
        """Names of the secrets that steps learn."""
        return {name for step in self.steps if isinstance(step, Answered) for name in step.learn_secret}

    @property
    def makes_any(self) -> bool:
        """Whether tenants are made or removed at all."""
        return bool(self.sql_create or self.sql_remove or self.redis_create or self.redis_remove or self.steps)

    @model_validator(mode="after")
    def _removal_names_the_tenant(self) -> Provisioning:
        _check_sql("sql_remove", self.sql_remove, {"tenant"})
        _check_patterns("redis_remove", self.redis_remove)
        naming = _NAMING | self.learnt
        for index, step in enumerate(self.steps):
            key = f"steps[{index}].remove"
            if isinstance(step, SqlStep):
                _check_sql(key, step.remove, naming)
            elif isinstance(step, RedisStep):
                _check_patterns(key, step.remove)
                for command in step.remove_by:
                    if wrong := command_mistake(command, naming):
                        raise ValueError(f"steps[{index}].remove_by {wrong}")
            elif step.remove is not None and not step.remove.names & naming:
                there = ", ".join(f"{{{name}}}" for name in sorted(naming))
                raise ValueError(
                    f"{key}: does not name the tenant, so that it could remove others; hold one of {there}"
                )
        return self

    @model_validator(mode="after")
    def _names_are_learnt_once(self) -> Provisioning:
        for key, names in (("tenant", [self.tenant] if self.tenant else []), ("aliases", self.aliases)):
            for name in names:
                if name not in self.learnt:
                    raise ValueError(f"{key}: no step learns '{name}'")
        taken = {"tenant", "number", "email", "budget", "now"}
        for index, step in enumerate(self.steps):
            names = [] if isinstance(step, RedisStep) else [*step.learn]
            names += [*step.learn_secret] if isinstance(step, Answered) else []
            for name in names:
                if name in taken:
                    raise ValueError(f"steps[{index}]: learns '{name}', which is taken: choose another name")
                taken.add(name)
        return self


def gone_or(call: HttpCall) -> HttpCall:
    """Returns a removing request for which what is gone already counts as removed."""
    if call.expect:
        return call
    return call.model_copy(update={"expect": (*range(200, 300), *_GONE)})


def _check_sql(key: str, statements: tuple[str, ...], naming: set[str] | frozenset[str]) -> None:
    for statement in statements:
        if not any(f"%({name})s" in statement for name in naming):
            there = " or ".join(f"%({name})s" for name in sorted(naming))
            raise ValueError(f"{key} has a statement without {there}, which could remove others: {statement}")
        if wrong := statement_mistake(statement, naming):
            raise ValueError(f"{key} {wrong}")


def _check_patterns(key: str, patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        if "{tenant}" not in pattern:
            raise ValueError(f"{key} has a pattern without {{tenant}}, which could remove others: {pattern}")
        if set(pattern.partition("{tenant}")[0]) & set("*?["):
            raise ValueError(f"{key} has a pattern with a wildcard before {{tenant}}: {pattern}")
