"""The profile a run is judged with: the file it was started with, another one, or what the run wrote down of it.

A run may be checked again on a machine that has none of the variables that the profile names. What matters then is
where the stores are; the rest stands in ``run.json``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr, ValidationError

from config.hosts import allow_named, check_hosts
from config.load import ProfileInvalid, VariableMissing, load, public_view
from config.profile import Profile
from config.stores import Store
from evidence.runfolder import RunHeader

_OPTIONS = {"redis": "--redis-url", "postgres": "--postgres-url"}


def profile_of_run(
    header: RunHeader,
    path: Path | None = None,
    addresses: Mapping[str, str] | None = None,
    allowed_hosts: Sequence[str] = (),
) -> Profile:
    """Returns the profile to judge with.

    Args:
        header: the run's header.
        path: a profile to use instead of the one the run was started with.
        addresses: by name of a store where it is, if not where the profile says; whoever says so allows it.
        allowed_hosts: machines that may be talked to, beside those that were allowed for the run.

    Raises:
        ProfileError: there is no usable profile; the message says which file and key, and never shows a secret.
    """
    given = addresses or {}
    try:
        profile = load(path or Path(header.profile_path))
    except VariableMissing as error:
        profile = _written_down(header, error)
        _need_stores(profile, error, given)
    profile = _with_stores(profile, given)
    allowed = [*header.allowed_hosts, *allowed_hosts]
    check_hosts(profile, allowed, lambda key: key[0] == "stores" and not given.keys() & set(key[1:3]))
    allow_named(profile, allowed)
    return profile


def changed_since(header: RunHeader, profile: Profile) -> list[str]:
    """Returns a note if a run is judged with another profile than it was started with, secrets and addresses apart."""
    if _compared(public_view(profile)) == _compared(header.profile):
        return []
    return [
        "judged with another profile than the one the run was started with: what that one asked for may be left out"
    ]


def _compared(profile: object) -> object:
    """What of a profile, as plain data, must be the same: addresses may be others on another machine."""
    if isinstance(profile, dict):
        return {str(key): _compared(value) for key, value in profile.items()}
    if isinstance(profile, (list, tuple)):
        return [_compared(value) for value in profile]
    if isinstance(profile, str):
        return "" if "://" in profile else profile
    return str(profile) if isinstance(profile, Path) else profile


def _written_down(header: RunHeader, error: VariableMissing) -> Profile:
    try:
        return Profile.model_validate(header.profile)
    except ValidationError:
        raise error from None


def _need_stores(profile: Profile, error: VariableMissing, given: Mapping[str, str]) -> None:
    """Secrets are not written down, so the address of a store has to come from the command line."""
    if any(store.sentinel is not None and store.sentinel.password for store in profile.stores.all_redis().values()):
        raise error  # there are secrets that no option stands for
    missing = [_OPTIONS.get(name, f"--store {name}=URL") for name in profile.stores.named() if name not in given]
    if missing:
        raise VariableMissing(f"{error}; or say where the stores are with {' and '.join(missing)}")


def _with_stores(profile: Profile, given: Mapping[str, str]) -> Profile:
    for name in given.keys() - profile.stores.named().keys():
        there = ", ".join(profile.stores.named()) or "none"
        option = _OPTIONS.get(name, f"--store {name}=URL")
        raise ProfileInvalid(
            f"{option} was given, and the profile of {profile.target.name} has no such store: it has {there}"
        )
    stores = profile.stores
    update = {name: _moved(store, given[name]) for name, store in stores.named().items() if name in given}
    further: dict[str, object] = {
        "more_redis": {name: update.get(name, store) for name, store in stores.more_redis.items()},
        "more_postgres": {name: update.get(name, store) for name, store in stores.more_postgres.items()},
    }
    first = {name: store for name, store in update.items() if name in _OPTIONS}
    return profile.model_copy(update={"stores": stores.model_copy(update={**further, **first})})


def _moved(store: Store, url: str) -> Store:
    return store.model_copy(update={"url": SecretStr(url)})
