"""``docs/detection.md`` and the same in JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from benchmarks.detection.measuring import Outcome
from benchmarks.detection.tables import (
    ablation_table,
    blind_table,
    clean_table,
    detection_table,
    false_alarms,
    rare_table,
    unseen,
)
from benchmarks.detection.trials import RARE
from benchmarks.detection.truth import Agreement
from target.defects.catalogue import entries
from target.defects.choice import DefectChoice

OPENING = """\
# Measured as a detector

The reference target is run with each of its defects (`docs/defects.md`), and without any, and the real swarm judges it
without being told. This page is written by the benchmark:

    .venv/bin/python -m benchmarks.detection --all --lower --clean 52 --blind --seconds 15
    .venv/bin/python -m benchmarks.detection --rare 6 --users 60 --seconds 22
    .venv/bin/python -m benchmarks.detection --defect reply-out-of-step --users 60 --seconds 40

One stack a run: embedded Redis and Postgres, two service processes, tenants that speak three times as often as
those of the reference profile. What was measured before is kept in `runs/detection` and not measured again;
`--table-only` writes the page anew, and `--out` takes another folder. Numbers differ a little from run to run.

- **size**: tenants, and for how long. Where a race did not come about in a short run,
  a longer one stands beside it.
- **strikes**: how often the defect struck, as the target itself writes down (`--defect-log`). Not every strike is
  a leak: who gets a slot in a room where nothing is said any more hears nothing.
- **named**: the kinds of finding. The catalogue of defects says which are due.
- **tenants**: leaks by how their two tenants agree with the strikes. *Both right*: those of one strike. *By way of
  others*: what was misfiled with one was quoted in an answer that was misfiled with the next. *One right*: the target
  does not know the other. *No strike's*: no strike concerned them;
  the last section says when that is no mistake. Whose a mark is needs no check beyond this: it is signed. Who got it
  is the tenant whose session, key or row it was.
- **replies to the first**: replies that the swarm had received when it first saw a leak live. What only the stores
  show is found after the run.
"""

CLOSING = """
## What these figures don't say

- Each defect was run once at each rate. One that strikes seldom will be missed by some runs: what a run can exclude is
  in its own report, and what it takes to see a leak is above.
- The reference target was written for this project. Services leak in ways that its catalogue does not have.
- Its tenants are named by UUIDs, which its schema wants. Names built to collide are tried on hand-written stores
  (`tests/checker`), not here.
- Some defects keep lists of all tenants (`known_ids`, `session_directory`, `recent_prompts:*`) that no removal reaches.
  What is found there of removed tenants is theirs, though nothing struck them. And a mark that was planted as a control
  can travel like any other: its owner is played by nobody, and no strike names it.
- The truth about who was concerned is the target's own. Where it knows one tenant only (a cache that does not know
  whose its content is), the other is vouched for by the mark alone.
"""


def write_page(outcomes: Sequence[Outcome], path: Path) -> None:
    """Writes the page."""
    path.write_text("\n".join(_page(outcomes)) + "\n", encoding="utf-8")


def write_json(outcomes: Sequence[Outcome], path: Path) -> None:
    """Writes the same as data."""
    path.write_bytes(orjson.dumps([_plain(outcome) for outcome in outcomes], option=orjson.OPT_INDENT_2))


def _page(outcomes: Sequence[Outcome]) -> Iterator[str]:
    rare = [outcome for outcome in outcomes if outcome.name.startswith("rare-")]
    clean = [outcome for outcome in outcomes if outcome.clean]
    switched = [outcome for outcome in outcomes if outcome.name.startswith(("blind-", "seeing-"))]
    apart = [*rare, *switched]
    faulty = [outcome for outcome in outcomes if not outcome.clean and outcome not in apart]
    natural = [outcome for outcome in faulty if _is_natural(outcome)]
    lower = [outcome for outcome in faulty if not _is_natural(outcome)]
    due = [outcome for outcome in natural if outcome.promised]
    yield OPENING
    yield _revisions(outcomes) + "\n"
    yield "## Every defect at its natural rate\n"
    yield _summary(due) + "\n"
    yield from detection_table(due)
    yield "\nNot detected, or not to be detected by a finding:\n"
    yield from unseen(natural)
    if lower:
        yield "\n## At a fifth of the natural rate\n"
        yield f"{sum(o.detected for o in lower)} of {len(lower)} were detected in one short run.\n"
        yield from detection_table(lower)
        yield ""
        yield from unseen(lower)
    yield f"\n## A leak in a thousandth of the replies\n\n`{RARE}`, several seeds, more tenants and longer runs.\n"
    yield from rare_table(rare)
    yield "\n## False alarms\n"
    yield false_alarms(clean) + "\n"
    yield from clean_table(clean)
    yield "\n## Nothing is there for show\n"
    yield (
        "Each part of the oracle switched off in turn (`benchmarks/detection/blinding.py`), with a defect that the "
        "whole oracle sees: what is not LEAKING now, only that part can see.\n"
    )
    yield from blind_table(switched)
    yield (
        "\nWhich part of the oracle saw which defect in the runs above. A defect with a single dot was seen by nothing "
        "else.\n"
    )
    yield from ablation_table([*natural, *lower])
    yield CLOSING.rstrip()


def _revisions(outcomes: Sequence[Outcome]) -> str:
    """Returns at which revisions of the project the trials were played, the most frequent first."""
    counts = Counter(outcome.revision for outcome in outcomes).most_common()
    return "Trials by revision: " + ", ".join(f"{count} at `{revision}`" for revision, count in counts) + "."


def _summary(due: Sequence[Outcome]) -> str:
    """Returns how many defects were detected, and whether under the right names and with the right tenants."""
    defects = {outcome.defects for outcome in due}
    detected = {outcome.defects for outcome in due if outcome.detected}
    named = {outcome.defects for outcome in due if outcome.named_rightly}
    told: Counter[Agreement] = Counter()
    for outcome in due:
        told.update(outcome.agreement)
    both = told[Agreement.EXACT] + told[Agreement.HANDED_ON]
    return (
        f"{len(detected)} of {len(defects)} defects that a finding can show were detected, {len(named)} of them under "
        f"a name that the catalogue has for them. Of {sum(told.values()):,} leaks, {both:,} named exactly tenants whom "
        f"strikes concerned, {told[Agreement.ONE_SIDE]:,} one where the target does not know the other, "
        f"{told[Agreement.WRONG]:,} tenants whom no strike concerned; of {told[Agreement.NOT_LOGGED]:,} the target "
        "says nothing."
    )


def _is_natural(outcome: Outcome) -> bool:
    choices = [DefectChoice.parse(defect) for defect in outcome.defects]
    return all(choice.rate == entries()[choice.name].rate for choice in choices)


def _plain(outcome: Outcome) -> dict[str, Any]:
    fields = asdict(outcome)
    fields["promised"] = sorted(outcome.promised)
    for name in ("parts", "agreement"):
        fields[name] = {str(key): value for key, value in fields[name].items()}
    return fields
