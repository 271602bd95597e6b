from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from tests.fixtures_stores import MigratedDatabase
from tests.target.conftest import Stores

SECRET = "not-to-be-shown"
GOOD = {
    "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0",
    "TARGET_POSTGRES_URL": f"postgresql://app:{SECRET}@127.0.0.1:1/agents",
    "TARGET_JWT_SECRET": "x" * 32,
}
OURS = ("TARGET_", "AUTH_SERVICE_KEY", "REDIS_URL", "POSTGRES_URL")


def target(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "target", *arguments]
    return subprocess.run(command, env={**inherited, **environment}, capture_output=True, text=True, timeout=60)


def sentence(finished: subprocess.CompletedProcess[str]) -> str:
    """The one line that a friendly failure says."""
    assert finished.returncode == 2, finished.stderr
    assert SECRET not in finished.stderr + finished.stdout
    assert finished.stderr.count("\n") == 1, finished.stderr
    return finished.stderr


def test_defects_are_explained_in_either_way() -> None:
    listed, command = target("--list-defects"), target("defects")
    assert listed.returncode == command.returncode == 0
    assert listed.stdout == command.stdout
    assert "reply-to-other-socket:0.2" in listed.stdout


@pytest.mark.parametrize("subcommand", ["serve", "run", "migrate"])
def test_an_unknown_defect_is_one_sentence(subcommand: str) -> None:
    said = sentence(target(subcommand, "--defect", "no-such-thing", **GOOD))
    assert "there is no defect 'no-such-thing'; the defects are reply-to-other-socket," in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"REDIS_URL": ""}, "REDIS_URL is not set"),
        ({"REDIS_URL": f"http://{SECRET}"}, "REDIS_URL is not a connection string"),
        ({"TARGET_POSTGRES_URL": f"postgresql://app:{SECRET}@host:port/x"}, "TARGET_POSTGRES_URL is not a"),
        ({"TARGET_JWT_SECRET": "short"}, "has 5 characters and needs at least 32"),
        ({}, "Redis does not answer at 127.0.0.1:1"),
    ],
)
def test_a_wrong_setting_is_one_sentence(changed: dict[str, str], said: str) -> None:
    assert said in sentence(target("serve", "--port", "0", **{**GOOD, **changed}))


def test_a_wrong_password_or_database_is_one_sentence(stores: Stores) -> None:
    good = {**GOOD, "REDIS_URL": stores.redis_url, "TARGET_POSTGRES_URL": stores.service_url}
    wrong_redis = stores.redis_url.replace("://:", "://:x")
    wrong_postgres = stores.service_url.replace("://app:", "://app:x")
    assert "refuses the password" in sentence(target("serve", "--port", "0", **{**good, "REDIS_URL": wrong_redis}))
    said = sentence(target("serve", "--port", "0", **{**good, "TARGET_POSTGRES_URL": wrong_postgres}))
    assert "refuses the role, password or database" in said


def test_missing_tables_and_a_role_that_row_security_does_not_bind_are_one_sentence(
    fresh_database: str, stores: Stores
) -> None:
    good = {**GOOD, "REDIS_URL": stores.redis_url}
    empty = sentence(target("serve", "--port", "0", **{**good, "TARGET_POSTGRES_URL": fresh_database}))
    assert "lacks the tables agent_state_snapshots, agent_states, budgets" in empty
    assert "python -m target migrate" in empty
    unbound = sentence(target("serve", "--port", "0", **{**good, "TARGET_POSTGRES_URL": stores.owner_url}))
    assert "row security would not bind it" in unbound


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} on 127.0.0.1 is in use" in sentence(target("serve", "--port", port, **GOOD))


def test_migrating_without_a_password_or_a_server_is_one_sentence() -> None:
    url = f"postgresql://postgres:{SECRET}@127.0.0.1:1/agents"
    assert "set TARGET_APP_PASSWORD" in sentence(target("migrate", POSTGRES_URL=url))
    said = sentence(target("migrate", POSTGRES_URL=url, TARGET_APP_PASSWORD=SECRET))
    assert "Postgres at 127.0.0.1:1 does not answer" in said


def test_migrating_again_changes_nothing(migrated_database: MigratedDatabase) -> None:
    environment = {"POSTGRES_URL": migrated_database.owner_url, "TARGET_POSTGRES_URL": migrated_database.service_url}
    assert target("migrate", **environment).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["serve", "--port", "70000"],
        ["serve", "--workers", "0"],
        ["serve", "--think-median-ms", "nan"],
        ["serve", "--heartbeat-s", "0"],
        ["serve", "--", "ls"],
        ["run", "--"],
    ],
)
def test_bad_input_ends_with_2_and_no_stack_trace(arguments: list[str]) -> None:
    finished = target(*arguments)
    assert finished.returncode == 2
    assert "Traceback" not in finished.stderr
