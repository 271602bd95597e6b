"""One Redis of the target: where it is, and what is known of its keys."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from urllib.parse import quote

from pydantic import Field, PrivateAttr, SecretStr, StringConstraints, model_validator

from config.parts import Part

_HostPort = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:]+\]|[^\s:\[\]/@]+):[0-9]{1,5}$")]
_WithTenant = Annotated[str, StringConstraints(pattern=r".*\{tenant\}.*")]
Command = tuple[str, ...]


class RedisBudget(Part):
    """A key that holds a tenant's remaining amount. ``key`` contains {tenant}."""

    key: str = Field(pattern=r".*\{tenant\}.*", description="Name of the key, with {tenant} in it.")
    field: str | None = Field(None, description="Hash field; without it the key is a string.")
    path: str | None = Field(
        None, description="Where the amount stands in the JSON document that the key or field holds: a.b."
    )


class RedisOwner(Part):
    """What says whose keys are, where their names and content don't.

    One of three: {tenant} in ``key``; a hash ``field`` that holds the tenant's id; a ``path`` in the JSON document that
    the key (or the ``field``) holds.
    """

    key: str = Field(
        min_length=1, description="Pattern (glob) of the keys; {tenant} in it is the part that is the tenant's id."
    )
    field: str | None = Field(None, description="Hash field that holds the tenant's id, or a JSON document with it.")
    path: str | None = Field(None, description="Path of the tenant's id in the JSON document: a.b.")

    @model_validator(mode="after")
    def _says_where_the_owner_stands(self) -> RedisOwner:
        named = "{tenant}" in self.key
        if named == bool(self.field or self.path):
            raise ValueError(
                f"the owner of keys {self.key} must stand in one place: write {{tenant}} in key, or give field or path"
            )
        return self


class Sentinel(Part):
    """Sentinels that know which server is the master."""

    addresses: tuple[_HostPort, ...] = Field(min_length=1, description="HOST:PORT of each sentinel.")
    service: str = Field(min_length=1, description="What the sentinels call the master.")
    user: str | None = Field(None, description="User at the sentinels, if they want one.")
    password: SecretStr | None = Field(None, description="Password of the sentinels themselves, if they want one.")


class RedisStore(Part):
    """A Redis of the target: one server, the master that sentinels name, or a cluster."""

    kind: ClassVar[Literal["redis"]] = "redis"

    url: SecretStr = Field(
        description="redis://USER:PASSWORD@HOST:PORT/DB, rediss:// for TLS, unix:// for a socket. Reading needs no "
        "more than the user that `python -m config grants` makes. With [sentinel] host and port are not used; with "
        "cluster = true it may be any node."
    )
    write_url: SecretStr | None = Field(
        None, description="The same for making and removing tenants, where url may only read. Default: url."
    )
    databases: tuple[Annotated[int, Field(ge=0)], ...] | Literal["all"] | None = Field(
        None, description='Numbers of the databases to read, or "all". Default: the one in url.'
    )
    databases_left_out: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Databases that hold keys of somebody else and are knowingly not read."
    )
    sentinel: Sentinel | None = Field(None, description="The sentinels that know which server is the master.")
    cluster: bool = Field(False, description="Whether it is a cluster: every master is read.")
    ca_file: str | None = Field(None, description="PEM file of the authority that signed the server's certificate.")
    client_cert: str | None = Field(None, description="PEM file of our own certificate, if the server wants one.")
    client_key: str | None = Field(None, description="PEM file of its key.")
    budgets: tuple[RedisBudget, ...] = Field((), description="Keys that hold tenants' remaining amounts.")
    owners: tuple[RedisOwner, ...] = Field((), description="Whose keys are, where it can't be seen.")
    shared: tuple[str, ...] = Field((), description="Key patterns (glob) that several tenants share on purpose.")
    kept: tuple[str, ...] = Field(
        (), description="Key patterns (glob) that keep what is a removed tenant's on purpose (an audit trail)."
    )
    opaque: tuple[str, ...] = Field(
        (), description="Key patterns (glob) whose content can't be read: encrypted, or in a form of their own."
    )
    settle_s: float = Field(
        0.0, ge=0, description="How long after the run the last keys may appear: the checker waits so long at most."
    )
    create: tuple[Command, ...] = Field(
        (), description="Commands that make a tenant here, as provisioning.redis_create does in [stores.redis]."
    )
    remove: tuple[_WithTenant, ...] = Field(
        (), description="Key patterns that are removed with a tenant, as provisioning.redis_remove in [stores.redis]."
    )

    _allowed_hosts: tuple[str, ...] = PrivateAttr(())

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Machines that sentinels and nodes of a cluster may name at run time, beside this one and those of the URL."""
        return self._allowed_hosts

    def allow(self, hosts: tuple[str, ...]) -> None:
        """Says which they are. It is no part of this table: who may be tested is said once for the whole profile."""
        self._allowed_hosts = hosts

    @model_validator(mode="after")
    def _is_one_kind_of_deployment(self) -> RedisStore:
        if self.cluster and self.sentinel is not None:
            raise ValueError("cluster = true and [sentinel] exclude each other: leave one out")
        if self.cluster and (self.databases not in (None, (0,), "all") or self.databases_left_out):
            raise ValueError("a cluster has database 0 only: leave databases out")
        if self.databases == ():
            raise ValueError('databases is empty: name those to read, write "all", or leave it out')
        both = set(self.databases_left_out) & set(self.databases if isinstance(self.databases, tuple) else ())
        if both:
            raise ValueError(f"database {min(both)} stands in databases and in databases_left_out: take it out of one")
        if bool(self.client_cert) != bool(self.client_key):
            raise ValueError("client_cert and client_key belong together: give both or neither")
        for pattern in self.remove:
            if set(pattern.partition("{tenant}")[0]) & set("*?["):
                raise ValueError(f"remove has a pattern with a wildcard before {{tenant}}: {pattern}")
        return self

    def address(self, *, writing: bool = False) -> str:
        """Returns the URL, with the certificates put into its query as redis-py wants them. It holds the password.

        Args:
            writing: whether it is for making and removing tenants.
        """
        url = (self.write_url if writing and self.write_url is not None else self.url).get_secret_value()
        files = {"ssl_ca_certs": self.ca_file, "ssl_certfile": self.client_cert, "ssl_keyfile": self.client_key}
        query = "&".join(f"{name}={quote(path)}" for name, path in files.items() if path)
        return f"{url}{'&' if '?' in url else '?'}{query}" if query else url
