from __future__ import annotations

from config.grants import grants, redis_reader, redis_writer
from config.plantings import redis_plantings
from config.stores import RedisStore
from tests.config.profiles import PLANTED, REMOVE, changed, reference


def test_the_grants_of_the_reference_profile_name_its_stores_and_no_secret() -> None:
    text = grants(reference())
    assert '-- Postgres, stores.postgres: as a superuser, in database "app".' in text
    assert "CREATE ROLE isolation_checker LOGIN BYPASSRLS" in text
    assert "printf 'ACL SETUSER isolation_checker reset on >%s ~* +ping " in text
    assert PLANTED not in text


def test_a_managed_server_gets_policies_in_place_of_bypassrls() -> None:
    text = grants(reference(), managed=True)
    assert "BYPASSRLS" not in text
    assert "CREATE POLICY isolation_checker_reads" in text and "READER" not in text


def test_nothing_that_writes_is_granted_to_the_reader() -> None:
    rules = redis_reader(RedisStore.model_validate({"url": "redis://x", "cluster": True})).split()
    assert rules[:3] == ["reset", "on", "~*"] and "+cluster|slots" in rules
    writing = {"+set", "+del", "+unlink", "+hset", "+eval", "+config", "+keys", "+@all", "+@write", "+@read"}
    assert writing.isdisjoint(rules)


def test_the_writer_may_do_what_provisioning_does_on_the_keys_it_names() -> None:
    (planting,) = redis_plantings(reference())
    rules = redis_writer(planting).split()
    assert {"~budget:*", "~user_context:*", "~agent_state:*", "~session_events:*:*"} <= set(rules)
    assert {"+set", "+hset", "+scan", "+unlink"} <= set(rules)
    assert "~*" not in rules and "+get" not in rules


def test_sentinels_and_nodes_of_a_cluster_are_named() -> None:
    behind = changed(stores__redis__sentinel={"addresses": ["a:1"], "service": "main"})
    assert "# On every sentinel:" in grants(behind)
    assert "reset on >%s +ping +sentinel|masters" in grants(behind)
    assert "on every node of the cluster" in grants(changed(stores__redis__cluster=True))


def test_a_profile_without_stores_has_nothing_to_grant() -> None:
    assert grants(changed(stores=REMOVE)) == ""
