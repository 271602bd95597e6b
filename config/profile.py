"""The schema of a target profile.

One TOML file says how to talk to a target: where it is, how tenants prove who they are, what they say, what a reply
looks like, where the stores are and who owns what in them. ``config.load`` reads one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from config.template import placeholders

SHORT_LIMIT = 1 << 20  # units; the width of a budget band
ATTEMPT = "attempt: "
CONTROL = "control: "

Template = dict[str, object]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
PositiveInt = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Part(BaseModel):
    """Base of every part of a profile: unknown keys are errors, values don't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)


class Target(Part):
    """Where the target is and how patiently to talk to it."""

    name: str = Field(min_length=1, description="Name of the target, for reports.")
    url: str = Field(pattern=r"^wss?://[^\s]+$", description="WebSocket address, ws:// or wss://.")
    connect_timeout_s: float = Field(10.0, gt=0)
    reply_timeout_s: float = Field(30.0, gt=0, description="A request without its final frame by then is unknown.")
    ping_every_s: float = Field(10.0, gt=0, description="Pause between keep-alive pings on an idle session.")
    max_message_bytes: PositiveInt = 4 * 1024 * 1024
    reconnect_first_s: float = Field(0.1, gt=0, description="First pause before reconnecting; it doubles each time.")
    reconnect_limit_s: float = Field(5.0, gt=0, description="Longest pause before reconnecting.")
    origin: str | None = None
    subprotocols: tuple[str, ...] = ()
    headers: dict[str, SecretStr] = Field(default_factory=dict)


class Tenants(Part):
    """What tenants are called. The names must suit the target's columns and keys."""

    names: Literal["uuid", "slug", "integer", "email"] = Field(
        "uuid", description="slug: families built to collide in careless software, beside well-spread ones."
    )


class HealthCheck(Part):
    """One address asked before the run and during it."""

    name: str
    url: str = Field(pattern=r"^https?://[^\s]+$")
    optional: bool = Field(False, description="Whether the run may start without it.")
    timeout_s: float = Field(5.0, gt=0)
    pool_in_use: str | None = Field(None, description="Path in the JSON answer: database connections in use.")
    pool_limit: str | None = Field(None, description="Path in the JSON answer: database connections allowed.")


class SignedToken(Part):
    """Tokens we sign ourselves, as JSON Web Tokens."""

    algorithm: str = "HS256"
    secret: SecretStr = Field(description="Shared secret, or private key in PEM.")
    lifetime_s: PositiveInt = 3600
    claims: dict[str, object] = Field(description="Claims beside iat and exp; placeholders as in messages.")


