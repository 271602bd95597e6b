"""Removing what a run created, exactly that, and saying what could not be removed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

import orjson

from config.profile import Profile
from evidence.records import TenantProvisioned
from evidence.runfolder import RunFolder
from swarm.removing import remove_tenants


@dataclass(slots=True)
class CleanUp:
    """What was removed.

    Attributes:
        tenants: tenants the run had created.
        rows: rows removed by the profile's own statements (cascades not counted).
        keys: Redis keys removed.
        left: what could not be removed, a sentence each.
    """

    tenants: int = 0
    rows: int = 0
    keys: int = 0
    left: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"removed {self.tenants} tenants ({self.rows} rows with what hangs on them, {self.keys} Redis keys)"
        return text + "".join(f"\n  not removed: {sentence}" for sentence in self.left)


def clean(folder: RunFolder, profile: Profile) -> CleanUp:
    """Removes every tenant that the run's evidence names, and writes ``clean-up.json``. May be called again.

    Raises:
        RunFolderError: the folder can't be read.
    """
    header = folder.header()
    names = {row.name: row.tenant for _, _, row in folder.rows() if isinstance(row, TenantProvisioned)}
    done = CleanUp(tenants=len(names))
    if names:
        removed = remove_tenants(profile, names)
        done.rows, done.keys, done.left = removed.rows, removed.keys, removed.left
    (folder.path / "clean-up.json").write_bytes(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))
    if not done.left:
        header.cleaned_at_s = time.time()
        folder.write_header(header)
    return done
