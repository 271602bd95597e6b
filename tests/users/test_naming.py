from __future__ import annotations

from tests.users.fixtures import KEY, profile_for
from users.naming import naming_for


def test_tenants_are_called_as_the_profile_says() -> None:
    pattern = profile_for(tenants__names="pattern", tenants__pattern="acme-{run}-{ordinal}")
    assert naming_for(pattern, KEY).name(3) == f"acme-r{KEY.tag:04x}-3"
    small = profile_for(tenants__names="integer", tenants__integers={"first": 100_000, "last": 199_999})
    assert 100_000 <= int(naming_for(small, KEY).name(3)) <= 199_999
    assert len(naming_for(profile_for(tenants__names="uuid_hex"), KEY).name(3)) == 32