class TokenService(Part):
    """Tokens that an HTTP service issues."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    body: Template = Field(default_factory=dict, description="JSON body; placeholders as in messages.")
    token: str = Field("access_token", description="Path of the token in the JSON answer.")
    timeout_s: float = Field(10.0, gt=0)


class Auth(Part):
    """How a tenant proves who it is when it connects."""

    place: Literal["query", "header", "none"] = "query"
    parameter: str = Field("token", description="Name of the query parameter or header.")
    scheme: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", description="Put before the token in a header, such as 'Bearer ' with its space."
    )
    source: Literal["jwt", "service"] = "jwt"
    jwt: SignedToken | None = None
    service: TokenService | None = None

    @model_validator(mode="after")
    def _source_is_described(self) -> Auth:
        if self.place != "none" and getattr(self, self.source) is None:
            raise ValueError(f"source is '{self.source}', so a table [auth.{self.source}] is needed")
        return self


class Frames(Part):
    """What is where in a frame. All are field paths: ``a.b``, ``list[].a``."""

    type: str = Field("type", description="Path of the frame's type.")
    request_id: tuple[str, ...] = Field(min_length=1, description="Paths of the id that a reply repeats.")
    tenant: tuple[str, ...] = Field((), description="Paths that name the tenant a frame is for.")
    budget: tuple[str, ...] = Field((), description="Paths of remaining amounts.")
    charged: str | None = Field(None, description="Path of what the request was charged.")
    learn: dict[Name, str] = Field(default_factory=dict, description="Ids handed out to one tenant: name to path.")
    event_id: str | None = Field(None, description="Path of an event's id, from which a session can be resumed.")
    ready: str | None = Field(None, description="Type of the frame that follows a successful connect.")
    pushes: tuple[str, ...] = Field((), description="Types that may arrive unasked.")


class Refusal(Part):
    """What a refusal looks like."""

    type: str = Field("error", description="Type of a frame that refuses a request.")
    code: str = Field("code", description="Path of the reason's code.")
    budget: tuple[str, ...] = Field((), description="Codes that say the budget does not suffice.")
    broken: tuple[str, ...] = Field((), description="Codes of failures: no refusal, whatever was tried.")
    free: tuple[str, ...] = Field(
        (), description="Codes after which nothing was charged; after others it may have been."
    )


class Operation(Part):
    """One thing a tenant can say, and what the reply looks like.

    Placeholders in ``send``: {message_id}, {test_id}, {tenant}, {session}, {thread} and other learnt names, {prompt},
    {state_canary}, {event_id}. A string that is one placeholder alone takes the placeholder's value and type.
    """

    send: Template
    events: tuple[str, ...] = Field((), description="Types of frames before the final one, in their usual order.")
    ends: tuple[str, ...] = Field(min_length=1, description="Types of the final frame.")
    cost: int = Field(0, ge=0, description="What it is charged, in units.")
    shows_own: bool = Field(False, description="Whether the reply must show marks of the tenant's own.")
    stored_in: tuple[Literal["redis", "postgres"], ...] = Field((), description="Stores that keep what was sent.")
    resumable: bool = Field(False, description="Whether its reply can still arrive after a resume.")


class Operations(Part):
    """The operations by the part they play in the workload; each may be left out if the target has none."""

    ping: Operation | None = None
    routing: Operation | None = None
    chat: Operation
    history: Operation | None = None
    state_read: Operation | None = None
    state_write: Operation | None = None
    resume: Operation | None = None

    def get(self, name: str) -> Operation | None:
        """Returns the operation of this name, or None if the profile has none."""
        value = getattr(self, name, None)
        return value if isinstance(value, Operation) else None


class Door(Operation):
    """Another tenant's door, tried with a tenant's own credentials. Placeholders {victim_…} name what is the other's:
    victim_tenant, victim_email, and victim_ with any learnt name.

    The owner says the same first, of its own things: only a door that opens to its owner can be found shut.
    """

    does: Literal["read", "change", "resume", "subscribe", "spend"]
    granted_by: Literal["answer", "victims_marks"] = Field(
        "answer",
        description="Whether any answer means that the door was open, or only one that shows the other's data.",
    )


Forgery = Literal["missing", "unsigned", "expired", "wrong_key", "wrong_audience", "contradictory", "unknown"]


class Attempts(Part):
    """Access attempts with a control: other tenants' doors, and tokens that must be refused."""

    doors: dict[Name, Door] = Field(default_factory=dict)
    tokens: tuple[Forgery, ...] = Field((), description="Needs [auth.jwt], to make tokens that are wrong in one thing.")
    per_tenant: PositiveInt = Field(40, description="So many attempts a tenant makes at most.")


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


class Mix(Part):
    """How many of each kind of tenant there are, relative to one another; 0 leaves a kind out."""

    agent: int = Field(5, ge=0, description="Starts agents and converses.")
    state: int = Field(3, ge=0, description="Reads and changes its state and history.")
    roving: int = Field(2, ge=0, description="Drops out mid-request, reconnects, resumes.")
    listening: int = Field(1, ge=0, description="Mostly listens, on two sessions.")
    trespassing: int = Field(1, ge=0, description="Tries other tenants' doors and bad tokens.")


