"""The service's settings: what the command line and the environment say, checked once at the start."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from target.defects.choice import DefectChoice, chosen
from target.errors import SettingsError

MINIMUM_SECRET_CHARACTERS = 32  # RFC 7518, 3.2: an HS256 key has at least 256 bits
REDIS_SCHEMES = ("redis", "rediss", "unix")
POSTGRES_SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True)
class Behaviour:
    """How the service behaves: options of ``serve``."""

    defects: tuple[DefectChoice, ...] = ()
    seed: int | None = None
    think_median_ms: float = 40.0
    heartbeat_s: float = 30.0
    defect_log: str | None = None

    @classmethod
    def asked_for(cls, options: argparse.Namespace) -> Behaviour:
        """What the options of ``serve`` ask for. Raises SettingsError for a defect that is none."""
        return cls(
            chosen(options.defect, silent=options.silent),
            options.seed,
            options.think_median_ms,
            options.heartbeat_s,
            options.defect_log,
        )

    def as_options(self) -> list[str]:
        """The options that ask for this, for a process of our own."""
        options = ["--think-median-ms", str(self.think_median_ms), "--heartbeat-s", str(self.heartbeat_s)]
        for choice in self.defects:
            options += ["--defect", str(choice)]
        if self.seed is not None:
            options += ["--seed", str(self.seed)]
        if self.defect_log is not None:
            options += ["--defect-log", self.defect_log]
        return options


@dataclass(frozen=True)
class ServiceSettings:
    """Where the stores are and how tokens are checked. The fields left out of ``repr`` hold secrets."""

    redis_url: str = field(repr=False)
    postgres_url: str = field(repr=False)
    jwt_secret: str = field(repr=False)
    auth_url: str | None = None
    behaviour: Behaviour = Behaviour()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], behaviour: Behaviour) -> ServiceSettings:
        """Read ``REDIS_URL``, ``TARGET_POSTGRES_URL``, ``TARGET_JWT_SECRET`` and ``TARGET_AUTH_URL`` (optional).

        Raises:
            SettingsError: one of them is missing or can't be right.
        """
        return cls(
            redis_url=checked_url(environment, "REDIS_URL", REDIS_SCHEMES),
            postgres_url=checked_url(environment, "TARGET_POSTGRES_URL", POSTGRES_SCHEMES),
            jwt_secret=jwt_secret(environment),
            auth_url=environment.get("TARGET_AUTH_URL") or None,
            behaviour=behaviour,
        )


def jwt_secret(environment: Mapping[str, str]) -> str:
    """The key that signs tokens, from ``TARGET_JWT_SECRET``. Raises SettingsError if missing or too short."""
    secret = required(environment, "TARGET_JWT_SECRET")
    if len(secret) < MINIMUM_SECRET_CHARACTERS:
        raise SettingsError(
            f"TARGET_JWT_SECRET has {len(secret)} characters and needs at least {MINIMUM_SECRET_CHARACTERS}; "
            "make one with: openssl rand -hex 32"
        )
    return secret


def required(environment: Mapping[str, str], name: str) -> str:
    """The value of an environment variable. Raises SettingsError if it is missing or empty."""
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set; set it, or use: python -m target run")
    return value


def checked_url(environment: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    """A connection string with one of ``schemes``. Raises SettingsError, which never quotes the value."""
    value = required(environment, name)
    try:
        parts = urlsplit(value)
        complete = parts.scheme in schemes and bool(parts.hostname or parts.scheme == "unix") and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise SettingsError(
            f"{name} is not a connection string; it must look like {schemes[0]}://user:password@host:port/0"
        )
    return value


def address_of(url: str) -> str:
    """Host and port of a connection string: the part that may be printed."""
    parts = urlsplit(url)
    if not parts.hostname:
        return parts.path
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
