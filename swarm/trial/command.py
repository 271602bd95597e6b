"""``python -m config check FILE``: tries a profile out on its target, with two tenants, and says what came of it."""

from __future__ import annotations

from locust.env import Environment

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import gevent

from checker.figures import count
from config.command_line import FAILED, FINE, WRONG, command_parser
from config.errors import ProfileError
from config.hosts import add_allow_host
from config.load import load, public_view
from config.profile import TOO_LONG, Profile
from config.secrets import secrets_of
from evidence.marks import Keyring, RunKey
from evidence.records import RETURN
from evidence.runfolder import RunFolder, RunFolderError, RunHeader, new_run_id
from swarm import health
from swarm.cleaning import CleanUp, clean
from swarm.options import check_fit
from swarm.provisioning import Provisioner
from swarm.sinks import FileSink
from swarm.stores import StoreError
from swarm.trial.abilities import will_detect, will_not_detect
from swarm.trial.attempts import Tried, may_return, try_attempts, try_return
from swarm.trial.dry_run import Nowhere, show_dry_run
from swarm.trial.page import Page, page_on
from swarm.trial.stores_seen import show_stores
from swarm.trial.talk import Talk, order_of
from swarm.trial.trial_run import KeepingSink, TrialRun
from users.run import TenantUnavailable
from users.tenant import TenantIdentity

_SECOND_SAYS = ("chat", "state_write", "state_read")


def main(arguments: Sequence[str], stream: TextIO | None = None) -> int:
    """Runs the command line and returns the exit code: 0 fine, 2 wrong profile, 3 something did not work."""
    options = _parser().parse_args(arguments)
    try:
        profile = load(options.file)
        check_fit(profile, options.file, options.allow_hosts)
    except ProfileError as error:
        print(error, file=sys.stderr)
        return WRONG
    page = page_on(stream, dict(os.environ), secrets_of(profile))
    page.title(f"{options.file}: {profile.target.name}")
    page.good("the profile is valid")
    tried: Tried | None = None
    if options.dry_run:
        show_dry_run(profile, page)
    elif not options.offline:
        try:
            tried = _try(profile, options, page)
        except RunFolderError as error:
            page.bad(str(error))
    _show_abilities(profile, tried, page)
    page.title(f"{count(page.failures, 'thing')} did not work" if page.failures else "Nothing is wrong")
    return FAILED if page.failures else FINE


def _try(profile: Profile, options: argparse.Namespace, page: Page) -> Tried:
    key = RunKey.generate()
    header = RunHeader(
        run_id=f"{new_run_id()}-trial", profile_path=str(options.file), profile_name=profile.target.name,
        profile=public_view(profile), topology="local", users=2, spawn_rate=0, started_at_s=time.time(),
        allowed_hosts=list(options.allow_hosts),
    )  # fmt: skip
    folder = RunFolder.create(Path(options.runs), header, key)
    sink = FileSink(folder.writer("local"))
    talked: _Talked | None = None
    removed = False
    try:
        try:
            _ask_health(profile, page)
            talked = _talk(profile, key, folder, sink, page)
        finally:
            sink.close()
            removed = _remove(profile, folder, page, keep=options.keep_data)
        if talked is None or talked.tried is None:
            return {}
        if removed and may_return(profile):
            removed = False  # until it is seen that nothing came back
            talked.run.sink = Nowhere()  # what was made is written down, and judged this trial is not
            talked.tried[RETURN] = came = try_return(talked.run, talked.first, page)
            removed = came[0] == "refused" or _remove_returned(profile, folder, page)
        return talked.tried
    finally:
        if removed:
            shutil.rmtree(folder.path, ignore_errors=True)


def _ask_health(profile: Profile, page: Page) -> None:
    for check in profile.health:
        answer = health.ask(check, profile.target.tls.chosen())
        if answer.ok:
            page.good(f"health of {check.name}: ok")
        else:
            (page.note if check.optional else page.bad)(f"health: {answer.detail}")


class _Talked(NamedTuple):
    """A trial whose tenants have said everything.

    Attributes:
        run: the trial.
        first: the tenant that has said one of everything.
        tried: what came of each attempt; None if not even that tenant could connect.
    """

    run: TrialRun
    first: Talk
    tried: Tried | None