class Workload(Part):
    """How tenants behave. Rates are requests a second and tenant."""

    seed: int = 1
    chat_rate: float = Field(0.5, gt=0)
    read_rate: float = Field(1.0, gt=0)
    roving_rate: float = Field(0.5, gt=0)
    listening_rate: float = Field(0.1, gt=0)
    attempt_rate: float = Field(1.0, gt=0)
    in_flight: PositiveInt = Field(4, description="Requests a session may have open at once.")
    two_sessions: Share = Field(0.25, description="Share of tenants that hold two sessions at once.")
    short_budgets: Share = Field(0.1, description="Share of conversing tenants whose budget is made to run out.")
    short_requests: PositiveInt = Field(8, description="After so many requests a short budget is spent.")
    drop_after_ms: tuple[float, float] = Field((10.0, 30.0), description="A drop follows a send by so much.")
    burst_every_s: float = Field(10.0, gt=0, description="Roving tenants also return together, on multiples of this.")
    repeats: PositiveInt = Field(7, description="One statement is repeated so often on one connection.")
    mix: Mix = Mix()
    drain_s: float = Field(
        5.0,
        ge=0,
        description="How long a stopping tenant waits for its open replies. What was open longer is unanswered.",
    )


class Thresholds(Part):
    """Limits of the run. One that is left out is not judged."""

    startup_p95_ms: float | None = Field(None, gt=0)
    startup_p99_ms: float | None = Field(None, gt=0)
    success_rate: Share | None = None
    routing_accuracy: Share | None = None
    dropped_sessions: int | None = Field(None, ge=0, description="Sessions lost that nobody dropped on purpose.")
    pool_share: Share | None = Field(None, description="Database connections in use, of those allowed.")
    generator_memory_mb: float | None = Field(None, gt=0)
    generator_cpu_percent: float | None = Field(None, gt=0, description="Of one core, of the busiest process.")
    generator_lag_ms: float = Field(
        100.0, gt=0, description="Later than this in 1 % of seconds: latencies don't count."
    )
    recall: Share = Field(0.99, description="Own marks that must be found again in each store.")
    replies_per_tenant: PositiveInt = Field(
        1, description="Fewer inspected replies of a tenant prove nothing about it."
    )
    unknown_share: Share = Field(0.05, description="More requests of unknown end than this make a run inconclusive.")
    wished_bound: float = Field(
        0.001,
        gt=0,
        lt=1,
        description="Leak rate that a clean run should exclude. It decides nothing: reports say "
        "how large a run that takes.",
    )


class Profile(Part):
    """A whole target profile."""

    target: Target
    tenants: Tenants = Tenants()
    health: tuple[HealthCheck, ...] = ()
    auth: Auth
    frames: Frames
    refusal: Refusal = Refusal()
    operations: Operations
    attempts: Attempts = Attempts()
    stores: Stores = Stores()
    provisioning: Provisioning = Provisioning()
    workload: Workload = Workload()
    thresholds: Thresholds = Thresholds()

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
    def _placeholders_are_filled(self) -> Profile:
        own = {"message_id", "test_id", "tenant", "email", "event_id", "prompt", "state_canary", *self.frames.learn}
        victims = {f"victim_{name}" for name in (*self.frames.learn, "tenant", "email")}
        said = {f"operations.{name}": (operation, own) for name, operation in self.operations if operation is not None}
        said |= {f"attempts.doors.{name}": (door, own | victims) for name, door in self.attempts.doors.items()}
        for key, (operation, known) in said.items():
            unknown = sorted(placeholders(operation.send) - known)
            if unknown:
                there = ", ".join(sorted(known))
                raise ValueError(f"{key}.send: nothing fills the placeholder {{{unknown[0]}}}; there are: {there}")
        return self

    @model_validator(mode="after")
    def _tokens_can_be_forged(self) -> Profile:
        if set(self.attempts.tokens) - {"missing"} and self.auth.jwt is None:
            raise ValueError(
                "attempts.tokens needs a table [auth.jwt], to make tokens that are wrong in one thing only"
            )
        return self

    def operation(self, name: str) -> Operation | None:
        """Returns what a tenant says under this name: an operation, or the attempt or control at a door.

        Args:
            name: an operation's name, or a door's after ``attempt: `` or ``control: ``.
        """
        for prefix in (ATTEMPT, CONTROL):
            if name.startswith(prefix):
                return self.attempts.doors.get(name.removeprefix(prefix))
        return self.operations.get(name)
