"""Removing what a run created, exactly that, and saying what could not be removed."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

import orjson

from config.profile import Profile
from evidence.records import TenantProvisioned
from evidence.runfolder import RunFolder
from swarm.reach import Reach
from swarm.removing import Removed
from swarm.undoing import Leaving, remove

_TOLD = 20  # of what was left so much is shown; clean-up.json has all of it


@dataclass(slots=True)
class CleanUp(Removed):
    """What was removed of a run.

    Attributes:
        tenants: tenants the run had created.
    """

    tenants: int = field(default=0, kw_only=True)

    def __str__(self) -> str:
        asked = f", {self.requests} by request or command" if self.requests else ""
        text = (
            f"removed {self.tenants} tenants ({self.rows} rows with what hangs on them, {self.keys} Redis keys{asked})"
        )
        text += "".join(f"\n  not removed: {sentence}" for sentence in self.left[:_TOLD])
        if len(self.left) > _TOLD:
            text += f"\n  not removed: {len(self.left) - _TOLD} more, each named in clean-up.json"
        return text + "".join(f"\n  note: {sentence}" for sentence in self.notes)


def clean(folder: RunFolder, profile: Profile) -> CleanUp:
    """Removes every tenant that the run's evidence says it made, and writes ``clean-up.json``. May be called again.

    Accounts that existed before the run are left as they are.

    Raises:
        RunFolderError: the folder can't be read.
    """
    header = folder.header()
    rows: dict[int, list[TenantProvisioned]] = {}
    for _, _, row in folder.rows():
        if isinstance(row, TenantProvisioned):
            rows.setdefault(row.tenant, []).append(row)
    who = [_leaving(told) for told in rows.values() if not told[-1].existed]
    done = CleanUp(tenants=len(who))
    if who:
        removed = remove(profile, who, reach=Reach(header.transactions))
        done.rows, done.keys, done.requests = removed.rows, removed.keys, removed.requests
        done.left, done.notes = removed.left, removed.notes
    if existed := sum(told[-1].existed for told in rows.values()):
        done.notes.append(
            f"{existed} accounts existed before the run and were left as they are; what they said in it stays where "
            "the target keeps it"
        )
    (folder.path / "clean-up.json").write_bytes(orjson.dumps(asdict(done), option=orjson.OPT_INDENT_2))
    if not done.left and not existed:
        header.cleaned_at_s = time.time()
        folder.write_header(header)
    return done


def _leaving(told: list[TenantProvisioned]) -> Leaving:
    """What became of a tenant, the last word first."""
    last = told[-1]
    names = list(dict.fromkeys(row.name for row in reversed(told)))
    return Leaving(names, {**last.values, "number": last.tenant}, last.begun, last.done)
