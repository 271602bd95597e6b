"""Checks a run: folder and profile in, result out. Reads evidence and stores; writes nothing but its crash log."""

from __future__ import annotations

import time
from collections.abc import Callable

from checker import departures
from checker.concealing import concealed
from checker.crash_log import CrashLog
from checker.judge import judge
from checker.profile_of_run import changed_since
from checker.recall import stored_operations
from checker.result import Result
from checker.retention import fades
from checker.roster import roster
from checker.scan import Progress
from checker.scanning import Scanner, look_into, scanners
from checker.settling import settling
from checker.summarise import summarise
from config.profile import Profile
from evidence import earlier_accounts
from evidence.marks import Keyring
from evidence.runfolder import RunFolder


def check(
    folder: RunFolder,
    profile: Profile,
    progress_of: Callable[[str], Progress],
    scanners_of: Callable[[Profile], dict[str, Scanner]] = scanners,
) -> Result:
    """Returns the result of the run in a folder.

    Args:
        folder: the run's folder.
        profile: what to judge with.
        progress_of: returns where a store's progress is shown.
        scanners_of: returns a scanner by store name; for tests.

    Raises:
        RunFolderError: the folder is no run folder, or its header or key can't be used.
    """
    started_s = time.monotonic()
    crashes = CrashLog(folder.path)
    header, key = folder.header(), folder.key()
    summary = summarise(
        header, folder.rows(), stored_operations(profile), drain_s=profile.workload.drain_s,
        writes=profile.operations.writes, fades=fades(profile),
    )  # fmt: skip
    rosters = earlier_accounts.rosters(folder) if profile.tenants.accounts is not None else {}
    keyring = Keyring(key, folder.earlier_keys(), earlier_accounts.recognising(rosters, summary.numbers().get))
    stores = settling(scanners_of(profile), profile, summary)
    gone = roster(summary, departures.due(summary, profile, time.time()))
    looks = look_into(stores, keyring, gone, progress_of, crashes.add)
    result = judge(summary, looks, profile, crashes.add)
    notes = [*result.notes, *changed_since(header, profile)]
    whole = result.model_copy(update={"notes": notes, "checker_seconds": round(time.monotonic() - started_s, 3)})
    return concealed(whole, summary, profile, key)
