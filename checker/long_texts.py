"""Texts that are longer than the service takes: what the verdict can't say of them, and what came of those tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checker.figures import count
from checker.scan import StoreScan
from checker.summary import Summary
from checker.traffic import OperationCount
from config.profile import TOO_LONG, Profile
from config.texts import TextLimit
from evidence.marks import MarkKind
from evidence.records import OVERLONG

_BECOMES = {
    "refused": "which the service refuses",
    "dropped": "which the service answers and drops",
    "cut": "which the service cuts short",
}


def not_covered(summary: Summary, profile: Profile) -> list[str]:
    """Returns a sentence for each operation whose texts are kept short: longer ones are tried at most a few times."""
    return [
        f"texts of {name} beyond {limit}, {_BECOMES[limit.beyond]}: ours were kept shorter, and {_tried(summary, name)}"
        for name, limit in _limited(profile)
    ]


def notes(summary: Summary, profile: Profile, scans: Sequence[StoreScan]) -> list[str]:
    """Returns where the service did not do with long texts what the profile says, and which texts were not kept short.

    None of it is a leak, or hides one: what a longer text left in another's place is a finding as any other.
    """
    found: list[str] = []
    for name, limit in _limited(profile):
        found += _not_as_said(summary, name, limit, scans)
        if overlong := summary.exposures[f"{OVERLONG}{name}"]:
            found.append(
                f"{count(overlong, 'text')} of {name} could not be kept within {limit}, for what else stands in "
                f"{'it' if overlong == 1 else 'them'}: shorten its send, or the service may not have taken "
                f"{'it' if overlong == 1 else 'them'}"
            )
    return found


def _limited(profile: Profile) -> Iterator[tuple[str, TextLimit]]:
    for name, operation in profile.operations.all().items():
        if operation.text_limit is not None:
            yield name, operation.text_limit


def _tried(summary: Summary, name: str) -> str:
    tried = summary.operations.get(f"{TOO_LONG}{name}", OperationCount())
    if not tried.sent:
        return "none longer was tried"
    return f"{count(tried.sent, 'longer one was', 'longer ones were')} tried"


def _not_as_said(summary: Summary, name: str, limit: TextLimit, scans: Sequence[StoreScan]) -> Iterator[str]:
    tried = summary.operations.get(f"{TOO_LONG}{name}")
    if tried is None:
        return
    answered = (tried.answered, "answered") if limit.beyond == "refused" else (tried.refused, "refused")
    failed = (tried.refused - tried.due if limit.beyond == "refused" else 0, "met with a failure")
    kept = (_kept(summary, name, scans) if limit.beyond == "dropped" else 0, "kept in a store")
    for times, what in (answered, failed, kept):
        if times:
            were = "was" if times == 1 else "were"
            yield (
                f"{times:,} of {count(tried.sent, 'text')} of {name} beyond its limit {were} {what}, though text_limit "
                f"says '{limit.beyond}': correct the limit or the word"
            )


def _kept(summary: Summary, name: str, scans: Sequence[StoreScan]) -> int:
    """How many of the longer texts were found in the stores, each in a place of its own tenant's."""
    marks = [
        (MarkKind.PROMPT, number, sequence)
        for number, tenant in summary.tenants.items()
        for sequence in tenant.stored.get(f"{TOO_LONG}{name}", ())
    ]
    return sum(any(mark in scan.own_marks for scan in scans) for mark in marks)