def _talk(profile: Profile, key: RunKey, folder: RunFolder, sink: FileSink, page: Page) -> _Talked | None:
    two = profile.model_copy(update={"provisioning": profile.provisioning.model_copy(update={"batch": 2})})
    page.title("Tenants")
    keeping = KeepingSink(sink)
    source = Provisioner(two, key, "local", 0, keeping.record, flush=sink.flush, live_control=False)
    identities = _take(source, profile, page)
    if not identities:
        return None
    run = TrialRun(
        Environment(), run_id=folder.path.name, node="local", worker_index=0, key=key, profile=profile, sink=keeping,
        tenants=source, names=source.names,
    )  # fmt: skip
    run.page = page
    keyring = Keyring(key, folder.earlier_keys())
    talks = [Talk(run, identity, page, keeping, keyring) for identity in identities]
    try:
        tried = _say_everything(run, talks, page)
    finally:
        for talk in talks:
            talk.finish()
    sink.flush()
    show_stores(profile, folder, page)
    return _Talked(run, talks[0], tried)


def _take(source: Provisioner, profile: Profile, page: Page) -> list[TenantIdentity]:
    """Two tenants; of accounts that exist there may be one alone."""
    identities: list[TenantIdentity] = []
    minted = profile.tenants.accounts is None
    try:
        for _ in range(2):
            identities.append(one := source.take(short=False))
            which = "made tenant" if minted else "account"
            budget = f"budget {one.budget}" if minted or profile.tenants.columns.budget else ""
            page.good(f"{which} {one.number}: {', '.join(filter(None, (one.name, one.email, budget)))}")
    except (TenantUnavailable, StoreError) as error:
        which = "no second tenant" if identities else "no tenant"
        page.bad(f"{which} could be {'made' if minted else 'played'}: {error}")
    return identities


def _say_everything(run: TrialRun, talks: Sequence[Talk], page: Page) -> Tried | None:
    profile, one, other = run.profile, talks[0], talks[1] if len(talks) > 1 else None
    page.title("One tenant says one of everything")
    if not one.connect():
        return None
    names = order_of(profile)
    for name in (*names, *(f"{TOO_LONG}{name}" for name in profile.operations.trying_long_texts())):
        one.say(name)
    one.renew()
    if profile.operation("resume") is not None:
        one.resume()
    if one.learnt:
        page.good("handed out and learnt: " + ", ".join(f"{name} {value}" for name, value in one.learnt.items()))
    for name in set(profile.frames.learn) - set(one.learnt):
        page.note(f"frames.learn.{name}: nothing stood at '{profile.frames.learn[name]}' in any reply")
    if other is not None:
        page.title("A second tenant, to tell whose is what")
        if other.connect():
            for name in names:
                if name in _SECOND_SAYS:
                    other.say(name)
        else:
            other = None
    return try_attempts(run, one, other, page)


def _remove(profile: Profile, folder: RunFolder, page: Page, *, keep: bool) -> bool:
    """Removes what the trial made; returns whether nothing of it is left."""
    page.title("Removal")
    if keep:
        page.note(f"kept, as you wished; remove it later: python -m swarm clean {folder.path}")
        return False
    return _clean(profile, folder, page, str)


def _remove_returned(profile: Profile, folder: RunFolder, page: Page) -> bool:
    """Removes what the target made anew for a tenant that it let in after its removal; returns whether it is gone."""
    gevent.sleep(profile.provisioning.quiet_before_removal_s)  # some is written when its session has ended
    return _clean(profile, folder, page, lambda done: f"what it left when it came back is removed too: {done}")


def _clean(profile: Profile, folder: RunFolder, page: Page, told: Callable[[CleanUp], str]) -> bool:
    done = clean(folder, profile)
    if done.left:
        for sentence in done.left:
            page.bad(f"not removed: {sentence}")
        page.note(f"try again when that is mended: python -m swarm clean {folder.path}")
        return False
    page.good(told(done))
    return True


def _show_abilities(profile: Profile, tried: Tried | None, page: Page) -> None:
    page.title("What a run with this profile looks for")
    for sentence in will_detect(profile, tried):
        page.good(sentence)
    page.title("What it can't see")
    for sentence in will_not_detect(profile, tried):
        page.note(sentence)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "check",
        "Tries a target profile out: makes two tenants, says one of everything, shows what came back and what the "
        "stores hold, and removes what it made.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the profile")
    parser.add_argument("--offline", action="store_true", help="only look at the profile")
    parser.add_argument(
        "--dry-run", action="store_true", help="show all that would be sent, and open no connection at all"
    )
    add_allow_host(parser)
    parser.add_argument("--keep-data", action="store_true", help="leave the two tenants in the target")
    parser.add_argument("--runs", default="runs", metavar="FOLDER", help="where the trial keeps what it has to remove")
    return parser
