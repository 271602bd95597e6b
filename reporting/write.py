"""Writes a result into the run folder, once in each form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checker.result import Result
from reporting.console import render
from reporting.html import html
from reporting.junit import junit
from reporting.markdown import summary

FORMS: dict[str, Callable[[Result], bytes]] = {
    "verdict.json": lambda result: result.model_dump_json(indent=2).encode() + b"\n",
    "report.html": lambda result: html(result).encode(),
    "junit.xml": junit,
    "summary.md": lambda result: summary(result).encode(),
    "console.txt": lambda result: render(result).encode(),
}


def write_all(result: Result, folder: Path) -> None:
    """Writes verdict.json, report.html, junit.xml, summary.md and console.txt; each appears whole or not at all.

    Raises:
        OSError: the folder can't be written to.
    """
    for name, form in FORMS.items():
        draft = folder / f".{name}.new"
        draft.write_bytes(form(result))
        draft.replace(folder / name)
