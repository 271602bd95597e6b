"""The project's own command-line options, and the profile they lead to."""

from __future__ import annotations

from locust.argument_parser import LocustArgumentParser

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from config.address import shown
from config.hosts import allow_named, check_hosts
from config.load import DEFAULT_PROFILE, ProfileError, ProfileInvalid, load
from config.profile import Profile
from users.dialects.choosing import check_said, dialect_of

# Options that stand for a variable of the profile, so that an address can be given either way.
_VARIABLES = {"target_url": "TARGET_URL", "redis_url": "REDIS_URL", "postgres_url": "POSTGRES_URL"}


class HostUnfit(ProfileError):
    """Locust was given a host that is no WebSocket address."""


def add_options(parser: LocustArgumentParser) -> None:
    """Adds the options to Locust's parser. Locust calls this at every load of its web page, each time anew."""
    parser.add_argument(
        "--target-profile", default=str(DEFAULT_PROFILE), env_var="TARGET_PROFILE", include_in_web_ui=False,
        help="TOML file that says how to talk to the target",
    )  # fmt: skip
    parser.add_argument(
        "--runs", default="runs", include_in_web_ui=False, help="folder for the run folders (default: runs)"
    )
    parser.add_argument(
        "--keep-data", action="store_true", default=False,
        help="leave what the run created in the target, so that it can be checked again",
    )  # fmt: skip
    parser.add_argument(
        "--no-check", action="store_true", default=False, help="only write evidence; check later: python -m checker"
    )
    parser.add_argument(
        "--drain-timeout", type=float, default=60.0, include_in_web_ui=False,
        help="seconds the master waits for the workers' last reports (default: 60)",
    )  # fmt: skip
    parser.add_argument(
        "--allow-host", dest="allow_hosts", action="append", default=[], metavar="NAME", include_in_web_ui=False,
        env_var="ALLOW_HOSTS", help="a machine other than this one that may be tested; may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--dry-run", action="store_true", default=False, include_in_web_ui=False,
        help="show all that would be sent for a tenant, open no connection and end",
    )  # fmt: skip
    for option, variable in _VARIABLES.items():
        parser.add_argument(
            "--" + option.replace("_", "-"), default="", include_in_web_ui=False,
            help=f"in place of the environment variable {variable}",
        )  # fmt: skip


def environment_of(options: Namespace) -> dict[str, str]:
    """Returns the environment variables with those options put in that stand for one."""
    given = {variable: getattr(options, option, "") for option, variable in _VARIABLES.items()}
    return {**os.environ, **{variable: value for variable, value in given.items() if value}}


def profile_of(options: Namespace, host: str | None = None) -> Profile:
    """Returns the target profile that the options name.

    Args:
        options: Locust's parsed options with ours among them.
        host: Locust's host, from ``--host`` or the web page: if it is a WebSocket address, the target is there.

    Raises:
        ProfileError: it can't be used.
    """
    profile = load(Path(options.target_profile), environment_of(options))
    if host and host != profile.target.url:
        if not host.startswith(("ws://", "wss://")):
            raise HostUnfit(f"the host {shown(host)} is no WebSocket address: give ws://… or wss://…, or leave it out")
        for name, entrance in profile.attempts.entrances.items():
            if entrance.url is not None:
                raise HostUnfit(
                    f"attempts.entrances.{name}.url would lead elsewhere than the host {shown(host)}: leave the host "
                    "out, and let a variable in the profile say where the target is"
                )
        profile = profile.model_copy(update={"target": profile.target.model_copy(update={"url": host})})
    check_fit(profile, options.target_profile, options.allow_hosts)
    return profile


def check_fit(profile: Profile, path: str | Path, allowed_hosts: Sequence[str]) -> None:
    """Does nothing if a profile that was read can be used: where it leads is allowed, and its dialect can be made.

    Whatever is wrong is said here, before anything is made or asked, and not by the first session.

    Args:
        profile: the profile.
        path: its file, for messages.
        allowed_hosts: as the option ``--allow-host`` gives them.

    Raises:
        ProfileError: it can't be used.
    """
    check_hosts(profile, allowed_hosts)
    allow_named(profile, allowed_hosts)
    try:
        dialect_of(profile)
        check_said(profile)
    except ProfileInvalid as error:
        raise ProfileInvalid(f"{path}: {error}") from error.__cause__
