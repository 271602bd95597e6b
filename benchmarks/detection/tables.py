"""The measurement as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.detection.measuring import Outcome
from benchmarks.detection.parts import Part, necessary
from benchmarks.detection.power import exposures_for, power
from benchmarks.detection.truth import Agreement
from target.defects.catalogue import entries

WITHIN = 5_000  # replies, in which a leak of one in a thousand is to be seen

NOT_LEAKS = {
    "acknowledged-not-stored": "recall of what was answered",
    "silent": "replies were seen at all",
    "shared-negative-cache": "a doubt and the suspicion owner-shut-out",
    "guessable-ids": "the suspicion guessable-ids: harmless by itself",
    "existence-oracle": "the suspicion existence-told",
    "noisy-neighbour": "the suspicion noisy-neighbour",
}


def detection_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yields the table of defects: detected, named, tenants, time."""
    yield from _table(
        ("defect", "size", "strikes", "replies", "verdict", "named", "tenants", "replies to the first", "seen by"),
        (_detection_row(outcome) for outcome in outcomes),
    )


def _detection_row(outcome: Outcome) -> tuple[str, ...]:
    named = ", ".join(sorted(outcome.kinds)) or "–"
    if outcome.kinds and not outcome.named_rightly:
        named += " (not what the catalogue says)"
    live = outcome.first_s is not None
    first = f"{outcome.replies_before:,}" if live else "the whole run" if outcome.detected else "–"
    return (
        f"`{'` `'.join(outcome.defects)}`",
        f"{outcome.users} × {outcome.run_s} s",
        "–" if outcome.strikes is None else f"{outcome.strikes:,}",
        f"{outcome.replies:,}",
        outcome.verdict,
        named,
        _tenants(outcome),
        first,
        ", ".join(outcome.parts) or ", ".join(f"suspicion {kind}" for kind in outcome.suspicions) or "–",
    )


def _tenants(outcome: Outcome) -> str:
    """How the findings' tenants agree with the strikes, in few words."""
    words = {
        Agreement.EXACT: "both right", Agreement.HANDED_ON: "both by way of others", Agreement.ONE_SIDE: "one right",
        Agreement.WRONG: "no strike's",
    }  # fmt: skip
    told = [f"{outcome.agreement[how]} {word}" for how, word in words.items() if outcome.agreement.get(how)]
    return ", ".join(told) or "–"


def unseen(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yields a line for each defect that no finding showed, with why."""
    for outcome in outcomes:
        if outcome.detected:
            continue
        name = outcome.defects[0].partition(":")[0]
        if outcome.strikes == 0:
            why = "it never struck in this run"
        elif name in NOT_LEAKS:
            why = f"no finding is due; what shows it: {NOT_LEAKS[name]}"
        else:
            why = f"needs {entries()[name].needs}"
        reason = f" The run's first reason: “{outcome.reasons[0]}”." if outcome.reasons else ""
        yield f"- `{outcome.defects[0]}`: {outcome.verdict}, {outcome.strikes} strikes; {why}.{reason}"


def clean_table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yields the table of faultless runs, one row a shape."""
    shapes = list(dict.fromkeys(outcome.shape for outcome in outcomes))
    rows = []
    for shape in shapes:
        own = [outcome for outcome in outcomes if outcome.shape == shape]
        verdicts = Counter(outcome.verdict for outcome in own)
        replies = [outcome.replies for outcome in own]
        suspected = Counter(kind for outcome in own for kind in outcome.suspicions)
        why = Counter(outcome.reasons[0] for outcome in own if outcome.verdict != "ISOLATED" and outcome.reasons)
        rows.append(
            (
                shape,
                str(len(own)),
                f"{min(replies):,} … {max(replies):,}",
                ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()),
                str(verdicts["LEAKING"]),
                ", ".join(f"{times} {kind}" for kind, times in suspected.most_common()) or "–",
                "; ".join(reason for reason, _ in why.most_common(2)).replace("|", "\\|") or "–",
            )
        )
    yield from _table(
        ("shape", "runs", "replies", "verdicts", "false alarms", "suspicions", "first reason, if not isolated"), rows
    )


