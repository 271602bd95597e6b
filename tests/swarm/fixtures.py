"""The reference profile on real stores, and a run folder."""

from __future__ import annotations

from pathlib import Path

from config.profile import Profile
from evidence.marks import RunKey
from evidence.records import Row
from evidence.runfolder import RunFolder, RunHeader
from tests.config.profiles import changed

KEY = RunKey(bytes(range(32)))


def profile_on(redis_url: str, postgres_url: str, **changes: object) -> Profile:
    """The reference profile that provisions into these stores; changes as ``changed`` takes them."""
    return changed(stores__redis__url=redis_url, stores__postgres__url=postgres_url, **changes)


def run_folder(parent: Path, profile: Profile, rows: list[Row], key: RunKey = KEY) -> RunFolder:
    """A run's folder with these rows as its evidence."""
    header = RunHeader("run-1", "reference.toml", profile.target.name, {}, "local", 1, 1.0, 0.0)
    folder = RunFolder.create(parent, header, key)
    writer = folder.writer("local")
    for row in rows:
        writer.write(row)
    writer.close()
    return folder
