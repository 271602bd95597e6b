"""The profile a run is judged with: the file it was started with, another one, or what the run wrote down of it.

A run may be checked again on a machine that has none of the variables that the profile names. What matters then is
where the stores are; the rest stands in ``run.json``.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr, ValidationError

from config.load import ProfileInvalid, VariableMissing, load, public_view
from config.profile import Profile
from config.stores import Store
from evidence.runfolder import RunHeader


def profile_of_run(
    header: RunHeader, path: Path | None = None, redis_url: str | None = None, postgres_url: str | None = None
) -> Profile:
    """Returns the profile to judge with.

    Args:
        header: the run's header.
        path: a profile to use instead of the one the run was started with.
        redis_url: where Redis is, if not where the profile says.
        postgres_url: the same for Postgres.

    Raises:
        ProfileError: there is no usable profile; the message says which file and key, and never shows a secret.
    """
    try:
        profile = load(path or Path(header.profile_path))
    except VariableMissing as error:
        profile = _written_down(header, error)
        _need_stores(profile, error, redis_url, postgres_url)
    return _with_stores(profile, redis_url, postgres_url)


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


def _need_stores(profile: Profile, error: VariableMissing, redis_url: str | None, postgres_url: str | None) -> None:
    """Secrets are not written down, so the address of a store has to come from the command line."""
    missing = []
    if profile.stores.redis is not None and redis_url is None:
        missing.append("--redis-url")
    if profile.stores.postgres is not None and postgres_url is None:
        missing.append("--postgres-url")
    sentinel = profile.stores.redis.sentinel if profile.stores.redis is not None else None
    if profile.stores.more_redis or profile.stores.more_postgres or (sentinel is not None and sentinel.password):
        raise error  # there are secrets that no option stands for
    if missing:
        raise VariableMissing(f"{error}; or say where the stores are with {' and '.join(missing)}")


def _with_stores(profile: Profile, redis_url: str | None, postgres_url: str | None) -> Profile:
    stores = profile.stores
    for option, url, store in (
        ("--redis-url", redis_url, stores.redis),
        ("--postgres-url", postgres_url, stores.postgres),
    ):
        if url is not None and store is None:
            raise ProfileInvalid(f"{option} was given, and the profile of {profile.target.name} has no such store")
    update: dict[str, Store] = {}
    if stores.redis is not None and redis_url is not None:
        update["redis"] = stores.redis.model_copy(update={"url": SecretStr(redis_url)})
    if stores.postgres is not None and postgres_url is not None:
        update["postgres"] = stores.postgres.model_copy(update={"url": SecretStr(postgres_url)})
    return profile.model_copy(update={"stores": stores.model_copy(update=update)})
