"""``python -m config grants FILE``: what to run in the stores so that the checker may read them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from config.command_line import FINE, WRONG, command_parser
from config.grants import grants
from config.load import ProfileError, load


def main(arguments: Sequence[str]) -> int:
    """Prints the grants of a profile's stores and returns the exit code."""
    parser = command_parser(
        "grants",
        "Writes the SQL and the Redis ACL lines that give the checker the least it needs. It runs nothing.",
    )
    parser.add_argument("file", type=Path, help="the target profile")
    parser.add_argument(
        "--managed",
        action="store_true",
        help="for a Postgres that grants nobody BYPASSRLS: table by table, with policies",
    )
    options = parser.parse_args(arguments)
    try:
        text = grants(load(options.file), managed=options.managed)
    except ProfileError as error:
        print(error, file=sys.stderr)
        return WRONG
    if not text:
        print(f"{options.file}: has no stores: there is nothing to grant", file=sys.stderr)
        return WRONG
    print(text, end="")
    return FINE