def false_alarms(outcomes: Sequence[Outcome]) -> str:
    """Returns the sentence about false alarms, with what the number of runs excludes."""
    alarms = sum(outcome.detected for outcome in outcomes)
    replies = sum(outcome.replies for outcome in outcomes)
    verdicts = Counter(outcome.verdict for outcome in outcomes)
    said = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    if not outcomes:
        return "No faultless run was played."
    excluded = 1 - 0.05 ** (1 / len(outcomes))
    return (
        f"{len(outcomes)} runs of the faultless service, {replies:,} replies: {said}. False alarms: **{alarms}**."
        + (f" With 95 % confidence fewer than {excluded:.1%} of such runs raise one." if not alarms else "")
    )


def rare_table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yields the table of rare leaks, and what was to be expected of runs of 5,000 replies."""
    rows = [
        (
            str(outcome.seed),
            f"{outcome.replies:,}",
            str(outcome.strikes),
            outcome.verdict,
            f"{outcome.replies_before:,}" if outcome.first_s is not None else "–",
            str(outcome.strikes_before) if outcome.first_s is not None else "–",
        )
        for outcome in outcomes
    ]
    yield from _table(
        ("seed", "replies", "strikes", "verdict", "replies to the first sighting", "strikes until then"), rows
    )
    replies, strikes = sum(o.replies for o in outcomes), sum(o.strikes or 0 for o in outcomes)
    if not strikes:
        return
    rate = strikes / replies
    struck = [outcome for outcome in outcomes if outcome.strikes]
    in_time = sum(o.first_s is not None and o.replies_before <= WITHIN for o in outcomes)
    yield ""
    yield (
        f"{strikes} strikes in {replies:,} replies: one in {1 / rate:,.0f}. A leak of that rate strikes at least once "
        f"in {WITHIN:,} replies with a probability of {power(rate, WITHIN):.1%}; a power of 95 % takes "
        f"{exposures_for(rate, 0.95):,} replies. It struck in {len(struck)} of {len(outcomes)} runs, "
        f"{sum(o.detected for o in struck)} of these were detected, {in_time} of them within {WITHIN:,} replies."
    )


def blind_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yields the table of runs with a part switched off, each beside a run like it with the whole oracle."""
    pairs: dict[tuple[object, ...], list[Outcome]] = {}
    for outcome in outcomes:
        pairs.setdefault((outcome.defects, outcome.shape), []).append(outcome)
    rows = []
    for pair in pairs.values():
        with_it = next((outcome for outcome in pair if outcome.blind is None), None)
        rows += [
            (
                str(outcome.blind),
                f"`{outcome.defects[0]}`",
                outcome.shape,
                f"{with_it.verdict}, {with_it.strikes} strikes" if with_it else "not measured",
                f"{outcome.verdict}, {outcome.strikes} strikes",
                ", ".join(sorted(outcome.kinds)) or "–",
            )
            for outcome in pair
            if outcome.blind is not None
        ]
    heads = ("switched off", "defect", "run", "with the whole oracle", "without the part", "still found")
    yield from _table(heads, rows)


def ablation_table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yields the matrix of defects and parts, and which parts no other can stand in for."""
    matrix = _matrix(outcomes)
    parts = [part for part in Part if any(part in seen for seen in matrix.values())]
    rows = [(f"`{defect}`", *("●" if part in seen else "" for part in parts)) for defect, seen in matrix.items()]
    yield from _table(("defect", *(f"{number}" for number, _ in enumerate(parts, 1))), rows)
    yield ""
    yield "Columns: " + ", ".join(f"{number} {part}" for number, part in enumerate(parts, 1)) + "."
    yield ""
    alone = necessary(matrix)
    yield from _table(
        ("part", "seen by it alone"),
        ((str(part), ", ".join(f"`{name}`" for name in names) or "**nothing**") for part, names in alone.items()),
    )


def _matrix(outcomes: Iterable[Outcome]) -> dict[str, set[Part]]:
    """The parts that saw each defect, over all its runs of one rate."""
    matrix: dict[str, set[Part]] = {}
    for outcome in outcomes:
        if outcome.parts:
            matrix.setdefault(outcome.defects[0].partition(":")[0], set()).update(outcome.parts)
    return matrix


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
