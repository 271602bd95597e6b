"""``python -m checker RUN_FOLDER``: checks a run, writes its reports and exits with its verdict.

Exit codes: 0 isolated and within limits, 1 leaking or a limit crossed, 2 the check itself failed, 3 inconclusive.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from checker.check import check
from checker.crash_log import CrashLog
from checker.profile_of_run import profile_of_run
from checker.progress import ShownProgress
from config.hosts import add_allow_host
from config.load import ProfileError, ProfileInvalid
from evidence.runfolder import RunFolder, RunFolderError
from reporting.console import render
from reporting.write import write_all

FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    options = _parser().parse_args(arguments)
    folder = RunFolder(options.run_folder)
    try:
        header = folder.header()
        profile = profile_of_run(header, options.profile, _addresses(options), options.allow_hosts)
        shown = options.stores_progress and not options.quiet
        with ShownProgress(sys.stderr, shown) as progress:
            result = check(folder, profile, progress.of)
        write_all(result, folder.path)
    except (RunFolderError, ProfileError) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.filename or folder.path}: {error.strerror or type(error).__name__}")
    except KeyboardInterrupt:
        return _fail("stopped before there was a verdict; check the run again when there is time")
    except Exception as error:
        crashes = CrashLog(folder.path)
        crashes.add("the check", error)
        return _fail(f"the check crashed: {type(error).__name__}; {crashes.path} says where")
    if not options.quiet:
        colour = sys.stdout.isatty()
        print(render(result, colour=colour, folder=folder.path), end="")
    return result.exit_code


def _fail(message: str) -> int:
    print(f"checker: {message}", file=sys.stderr)
    return FAILED


def _addresses(options: argparse.Namespace) -> dict[str, str]:
    """Where the stores are, by name, as far as options say.

    Raises:
        ProfileInvalid: two options say where one store is.
    """
    single = [("redis", options.redis_url), ("postgres", options.postgres_url)]
    addresses: dict[str, str] = {}
    for name, url in [*options.stores, *((name, url) for name, url in single if url is not None)]:
        if name in addresses:
            raise ProfileInvalid(f"two options say where the store {name} is: leave one out")
        addresses[name] = url
    return addresses


def _named(text: str) -> tuple[str, str]:
    name, _, url = text.partition("=")
    if not name or not url or "://" in name:
        # argparse would show what was given, and a password may stand in it.
        raise argparse.ArgumentTypeError("write the store's name before its address: NAME=URL")
    return name, url


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m checker",
        description="Checks a run: reads its evidence and the stores, settles accounts, reaches the verdict.",
        epilog="Exit codes: 0 isolated and within limits, 1 leaking or a limit crossed, 2 the check itself failed, "
        "3 inconclusive.",
    )
    parser.add_argument("run_folder", type=Path, metavar="RUN_FOLDER", help="the folder runs/<run id>")
    parser.add_argument("--profile", type=Path, help="target profile; default: the one the run was started with")
    parser.add_argument(
        "--store", dest="stores", action="append", default=[], type=_named, metavar="NAME=URL",
        help="where the store of this name is, if not where the profile says; may be given several times",
    )  # fmt: skip
    parser.add_argument("--redis-url", metavar="URL", help="the same as --store redis=URL")
    parser.add_argument("--postgres-url", metavar="URL", help="the same as --store postgres=URL")
    add_allow_host(parser)
    parser.add_argument(
        "--no-stores-progress", dest="stores_progress", action="store_false", help="don't show how far reading is"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return parser


if __name__ == "__main__":
    sys.exit(main())
