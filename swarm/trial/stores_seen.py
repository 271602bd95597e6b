"""What the stores hold of a trial's tenants: which tables and keys are whose and why, and which can't be attributed."""

from __future__ import annotations

from collections import defaultdict

import gevent

from checker.crash_log import CrashLog
from checker.look import Look
from checker.recall import recall, stored_operations
from checker.retention import fades
from checker.roster import roster
from checker.scan import StoreScan
from checker.scanning import look_into, scanners
from checker.summarise import summarise
from checker.summary import Summary
from config.profile import Profile
from evidence.marks import Keyring
from evidence.runfolder import RunFolder
from swarm.trial.page import Page

_LOOKS = 6
_LATER_S = 1.0
_NAMED = 12


def show_stores(profile: Profile, folder: RunFolder, page: Page) -> None:
    """Reads the stores as the checker does and shows what it understood. What is not there yet is waited for."""
    looks, summary = _looks(profile, folder)
    for look in looks:
        page.title(f"Store {look.store}")
        if look.scan is None:
            page.bad(look.problem)
            continue
        _show(look.scan, profile, summary, page)


def _looks(profile: Profile, folder: RunFolder) -> tuple[list[Look], Summary]:
    """Looks until everything of ours is there, for some seconds: rows may appear a while after the reply."""
    keyring = Keyring(folder.key(), folder.earlier_keys())
    crashes = CrashLog(folder.path)
    for number in range(_LOOKS):
        summary = summarise(
            folder.header(),
            folder.rows(),
            stored_operations(profile),
            drain_s=profile.workload.drain_s,
            fades=fades(profile),
        )
        stores = scanners(profile, explain=True)
        looks = list(look_into(stores, keyring, roster(summary), lambda _store: lambda _done, _all: None, crashes.add))
        if number + 1 == _LOOKS or all(look.scan is None or _all_there(summary, profile, look.scan) for look in looks):
            break
        gevent.sleep(_LATER_S)
    return looks, summary


def _all_there(summary: Summary, profile: Profile, scan: StoreScan) -> bool:
    found = recall(summary, profile, scan)
    return found.expected == found.found


def _show(scan: StoreScan, profile: Profile, summary: Summary, page: Page) -> None:
    page.good(f"{scan.where}: {scan.units} keys or rows read in {scan.seconds:.1f} s")
    found = recall(summary, profile, scan)
    if found.expected and found.found == found.expected:
        page.good(f"all {found.expected} of our own marks that must lie here were found again")
    elif found.expected:
        page.bad(
            f"{found.found} of {found.expected} own marks found again, not for instance {found.missing}: does "
            "stored_in say what this store really keeps, and is it kept in clear?"
        )
    else:
        page.note("nothing of ours is known to lie here, so it can't be shown that it was read whole")
    for finding in scan.findings:
        page.bad(
            f"a leak, or shared on purpose: in {finding.group} what is of tenant {finding.owner} lies with tenant "
            f"{finding.recipient}: {finding.first.detail}; if on purpose, list it in stores.{scan.store}.shared"
        )
    _show_places(scan, page)
    for sentence in scan.skipped:
        page.bad(f"not read: {sentence}")
    for sentence in scan.notes:
        page.note(sentence)
    for label in scan.budget_places:
        here = sum(1 for place, _ in scan.amounts if place == label)
        (page.good if here else page.bad)(f"budgets in {label}: " + (f"of {here} tenants" if here else "none found"))


def _show_places(scan: StoreScan, page: Page) -> None:
    whose: dict[str, dict[str, int]] = defaultdict(dict)
    for (group, why), count in scan.belongs.items():
        whose[group][why] = count
    for group, reasons in sorted(whose.items()):
        reason = max(reasons, key=lambda why: reasons[why])
        page.good(f"{group}: {sum(reasons.values())} belong to tenants, by the {reason}")
    nobodys = dict(scan.nobodys)
    if scan.store not in ("redis",) and not nobodys:
        attributed = {group: sum(reasons.values()) for group, reasons in whose.items()}
        nobodys = {
            table: count - attributed.get(table, 0)
            for table, count in scan.containers.items()
            if count > attributed.get(table, 0) and not table.endswith("(shared)")
        }
    for group, count in sorted(nobodys.items(), key=lambda item: -item[1])[:_NAMED]:
        page.note(f"{group}: {count} name no tenant of this trial (they are older, of nobody, or not understood)")
    if len(nobodys) > _NAMED:
        page.note(f"{len(nobodys) - _NAMED} further tables or key patterns name no tenant of this trial")
