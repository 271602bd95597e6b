"""``python -m benchmarks.detection.blinding PART …``: Locust, or with ``--check`` the checker, with one part blind.

The project has no such switch. This replaces, in a process of its own, what one part of the oracle returns; everything
else is the real code. What the swarm then no longer calls LEAKING, only that part can see.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from benchmarks.detection.parts import Part
from evidence.findings import FindingKind, Sighting

# Before anything else that opens sockets: importing locust makes them cooperative.
import locust.main  # isort: skip

from checker import __main__ as checker_command  # isort: skip
from checker import departures, judge, scanning
from checker.accounts import Settlement
from checker.scan import StoreScan
from evidence.account import Account
from evidence.budgets import BudgetBands
from evidence.oracle import Inspection, Oracle
from evidence.views import Decoder
from swarm import checking
from users.run import NodeRun

CHECK = "--check"


def blind(part: Part) -> None:
    """Switches the part off in this process."""
    _SWITCHES[part]()


def _frames_without(kind: FindingKind) -> None:
    """The oracle no longer tells of a kind; whoever uses what it says about a frame doesn't see it either."""
    inspect = Oracle.inspect

    @functools.wraps(inspect)
    def blinded(*args: object, **named: object) -> Inspection:
        seen = inspect(*args, **named)  # type: ignore[arg-type]
        left = [sighting for sighting in seen.sightings if sighting.kind is not kind]
        return dataclasses.replace(seen, sightings=left)

    _replace(Oracle, "inspect", blinded)


def _replies_without(*kinds: FindingKind) -> None:
    """Accounts no longer tell of these kinds when a reply or a refusal comes."""
    for name in ("answered", "refused_for_budget"):
        _replace(Account, name, _without(getattr(Account, name), kinds))


def _without(told: Callable[..., list[Sighting]], kinds: Iterable[FindingKind]) -> Callable[..., list[Sighting]]:
    left_out = set(kinds)

    @functools.wraps(told)
    def blinded(*args: object, **named: object) -> list[Sighting]:
        return [violation for violation in told(*args, **named) if violation.kind not in left_out]

    return blinded


def _attempts_untold() -> None:
    sight = NodeRun.sight

    def blinded(run: NodeRun, sighting: Sighting) -> None:
        if sighting.kind is not FindingKind.ACCESS_GRANTED:
            sight(run, sighting)

    _replace(NodeRun, "sight", blinded)


def _nothing_outlives() -> None:
    sight = NodeRun.sight

    def blinded(run: NodeRun, sighting: Sighting) -> None:
        if sighting.kind is not FindingKind.SURVIVED_DELETE:
            sight(run, sighting)

    _replace(NodeRun, "sight", blinded)
    _replace(departures, "seen_afterwards", lambda *_args, **_named: [])
    for scanner in ("scan_redis", "scan_postgres"):
        _scan_without(scanner, FindingKind.SURVIVED_DELETE)


def _nothing_learnt() -> None:
    _replace(Oracle, "_learn", lambda *_args, **_named: [])


def _scan_without(scanner: str, *kinds: FindingKind) -> None:
    """A store's scanner no longer tells of these kinds; its control is left, so that only the findings are missing."""
    scan = getattr(scanning, scanner)

    @functools.wraps(scan)
    def blinded(*args: object, **named: object) -> StoreScan:
        seen: StoreScan = scan(*args, **named)
        seen.findings = [finding for finding in seen.findings if finding.kind not in kinds]
        return seen

    _replace(scanning, scanner, blinded)


def _nothing_decoded() -> None:
    _replace(Decoder, "views", lambda *_args, **_named: iter(()))


def _no_bands_in_stores() -> None:
    if CHECK in sys.argv:  # frames have bands too, and those are another part
        _replace(BudgetBands, "owner", lambda *_args, **_named: None)


def _nothing_settled() -> None:
    _replace(judge, "settle", lambda *_args, **_named: Settlement())


def _replace(holder: object, name: str, by: object) -> None:
    """Puts ``by`` in place of what ``holder`` has under this name; what is not there any more must be mended here.

    Raises:
        AttributeError: there is no such thing.
    """
    getattr(holder, name)
    setattr(holder, name, by)


_SWITCHES: Mapping[Part, Callable[[], None]] = {
    Part.MESSAGE_IDS: lambda: _frames_without(FindingKind.MISROUTED_REPLY),
    Part.TENANT_NAMES: lambda: _frames_without(FindingKind.WRONG_IDENTITY),
    Part.CANARIES: lambda: _frames_without(FindingKind.FOREIGN_CONTENT),
    Part.BUDGET_BANDS: lambda: _frames_without(FindingKind.FOREIGN_BUDGET),
    Part.LEARNT_IDS: _nothing_learnt,
    Part.REPLY_ACCOUNTS: lambda: _replies_without(FindingKind.ACCOUNT_MISMATCH),
    Part.REFUSALS: lambda: _replies_without(FindingKind.REFUSED_TOO_EARLY, FindingKind.NOT_REFUSED),
    Part.ATTEMPTS: _attempts_untold,
    Part.REDIS_MARKS: lambda: _scan_without("scan_redis", FindingKind.MISFILED_DATA),
    Part.POSTGRES_MARKS: lambda: _scan_without("scan_postgres", FindingKind.MISFILED_DATA),
    Part.ENCODINGS: _nothing_decoded,
    Part.STORE_BANDS: _no_bands_in_stores,
    Part.STORE_ACCOUNTS: _nothing_settled,
    Part.REMOVED: _nothing_outlives,
}


def main(arguments: Sequence[str]) -> int:
    """Runs Locust or the checker without the part, and returns the exit code."""
    part = Part[arguments[0]]
    rest = list(arguments[1:])
    blind(part)
    if CHECK in rest:
        rest.remove(CHECK)
        return checker_command.main(rest)
    command = checking.COMMAND
    _replace(checking, "COMMAND", (sys.executable, "-m", __spec__.name, part.name, CHECK))
    assert command != checking.COMMAND
    sys.argv = ["locust", *rest]
    locust.main.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
