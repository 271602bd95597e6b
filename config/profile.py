"""The schema of a target profile.

One TOML file says how to talk to a target: where it is, how tenants prove who they are, what they say, what a reply
looks like, where the stores are and who owns what in them. ``config.load`` reads one; the parts stand in the modules
beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, PrivateAttr, SecretStr, model_validator

from config.attempts import UNSIGNED, Attempts, Door
from config.auth import Auth
from config.dialects import DialectName, with_settled
from config.frames import Frames, Refusal, ReplyBy
from config.limits import Limits
from config.messages import PLACEHOLDERS, Operation, Operations
from config.parts import Part, PositiveInt
from config.provisioning import Provisioning
from config.stores import Stores
from config.template import placeholders
from config.tenants import Tenants
from config.thresholds import Thresholds
from config.tls import Tls
from config.workload import Workload

SHORT_LIMIT = 1 << 20  # units; the width of a budget band
ATTEMPT = "attempt: "
CONTROL = "control: "
ENTRANCE = "entrance: "
_PROOFS = ("state_read", "history", "routing", "chat")
MADE_UP = "made up: "
TOO_LONG = "too long: "
RENEWAL = "renewal"
"""What the operation of [auth.renewal] is called where operations are counted."""
AT_DOORS = (ATTEMPT, CONTROL, MADE_UP)
TRIED = (*AT_DOORS, TOO_LONG)


class Target(Part):
    """Where the target is and how patiently to talk to it."""

    name: str = Field(min_length=1, description="Name of the target, for reports.")
    url: str = Field(
        pattern=r"^wss?://[^\s]+$",
        description="WebSocket address, ws:// or wss://. It may hold {tenant}, {email}, {number}, {uuid} (another one "
        "for each connection), what a login has taught (not as its host), and {token} where auth.place is path.",
    )
    connect_timeout_s: float = Field(
        10.0,
        gt=0,
        description="Longest wait for a connection, and then for the frame that makes it ready.",
    )
    reply_timeout_s: float = Field(30.0, gt=0, description="A request without its final frame by then is unknown.")
    ping_every_s: float = Field(10.0, gt=0, description="Pause between keep-alive pings on an idle session.")
    max_message_bytes: PositiveInt = Field(
        4 * 1024 * 1024, description="A longer message from the target ends the connection."
    )
    reconnect_first_s: float = Field(0.1, gt=0, description="First pause before reconnecting; it doubles each time.")
    reconnect_limit_s: float = Field(5.0, gt=0, description="Longest pause before reconnecting.")
    origin: str | None = Field(
        None,
        description="Origin header of the upgrade, for targets that check where a page came from.",
    )
    subprotocols: tuple[str, ...] = Field((), description="WebSocket subprotocols to offer, the preferred one first.")
    headers: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Further headers of the upgrade, with the tenant's placeholders and those that a login has taught; "
        "never shown.",
    )
    tls: Tls = Field(Tls(), description="Certificates for wss and https.")
    dialect: DialectName = Field(
        "json", description="How a message on the wire becomes a document, whose parts the paths below lead to."
    )
    adapter: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="A dialect of your own, as module:Class; the module may lie beside the profile.",
    )
    options: dict[str, object] = Field(
        default_factory=dict, description="What the dialect or adapter wants to know: its documentation says what."
    )
    allow_hosts: tuple[str, ...] = Field(
        (),
        description="Machines other than this one that may be tested, by every name that the profile has for them, and "
        "that sentinels and nodes of a cluster have; * stands for any part of a name. Commands are held to nothing.",
    )


class HealthCheck(Part):
    """One address asked before the run and during it."""

    name: str = Field(description="What is asked, for messages and the report.")
    url: str = Field(
        pattern=r"^https?://[^\s]+$",
        description="Address, http:// or https://; a status from 200 to 299 means that all is well.",
    )
    optional: bool = Field(False, description="Whether the run may start without it.")
    timeout_s: float = Field(5.0, gt=0, description="Longest wait for the answer.")
    pool_in_use: str | None = Field(None, description="Path in the JSON answer: database connections in use.")
    pool_limit: str | None = Field(None, description="Path in the JSON answer: database connections allowed.")


class Profile(Part):
    """A whole target profile."""

    target: Target = Field(description="Where the target is and how to talk to it.")
    tenants: Tenants = Field(Tenants(), description="What tenants are called, or which accounts they are.")
    health: tuple[HealthCheck, ...] = Field((), description="Addresses asked before the run and during it.")
    auth: Auth = Field(description="How a tenant proves who it is.")
    frames: Frames = Field(Frames(), description="What stands where in a frame.")
    refusal: Refusal = Field(Refusal(), description="What a refusal looks like and what it means.")
    operations: Operations = Field(description="What tenants say and what a reply looks like.")
    attempts: Attempts = Field(Attempts(), description="Other tenants' doors, and tokens that must be refused.")
    stores: Stores = Field(Stores(), description="The Redis and Postgres to check.")
    provisioning: Provisioning = Field(Provisioning(), description="How tenants are made and removed.")
    workload: Workload = Field(Workload(), description="How tenants behave.")
    thresholds: Thresholds = Field(
        Thresholds(), description="Limits that decide the exit code, and what proves that enough was seen."
    )
    limits: Limits = Field(Limits(), description="How much a run may ask of the target at most.")
    _folder: Path | None = PrivateAttr(None)
    _given: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """Where the profile's file lies, and so its adapter may; None if it was read from no file."""
        return self._folder

    @property
    def given(self) -> Mapping[str, str]:
        """The variables that were put into it, by name: any of their values may be a secret."""
        return self._given

    def was_given(self, variables: Mapping[str, str]) -> None:
        """Says which variables were put into it."""
        self._given = dict(variables)

    def lies_in(self, folder: Path) -> None:
        """Says where the profile's file lies. It is no part of the profile: other nodes may keep it elsewhere."""
        self._folder = folder

    @model_validator(mode="before")
    @classmethod
    def _dialect_settles(cls, profile: object) -> object:
        return with_settled(profile)

    @model_validator(mode="after")
    def _short_budgets_are_short(self) -> Profile:
        cost, requests = self.operations.chat.cost, self.workload.short_requests
        if self.workload.short_budgets and cost * (requests + 1) > SHORT_LIMIT:
            raise ValueError(
                f"workload.short_requests is {requests} and operations.chat.cost {cost}: together more than "
                f"{SHORT_LIMIT} units, so that such a budget would look like another tenant's; "
                "lower one, or set short_budgets to 0"
            )
        return self

    @model_validator(mode="after")
    def _leaves_after_it_came(self) -> Profile:
        earliest_s, latest_s = self.workload.departs_after_s
        if not 0 <= earliest_s <= latest_s:
            raise ValueError(
                f"workload.departs_after_s is [{earliest_s:g}, {latest_s:g}]: give the shortest time in seconds first, "
                "and none below 0"
            )
        return self

    @model_validator(mode="after")
    def _placeholders_are_filled(self) -> Profile:
        own = PLACEHOLDERS | self.auth.taught | {*self.of_tenant, *self.learnt_names}
        own |= {"token"} if self.auth.places else set()
        victims = {f"victim_{name}" for name in (*self.learnt_names, *self.of_tenant, *self.auth.ids)}
        for key, operation in self.said.items():
            known = own | victims if isinstance(operation, Door) else own
            unknown = sorted(placeholders(operation.send) - known)
            if unknown:
                there = ", ".join(sorted(known))
                raise ValueError(
                    f"{key}.send: nothing fills the placeholder {{{unknown[0]}}}; there are: {there} "
                    "(what is no placeholder is written with spaces: { id })"
                )
        return self

    @model_validator(mode="after")
    def _stores_have_names(self) -> Profile:
        known = ["redis", "postgres", *self.stores.more_redis, *self.stores.more_postgres]
        for key, operation in self.said.items():
            for store in operation.stored_in:
                if store not in known:
                    there = ", ".join(known)
                    raise ValueError(f"{key}.stored_in: there is no store {store}; there are: {there}")
            for store in operation.retention:
                if store not in operation.stored_in:
                    raise ValueError(
                        f"{key}.retention.{store}: says how long {store} keeps what stored_in doesn't say it keeps; "
                        f"add '{store}' to stored_in"
                    )
        return self

    @model_validator(mode="after")
    def _renewal_has_its_name(self) -> Profile:
        if self.renewing is not None and RENEWAL in self.operations.extra:
            raise ValueError(
                f"operations.extra.{RENEWAL}: is what [auth.renewal] is called in reports: choose another name"
            )
        return self

    @model_validator(mode="after")
    def _tokens_can_be_forged(self) -> Profile:
        if set(self.attempts.tokens) - UNSIGNED and self.auth.jwt is None:
            raise ValueError(
                "attempts.tokens needs a table [auth.jwt], to make tokens that are wrong in one thing only"
            )
        return self

    @property
    def said(self) -> dict[str, Operation]:
        """Everything a tenant can say, by its key in the profile."""
        extra = self.operations.extra
        operations: dict[str, Operation] = {
            f"operations.{'extra.' if name in extra else ''}{name}": operation
            for name, operation in self.operations.all().items()
        }
        if self.renewing is not None:
            operations["auth.renewal.operation"] = self.renewing
        return operations | {f"attempts.doors.{name}": door for name, door in self.attempts.doors.items()}

    @property
    def renewing(self) -> Operation | None:
        """What renews a login on an open session; None if nothing does."""
        return self.auth.renewal.operation if self.auth.renewal is not None else None

    @property
    def learnt_names(self) -> tuple[str, ...]:
        """Names of the ids that the target hands out."""
        names = [*self.frames.learn, *(name for operation in self.said.values() for name in operation.learn)]
        return tuple(dict.fromkeys(names))

    @property
    def on_connect(self) -> dict[str, Operation]:
        """What is said on each new connection before anything else, by name."""
        return {name: operation for name, operation in self.operations.all().items() if operation.on_connect}

    def reply_by(self, operation: Operation) -> ReplyBy:
        """Returns how the reply to an operation is known."""
        if operation.reply_by is not None:
            return operation.reply_by
        by = self.frames.reply_by
        return "kind" if by == "id" and not operation.carries_id else by

    @property
    def proof(self) -> str | None:
        """The operation whose answer shows that a token was accepted: one that costs nothing; None if there is none."""
        names = [self.auth.proof] if self.auth.proof is not None else list(_PROOFS)
        fit = [name for name in names if (found := self.operation(name)) is not None and not found.cost]
        return fit[0] if fit else None

    @property
    def of_tenant(self) -> set[str]:
        """Placeholders that a tenant fills, secrets apart."""
        return self.tenants.placeholders | self.provisioning.learnt

    @property
    def secrets_of_tenant(self) -> set[str]:
        """Placeholders that a tenant fills where it proves who it is, and nowhere else."""
        return self.tenants.secret_placeholders | self.provisioning.learnt_secrets

    @property
    def removes_tenants(self) -> bool:
        """Whether it says how a tenant is removed."""
        general, stores = self.provisioning, self.stores
        return bool(
            any(step.removes for step in general.steps) or
            (general.sql_remove and stores.postgres) or (general.redis_remove and stores.redis)
            or any(store.remove for store in stores.named().values())
        )  # fmt: skip

    def operation(self, name: str) -> Operation | None:
        """Returns what a tenant says under this name: an operation, or the attempt or control at a door.

        Args:
            name: an operation's name, also after ``too long: ``, or a door's after ``attempt: ``, ``control: `` or
                ``made up: ``.
        """
        if name.startswith(AT_DOORS):
            return self.attempts.doors.get(name.partition(": ")[2])
        if name == RENEWAL and self.renewing is not None:
            return self.renewing
        return self.operations.get(name.removeprefix(TOO_LONG))
