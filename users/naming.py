"""What the profile's tenants are called."""

from __future__ import annotations

from config.profile import Profile
from evidence.marks import RunKey
from evidence.naming import Naming, naming_of


def naming_for(profile: Profile, key: RunKey) -> Naming:
    """Returns how the tenants of a run are called that are minted for it."""
    tenants, integers = profile.tenants, profile.tenants.integers
    span = None if integers is None else (integers.first, integers.last)
    return naming_of(tenants.names, key, pattern=tenants.pattern, integers=span)
