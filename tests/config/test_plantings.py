from __future__ import annotations

from config.plantings import postgres_plantings, redis_plantings
from tests.config.profiles import changed, reference

BILLING = {
    "billing": {
        "url": "host=billing",
        "create": ["INSERT INTO wallets VALUES (%(tenant)s, %(row)s)"],
        "remove": ["DELETE FROM wallets WHERE who = %(tenant)s"],
    }
}


def test_what_provisioning_says_goes_to_the_first_store_of_each_kind() -> None:
    profile = reference()
    (rows,), (keys,) = postgres_plantings(profile), redis_plantings(profile)
    assert (rows.name, rows.create, rows.remove) == (
        "postgres", profile.provisioning.sql_create, profile.provisioning.sql_remove,
    )  # fmt: skip
    assert (keys.name, keys.create, keys.remove) == (
        "redis", profile.provisioning.redis_create, profile.provisioning.redis_remove,
    )  # fmt: skip


def test_what_a_further_store_says_itself_goes_to_it_alone() -> None:
    _, further = postgres_plantings(changed(stores__more_postgres=BILLING))
    assert (further.name, further.create) == ("billing", ("INSERT INTO wallets VALUES (%(tenant)s, %(row)s)",))
    assert further.remove == ("DELETE FROM wallets WHERE who = %(tenant)s",)
