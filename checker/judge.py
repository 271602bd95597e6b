"""The verdict as a function: summary, looks into the stores and profile in, result out. No I/O.

Every part runs guarded. A part that crashes yields a doubt, never a pass and never a stack trace: what could not be
judged is not clean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from checker import (
    attempted,
    believe,
    completeness,
    confidence,
    departures,
    five_tests,
    gathering,
    liveness,
    long_texts,
    recall,
    renewals,
    strangers,
    sufficiency,
    suspicions,
    thresholds,
    unlooked,
)
from checker.accounts import Settlement, settle
from checker.causes import Cause, causes_of
from checker.exposed import exposures_of
from checker.facts import Facts
from checker.figure_reports import CoverageReport, LatencyReport, Totals
from checker.finding_reports import CauseReport, PairReport, SuspicionReport
from checker.finding_table import FindingTable
from checker.judgement_reports import Bound, Confidence, TestReport, ThresholdReport
from checker.look import Look
from checker.not_covered import not_covered
from checker.reports_of_run import attempt_reports, exposures, node_reports, operation_reports, totals_of
from checker.result import Result
from checker.summary import Summary
from checker.verdict import decide
from config.profile import Profile

Crash = Callable[[str, Exception], None]
Part = TypeVar("Part")


def judge(summary: Summary, looks: Sequence[Look], profile: Profile, on_crash: Crash | None = None) -> Result:
    """Returns the result of a run.

    Args:
        summary: what the evidence says.
        looks: what came of looking into each store of the profile.
        profile: what was wanted.
        on_crash: is told the name of a part that crashed, and why.
    """
    return _Judge(summary, looks, profile, on_crash or (lambda _part, _error: None)).result()


@dataclass(frozen=True)
class _Proof:
    """What was found by its causes, and what that says about the rate of leaks."""

    causes: list[Cause]
    bounds: list[Bound]
    confidence: Confidence


class _Judge:
    def __init__(self, summary: Summary, looks: Sequence[Look], profile: Profile, on_crash: Crash) -> None:
        self._summary = summary
        self._looks = looks
        self._scans = [look.scan for look in looks if look.scan is not None]
        self._profile = profile
        self._on_crash = on_crash
        self._crashed: list[str] = []

    def result(self) -> Result:
        summary, profile = self._summary, self._profile
        totals = totals_of(summary)
        coverage = [self._coverage(look) for look in self._looks]
        settlement = self._guard(
            "settling the accounts", lambda: settle(summary, self._scans, profile.stores), Settlement()
        )
        table = self._guard(
            "gathering the findings",
            lambda: self._gathered(settlement),
            summary.live,
        )
        limits: list[ThresholdReport] = self._guard(
            "judging the limits", lambda: thresholds.judge_thresholds(summary, profile), []
        )
        causes: list[Cause] = self._guard("grouping the findings", lambda: list(causes_of(table, table.beyond)), [])
        proof = self._proof(totals, coverage, settlement, causes)
        tests = self._tests(totals, coverage, settlement, table, limits)
        sentences: list[str] = self._guard(
            "saying why",
            lambda: [
                *believe.believe(summary, totals, coverage, settlement, proof.bounds),
                *departures.proven(summary, profile, self._scans, gathering.told_by(table)),
            ],
            [],
        )
        latencies: list[LatencyReport] = self._guard("adding up latencies", summary.latencies.report, [])
        return self._assembled(totals, coverage, settlement, table, limits, proof, tests, sentences, latencies)

    def _gathered(self, settlement: Settlement) -> FindingTable:
        summary, profile = self._summary, self._profile
        named = strangers.findings(summary, profile)
        survivors = departures.seen_afterwards([*summary.live, *named], summary, profile)
        return gathering.gather(summary, self._scans, [*settlement.sightings, *survivors], named)

    def _assembled(
        self,
        totals: Totals,
        coverage: list[CoverageReport],
        settlement: Settlement,
        table: FindingTable,
        limits: list[ThresholdReport],
        proof: _Proof,
        tests: list[TestReport],
        sentences: list[str],
        latencies: list[LatencyReport],
    ) -> Result:
        """The result; called last, so that every part that crashed is among the doubts."""
        summary, profile, header = self._summary, self._profile, self._summary.header
        findings = [gathering.report(summary, finding) for finding in gathering.listed(table, proof.causes)]
        pairs: list[PairReport] = self._guard("pairing tenants", lambda: gathering.pair_reports(summary, table), [])
        causes: list[CauseReport] = self._guard(
            "naming the causes", lambda: gathering.cause_reports(proof.causes, findings), []
        )
        suspected: list[SuspicionReport] = self._guard(
            "looking for side channels", lambda: suspicions.suspicions(summary), []
        )
        decision = decide(
            [finding for finding in findings if finding.severity == "leak"],
            len(gathering.leaks(table)) + table.further_leaks,
            self._doubts(coverage, settlement),
            limits,
            believe.looked_at(totals, coverage),
        )
        return Result(
            run_id=header.run_id,
            target=profile.target.name,
            profile_path=header.profile_path,
            verdict=decision.verdict,
            exit_code=decision.exit_code,
            headline=decision.headline,
            reasons=decision.reasons,
            believe=sentences,
            not_covered=self._guard(
                "saying what is not covered",
                lambda: [
                    *not_covered(profile, summary.known),
                    *long_texts.not_covered(summary, profile),
                    *departures.left_in_shared(self._scans),
                ],
                [],
            ),
            notes=[
                *gathering.not_kept(table),
                *completeness.notes(summary),
                *sufficiency.came_too_late(summary),
                *unlooked.never_said(summary, profile),
                *sufficiency.ended_by_silence(summary, profile),
                *long_texts.notes(summary, profile, self._scans),
                *attempted.notes(summary, profile),
                *departures.notes(summary, profile, self._scans),
                *renewals.notes(summary, profile),
                *(note for report in coverage for note in report.notes),
            ],
            stopped_by=header.stopped_by,
            started_at_s=header.started_at_s,
            ended_at_s=header.ended_at_s,
            topology=header.topology,
            totals=totals,
            causes=causes,
            pairs=pairs[: gathering.PAIRS_REPORTED],
            pairs_total=len(pairs),
            findings=findings,
            findings_total=len(table) + table.further_leaks + table.further_suspicions,
            suspicions_total=len(table) - len(gathering.leaks(table)) + table.further_suspicions,
            suspicions=suspected,
            sightings_total=table.sightings,
            latencies=latencies,
            operations=operation_reports(summary, profile),
            accounts=settlement.accounts,
            accounts_settled=settlement.settled,
            accounts_unsettled=settlement.unsettled,
            coverage=coverage,
            thresholds=limits,
            tests=tests,
            attempts=attempt_reports(summary),
            nodes=node_reports(summary),
            bounds=proof.bounds,
            confidence=proof.confidence,
            exposures=exposures(summary, totals),
        )

    def _proof(
        self, totals: Totals, coverage: list[CoverageReport], settlement: Settlement, causes: list[Cause]
    ) -> _Proof:
        summary, profile = self._summary, self._profile
        wished = profile.thresholds.wished_bound

        def proven() -> _Proof:
            exposed = exposures_of(
                summary, profile, totals, coverage, settlement, causes, departures.looked_for(summary, self._scans)
            )
            bounds = confidence.bounds_of(exposed, wished, totals)
            return _Proof(causes, bounds, confidence.confidence(exposed, bounds, wished))

        return self._guard("bounding what the run proves", proven, _Proof(causes, [], Confidence(wished_bound=wished)))

    def _guard(self, part: str, work: Callable[[], Part], instead: Part) -> Part:
        try:
            return work()
        except Exception as error:
            self._crashed.append(f"{part} crashed: {type(error).__name__}")
            self._on_crash(part, error)
            return instead

    def _coverage(self, look: Look) -> CoverageReport:
        instead = CoverageReport(
            store=look.store,
            kind=recall.kind_of(self._profile, look.store),
            where=look.where,
            read=False,
            skipped=[f"what {look.store} showed could not be judged"],
        )
        return self._guard(
            f"judging {look.store}", lambda: recall.coverage(self._summary, self._profile, look), instead
        )

    def _tests(
        self,
        totals: Totals,
        coverage: list[CoverageReport],
        settlement: Settlement,
        table: FindingTable,
        limits: list[ThresholdReport],
    ) -> list[TestReport]:
        facts = Facts(
            self._summary, self._profile, totals, gathering.told_by(table), coverage, settlement, limits,
            departures.looked_for(self._summary, self._scans),
        )  # fmt: skip
        return self._guard("the five tests", lambda: five_tests.five_tests(facts), [])

    def _doubts(self, coverage: list[CoverageReport], settlement: Settlement) -> list[str]:
        """Why isolation is not proven, the weightiest first."""
        summary, profile = self._summary, self._profile
        checks: list[tuple[str, Callable[[], list[str]]]] = [
            ("looking for gaps", lambda: completeness.fatal_gaps(summary)),
            ("looking for a clean-up", lambda: completeness.cleaned_up(summary)),
            ("looking for tenants and requests", lambda: completeness.nothing_happened(summary)),
            ("counting tenants that acted", lambda: completeness.too_few_acted(summary)),
            ("looking for a target that stopped answering", lambda: liveness.stopped_answering(summary, profile)),
            ("looking at the health checks", lambda: liveness.unhealthy_at_the_end(summary, profile)),
            ("looking for lost nodes", lambda: completeness.lost_nodes(summary)),
            ("looking for damaged rows", lambda: completeness.damaged_rows(summary)),
            ("comparing counts", lambda: completeness.counts_disagree(summary)),
            ("counting inspected frames", lambda: completeness.frames_not_inspected(summary)),
            ("counting frames that answer nothing", lambda: completeness.frames_not_matched(summary)),
            ("judging the stores", lambda: recall.reasons(coverage, profile)),
            ("looking for doors that were not tried", lambda: attempted.nothing_concluded(summary, profile)),
            ("looking for doors tried in vain", lambda: attempted.tried_in_vain(summary, profile)),
            ("looking for doors hardly tried", lambda: attempted.hardly_tried(summary, profile)),
            ("looking for owners shut out", lambda: attempted.owners_shut_out(summary)),
            ("looking for removals that failed", lambda: departures.not_removed(summary)),
            ("judging the live control", lambda: sufficiency.control_not_caught(summary)),
            ("looking for silent tenants", lambda: sufficiency.silent_tenants(summary, profile)),
            ("looking for logins that were not renewed", lambda: renewals.not_renewed(summary)),
            ("looking for hollow answers", lambda: sufficiency.hollow_answers(summary, profile)),
            ("looking for requests that were refused", lambda: unlooked.refused_too_often(summary)),
            ("looking for what nobody says", lambda: unlooked.said_by_nobody(summary, profile)),
            ("looking for strangers", lambda: strangers.unknown(summary, profile)),
            ("looking for names that two tenants share", lambda: unlooked.called_the_same(summary)),
            ("looking for subscriptions that bring nothing", lambda: unlooked.nothing_pushed(summary, profile)),
            ("looking for pushes", lambda: sufficiency.pushes_not_seen(summary, profile)),
            ("looking for tenants at the same time", lambda: sufficiency.not_together(summary)),
            ("counting unknown requests", lambda: sufficiency.too_many_unknown(summary, profile)),
            ("counting failed connects", lambda: sufficiency.too_many_connects_failed(summary, profile)),
            ("settling the accounts", lambda: settlement.reasons),
        ]
        doubts: list[str] = []
        for part, check in checks:
            doubts += self._guard(part, check, [])
        return [*doubts, *self._crashed]
