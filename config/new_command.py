"""``python -m config new``: asks what has to be known of a service and writes the beginning of its profile."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from config.answers import AnswerUnfit
from config.command_line import FINE, WRONG, command_parser
from config.errors import ProfileError, VariableMissing
from config.load import load
from config.new_profile import Said, written
from config.new_tenants import Making, made_by
from config.question import Question
from config.questions import EXAMPLES, OPERATIONS, QUESTIONS, ask, unanswered, with_defaults

_NEEDED = re.compile(r"(needs the environment variable) (\w+)")
_SCHEMA = Path(__file__).resolve().parent.parent / "docs" / "profile.schema.json"


def main(arguments: Sequence[str]) -> int:
    """Runs the command line and returns the exit code: 0 written, 2 something is missing or can't be used."""
    options = _parser().parse_args(arguments)
    given = {question.name: value for question in QUESTIONS if (value := getattr(options, question.name)) is not None}
    operations = [Said(*words) for words in options.operation]
    try:
        if sys.stdin.isatty() and not options.defaults:
            answers = ask(given, input, print)
            operations += _ask_operations(operations, EXAMPLES[answers["dialect"]])
            _ask_making(answers, options)
        else:
            _need(given, operations)
            answers = with_defaults(given)
        text = written(answers, operations, _making(options), _schema_from(options.out))
        _try(text, options.out)
        _write(text, options.out)
    except EOFError:
        print("the questions were not answered to their end", file=sys.stderr)
        return WRONG
    except (AnswerUnfit, ProfileError) as error:
        print(error, file=sys.stderr)
        return WRONG
    return FINE


def _need(given: Mapping[str, str], operations: Sequence[Said]) -> None:
    missing = [question.option for question in unanswered(given)]
    if not any(said.name == "chat" for said in operations):
        missing.append("--operation chat KIND JSON")
    if missing:
        raise AnswerUnfit(
            f"nobody is there to be asked, so options are needed: {', '.join(missing)}; --help says what they mean"
        )


def _ask_operations(known: Sequence[Said], example: str) -> list[Said]:
    said: list[Said] = []
    done = {operation.name for operation in known}
    if "chat" not in done:
        print(f"What does a tenant say? As JSON on one line: {example}, say")
        said.append(Said("chat", send=_until(input, "chat: "), ends=_until(input, "Kind of the reply's final frame? ")))
    while name := input(f"Another thing it says ({', '.join(OPERATIONS)}; empty for none)? ").strip():
        if name not in OPERATIONS:
            print(f"  one of {', '.join(OPERATIONS)}, please")
            continue
        said.append(Said(name, send=_until(input, f"{name}: "), ends=_until(input, "Kind of its final frame? ")))
    return said


def _ask_making(answers: Mapping[str, str], options: argparse.Namespace) -> None:
    """Asks how tenants come into being in the stores, if they do, and unless options say it."""
    if made_by(answers) != "stores":
        return
    asked = {
        "sql_create": ("postgres", "SQL that makes a tenant, with %(tenant)s"),
        "sql_remove": ("postgres", "SQL that removes it, with %(tenant)s"),
        "redis_create": ("redis", "Redis command that makes it, with {tenant}"),
        "redis_remove": ("redis", "Pattern of its keys, with {tenant}"),
    }
    for name, (store, prompt) in asked.items():
        statements: list[str] = getattr(options, name)
        if answers[store] == "yes" and not statements:
            while statement := input(f"{prompt} (empty when there is no more)? ").strip():
                statements.append(statement)


def _until(read: Callable[[str], str], prompt: str) -> str:
    while not (value := read(prompt).strip()):
        print("  this has no usual answer: please give one")
    return value


def _making(options: argparse.Namespace) -> Making:
    return Making(options.sql_create, options.sql_remove, options.redis_create, options.redis_remove)


def _schema_from(out: Path | None) -> str:
    return os.path.relpath(_SCHEMA, out.resolve().parent) if out is not None else "docs/profile.schema.json"


def _try(text: str, out: Path | None) -> None:
    """Loads what is about to be written, as if it lay there; variables that are not set yet are no mistake.

    Raises:
        AnswerUnfit: it can't be loaded; the lines are those of the file that was not written.
    """
    place = out if out is not None else Path("profile.toml")
    try:
        load(place, text=text)
    except VariableMissing as error:
        missing = {name for _, name in _NEEDED.findall(str(error))}
        named = ", ".join(sorted(missing))
        print(f"not set yet, so that not everything could be tried: {named}", file=sys.stderr)
    except ProfileError as error:
        lines = [line for line in str(error).splitlines() if not _NEEDED.search(line)]
        raise AnswerUnfit("\n".join(["nothing was written, for the answers make no profile:", *lines])) from None


def _write(text: str, out: Path | None) -> None:
    if out is None:
        print(text, end="")
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise AnswerUnfit(f"{out}: is there already, and was left as it is; name another file") from None
    except OSError as error:
        raise AnswerUnfit(f"{out}: can't be written: {error.strerror}") from None
    print(f"{out} is written; try it out: python -m config check {out}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "new",
        "Asks what has to be known of a service, as far as options don't say it, and writes the beginning of its "
        "profile, with comments.",
        epilog="Secrets belong into environment variables: answer ${NAME}.",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write it (default: print it)")
    parser.add_argument("--defaults", action="store_true", help="ask nothing: what no option says is as usual")
    for question in QUESTIONS:
        parser.add_argument(
            question.option, dest=question.name, choices=question.choices or None,
            metavar=None if question.choices else "X", help=_help(question),
        )  # fmt: skip
    parser.add_argument(
        "--operation", nargs=3, action="append", default=[], metavar=("NAME", "KIND", "JSON"),
        help=f"what tenants say ({', '.join(OPERATIONS)}), the kind of the reply's final frame, and the message",
    )  # fmt: skip
    for name, what in (
        ("sql-create", "SQL that makes a tenant, with %%(tenant)s"), ("sql-remove", "SQL that removes it"),
        ("redis-create", "a Redis command that makes it, with {tenant}"), ("redis-remove", "a key pattern to remove"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", action="append", default=[], metavar="X", help=what)
    return parser


def _help(question: Question) -> str:
    default = question.default
    usual = f" (usually {default.strip()})" if default else "" if default is None else " (usually none)"
    means = "; ".join(f"{choice}: {meaning}" for choice, meaning in question.means.items())
    return (question.asks + usual + (f" {means}" if means else "")).replace("%", "%%")
