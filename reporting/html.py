"""The report as one HTML file: no script, no font, no picture from anywhere else. Every text in it is escaped."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checker.figures import rate
from checker.judgement_reports import Judgement
from checker.result import Result
from evidence.findings import FindingKind
from reporting import causes, quantities
from reporting.escaping import printable
from reporting.glossary import GLOSSARY
from reporting.latency_chart import latency_chart
from reporting.leakage import leakage

_TEMPLATES = Path(__file__).parent / "templates"
CAUSES_SHOWN = 40
SUSPICIONS_SHOWN = 10
ACCOUNTS_SHOWN = 50


def html(result: Result) -> str:
    """Returns the report."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value,
    )
    environment.filters.update(
        ms=quantities.milliseconds,
        share=quantities.share,
        size=quantities.size,
        moment=quantities.moment,
        duration=quantities.duration,
        tenant=quantities.tenant,
        parties=quantities.parties,
        count=lambda number: f"{number:,}",
        at_most=lambda value: rate(value, up=True),
        at_least=lambda value: rate(value, up=False),
    )
    unsettled = [account for account in result.accounts if not account.settled]
    settled = [account for account in result.accounts if account.settled]
    return environment.get_template("report.html.j2").render(
        result=result,
        totals=result.totals,
        Judgement=Judgement,
        kinds={kind.value: kind.meaning for kind in FindingKind},
        guides=[kind for kind in FindingKind if kind.value in {cause.kind for cause in result.causes}],
        leaks=causes.shown(result.causes, result.findings, "leak", CAUSES_SHOWN),
        leak_causes=sum(cause.severity == "leak" for cause in result.causes),
        suspicions=causes.shown(result.causes, result.findings, "suspicion", SUSPICIONS_SHOWN),
        struck=causes.struck,
        leakage=leakage(result.pairs, result.pairs_total),
        chart=latency_chart(result.latencies),
        accounts=[*unsettled, *settled[:ACCOUNTS_SHOWN]],
        glossary=GLOSSARY,
    )
