"""``python -m swarm clean RUN_FOLDER``: removes what a run created in the target, also after a run that failed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from config.hosts import add_allow_host, allow_named, check_hosts
from config.load import ProfileError, load
from evidence.records import EvidenceError
from evidence.runfolder import RunFolder
from swarm.cleaning import clean


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 if everything was removed, 1 if something was left, 2 if the folder or the profile can't be used."""
    parser = argparse.ArgumentParser(prog="python -m swarm", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    remove = commands.add_parser("clean", help="remove what a run created")
    remove.add_argument("run", type=Path, help="the run folder")
    remove.add_argument("--profile", type=Path, help="target profile (default: the one the run was started with)")
    add_allow_host(remove)
    options = parser.parse_args(arguments)
    folder = RunFolder(options.run)
    try:
        header = folder.header()
        profile = load(options.profile or Path(header.profile_path))
        allowed = [*header.allowed_hosts, *options.allow_hosts]
        check_hosts(profile, allowed)
        allow_named(profile, allowed)
        done = clean(folder, profile)
    except (ProfileError, EvidenceError) as error:
        print(error, file=sys.stderr)
        return 2
    print(done)
    return 1 if done.left else 0


if __name__ == "__main__":
    sys.exit(main())
