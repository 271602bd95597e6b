"""A tab in Locust's web page that shows how the run stands, and routes to the reports of the runs that ended."""

from __future__ import annotations

from locust.env import Environment
from locust.web import WebUI

from pathlib import Path
from typing import Protocol

import orjson
from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from checker.result import Result

_KEY = "isolation"


class Standing(Protocol):
    """What the tab shows."""

    status: str
    results: list[tuple[Path, Result]]

    @property
    def running(self) -> bool:
        """Whether a run is under way or being checked, so that the latest result is not its own."""


def add_tab(environment: Environment, standing: Standing) -> None:
    """Adds the tab "Isolation" and the routes ``/isolation`` and ``/isolation/<run id>/report.html``.

    Args:
        environment: one with a web UI.
        standing: what to show; read at each request.
    """
    web_ui = environment.web_ui
    assert web_ui is not None
    tabs = web_ui.template_args.setdefault("extended_tabs", [])
    tables = web_ui.template_args.setdefault("extended_tables", [])
    tabs.append({"title": "Isolation", "key": _KEY})
    columns = [{"key": "what", "title": "What"}, {"key": "value", "title": "Value"}]
    tables.append({"key": _KEY, "structure": columns})
    app = web_ui.app
    assert app is not None
    app.register_blueprint(_routes(web_ui, standing))

    def add_rows(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.status_code == 200:
            document = orjson.loads(response.get_data())
            document.setdefault("extended_stats", []).append({"key": _KEY, "data": rows(environment, standing)})
            response.set_data(orjson.dumps(document))
        return response

    app.after_request(add_rows)


def rows(environment: Environment, standing: Standing) -> list[dict[str, str]]:
    """Returns the tab's rows: the status, the leaks sighted so far, and the latest verdict with its reasons."""
    leaks = [error for error in environment.stats.errors.values() if error.method == "LEAK"]
    shown = [("status", standing.status)]
    shown += [(f"sighted live: {error.name}", str(error.occurrences)) for error in leaks]
    if standing.results and not standing.running:
        folder, result = standing.results[-1]
        shown.insert(0, ("verdict", str(result.verdict)))
        shown += [("reason", reason) for reason in result.reasons]
        shown += [("not covered", sentence) for sentence in result.not_covered]
        shown += [("why it can be believed", sentence) for sentence in result.believe]
        shown.append(("report", f"/isolation/{folder.name}/report.html"))
    return [{"what": what, "value": value, "name": what} for what, value in shown]


def _routes(web_ui: WebUI, standing: Standing) -> Blueprint:
    def latest() -> WerkzeugResponse:
        if not standing.results:
            return Response(f"{standing.status}\n", mimetype="text/plain")
        return redirect(f"{request.path}/{standing.results[-1][0].name}/report.html")

    def report(run_id: str) -> WerkzeugResponse:
        folders = [folder for folder, _ in standing.results if folder.name == run_id]
        if not folders:
            abort(404)
        return Response((folders[0] / "report.html").read_bytes(), mimetype="text/html")

    blueprint = Blueprint("isolation", __name__)
    # Whoever must log in for Locust's own page must do so for the reports.
    blueprint.add_url_rule("/isolation", view_func=web_ui.auth_required_if_enabled(latest))
    blueprint.add_url_rule("/isolation/<run_id>/report.html", view_func=web_ui.auth_required_if_enabled(report))
    return blueprint
