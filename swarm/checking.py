"""After the drain: the checker as a process of its own, then the removal of what the run created."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gevent import subprocess

from checker.result import Result
from config.profile import Profile
from evidence.records import EvidenceError
from evidence.runfolder import RunFolder
from swarm.cleaning import clean

ROOT = Path(__file__).resolve().parent.parent
COMMAND = (sys.executable, "-m", "checker")
TOOL_FAILED = 2
CHECK_S = 3600
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker came to.

    Attributes:
        result: the result, or None if the checker failed.
        exit_code: the exit code for this process.
        printed: the summary for people.
    """

    result: Result | None
    exit_code: int
    printed: str


def check(folder: Path, profile_path: str, environment: Mapping[str, str]) -> Checked:
    """Runs ``python -m checker`` on a run folder and waits for it without holding up other greenlets.

    Args:
        folder: the run folder.
        profile_path: the target profile.
        environment: environment variables for it, which the profile may refer to.

    """
    paths = [str(ROOT), environment.get("PYTHONPATH", "")]
    command = [*COMMAND, str(folder.resolve()), "--profile", str(Path(profile_path).resolve())]
    process = subprocess.Popen(
        command,
        env={**environment, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        stdout=subprocess.PIPE,
    )
    printed = b""
    try:
        printed, _ = process.communicate(timeout=CHECK_S)
    except subprocess.TimeoutExpired:
        logger.error("The checker was not done after %d minutes and was stopped", CHECK_S // 60)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    text = printed.decode("utf-8", "replace")
    try:
        result = Result.model_validate_json((folder / "verdict.json").read_bytes())
    except (OSError, ValueError):
        logger.error("The checker gave no verdict on %s (exit code %s)", folder, process.returncode)
        return Checked(None, TOOL_FAILED, text)
    return Checked(result, process.returncode, text)


def clean_up(folder: RunFolder, profile: Profile) -> bool:
    """Removes what the run created and logs what was removed; returns whether all of it could be."""
    try:
        done = clean(folder, profile)
    except EvidenceError as error:
        logger.error("What the run created was not removed: %s", error)
        return False
    (logger.warning if done.left else logger.info)("Clean-up: %s", done)
    return not done.left
