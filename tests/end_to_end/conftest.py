"""One stack for a test process; before each test it is whole and empty, after each test nothing of the test runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from target.embedded import EmbeddedPostgres, EmbeddedRedis, Guardian
from target.embedded.folders import temporary_folder
from tests.end_to_end.stack import Stack
from tests.fixtures_stores import database_url, execute_alone, migrated

DATABASE = "end_to_end"


@pytest.fixture(scope="session")
def whole_stack(postgres_server: EmbeddedPostgres) -> Iterator[Stack]:
    execute_alone(postgres_server.url, f"CREATE DATABASE {DATABASE}")
    database = migrated(database_url(postgres_server.url, DATABASE))
    folder = temporary_folder("end-to-end-")
    try:
        # Its own Redis, for tests that restart it.
        with Guardian() as guardian, EmbeddedRedis(folder / "redis", guardian=guardian) as server:
            stack = Stack(server, database, folder, guardian)
            try:
                yield stack
            finally:
                stack.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stack(whole_stack: Stack, tmp_path: Path) -> Iterator[Stack]:
    whole_stack.begin(tmp_path)
    yield whole_stack
    whole_stack.end()
