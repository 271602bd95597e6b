"""The process that judges a run, the master or the only one: opens the run, drains it, has it checked."""

from __future__ import annotations

from locust.env import Environment
from locust.runners import STATE_INIT, STATE_STOPPED, LocalRunner

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent

from checker.result import Result, Verdict
from config.load import ProfileError, ProfileInvalid, public_view
from config.profile import Profile
from evidence.earlier_accounts import Rosters, rosters
from evidence.marks import RunKey
from evidence.records import Gap
from evidence.runfolder import EvidenceWriter, RunFolder, RunFolderError, RunHeader, new_run_id
from swarm import health
from swarm.accounts import too_few
from swarm.before import transactions_now
from swarm.channel import EARLIER_RUNS
from swarm.checking import TOOL_FAILED, check, clean_up
from swarm.options import environment_of, profile_of
from swarm.provisioning import Provisioner
from swarm.sinks import FileSink, flush_regularly
from swarm.stores import StoreError, open_redis_store, try_reading
from users.hooks import isolation_events
from users.run import TenantUnavailable

logger = logging.getLogger(__name__)
NAME = "judge"
_WORST = (0, 3, 1, TOOL_FAILED)


@dataclass(slots=True)
class OpenRun:
    """A run between its start and its end.

    Attributes:
        failure: why it can't go on, if it can't.
        writers: evidence files by node, of the nodes that report over Locust's channel.
        parts: among how many nodes accounts are shared out, as it was when the first of them was invited.
        invited: how many nodes have been invited.
    """

    header: RunHeader
    folder: RunFolder
    key: RunKey
    profile: Profile
    sink: FileSink
    failure: str = ""
    writers: dict[str, EvidenceWriter] = field(default_factory=dict)
    greenlets: list[gevent.Greenlet[..., None]] = field(default_factory=list)
    parts: int = 0
    invited: int = 0
    _rosters: Rosters | None = None

    def rosters(self) -> Rosters:
        """Returns who played in earlier runs, where tenants are accounts that exist; read once."""
        if self._rosters is None:
            existing = self.profile.tenants.accounts is not None
            self._rosters = rosters(self.folder, EARLIER_RUNS) if existing else {}
        return self._rosters


@dataclass(slots=True)
class ReplyCount:
    """Ended requests as Locust's statistics were told of them; unlike those nobody can reset it in the middle of a run.

    Attributes:
        requests: how many ended.
        failures: how many of them failed.
    """

    requests: int = 0
    failures: int = 0

    def on_request(self, request_type: str, exception: Exception | None, **_kwargs: object) -> None:
        """Counts a request of this process."""
        if request_type == "reply":
            self.requests += 1
            self.failures += exception is not None

    def on_report(self, stats: list[dict[str, Any]]) -> None:
        """Counts the requests that a worker's report adds to the master's statistics."""
        replies = [entry for entry in stats if entry["method"] == "reply"]
        self.requests += sum(entry["num_requests"] for entry in replies)
        self.failures += sum(entry["num_failures"] for entry in replies)


class Judge:
    """Opens runs, ends them, and has them checked.

    Args:
        environment: Locust's environment of the master or of a local run.

    Attributes:
        run: the open run, or None.
        replies: Locust's count of ended requests in the latest run.
        status: what to tell people now, in a few words.
        results: results of the runs so far, the newest last.
        last_words: the latest verdict for people, to be printed after Locust's own statistics.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.run: OpenRun | None = None
        self.status = "no run yet"
        self.results: list[tuple[Path, Result]] = []
        self.last_words = ""
        self._checks: list[gevent.Greenlet[..., None]] = []
        self.exit_code: int | None = None
        self._latest: Path | None = None
        self.replies = ReplyCount()
        environment.events.request.add_listener(lambda **told: self.replies.on_request(**told))

    @property
    def running(self) -> bool:
        """Whether a run is under way or being checked, so that the latest result is not its own."""
        return not self.results or self.results[-1][0] != self._latest

    def open(self) -> OpenRun | None:
        """Makes the run folder, asks the target's health and plants the control in the stores.

        Returns:
            The run; its ``failure`` says why if it can't start. None if there can't even be a run folder.
        """
        options = self._environment.parsed_options
        assert options is not None
        try:
            profile = profile_of(options, self._environment.host)
        except ProfileError as error:
            self._cannot_start(error)
            return None
        if (wanted := self._too_many(profile)) is not None:
            self._cannot_start(wanted)
            return None
        key = RunKey.generate()
        runner = self._environment.runner
        header = RunHeader(
            run_id=new_run_id(),
            profile_path=str(Path(options.target_profile)),
            profile_name=profile.target.name,
            profile=public_view(profile),
            topology="local" if isinstance(runner, LocalRunner) else "distributed",
            users=int(getattr(runner, "target_user_count", 0) or options.num_users or 0),
            spawn_rate=float(options.spawn_rate or 0),
            started_at_s=time.time(),
            clean_up=not options.keep_data,
            allowed_hosts=list(options.allow_hosts),
        )
        try:
            folder = RunFolder.create(Path(options.runs), header, key)
        except RunFolderError as error:
            self._cannot_start(error)
            return None
        self.run = run = OpenRun(header, folder, key, profile, FileSink(folder.writer(NAME)))
        logger.info("Run %s against %s: evidence in %s", header.run_id, profile.target.name, folder.path)
        self.status = f"run {header.run_id} is under way"
        self.replies = ReplyCount()
        self._latest = folder.path
        self._preflight(run)
        run.greenlets = [
            gevent.spawn(health.poll, profile.health, run.sink.record, profile.target.tls.chosen()),
            gevent.spawn(flush_regularly, run.sink),
        ]
        if (seconds := profile.limits.duration_s) is not None:
            over = f"limits.duration_s is {seconds:g}, and so long it has lasted"
            run.greenlets.append(gevent.spawn_later(seconds, self.stop, over))
        return run

    def _too_many(self, profile: Profile) -> ProfileInvalid | None:
        """Why the run is larger than the profile lets it be, before anything is made."""
        options, most = self._environment.parsed_options, profile.limits.tenants
        users = int(getattr(self._environment.runner, "target_user_count", 0) or getattr(options, "num_users", 0) or 0)
        nodes = getattr(options, "expect_workers", 0) or getattr(options, "processes", 0) or 1
        if few := too_few(profile, users, max(nodes, 1)):
            return ProfileInvalid(few)
        if most is None or users <= most:
            return None
        return ProfileInvalid(
            f"limits.tenants is {most} and {users} users were asked for: each plays one tenant at least"
        )

    def _cannot_start(self, error: Exception) -> None:
        logger.error("The run can't start: %s", error)
        self.status, self.exit_code = f"the run can't start: {error}", TOOL_FAILED
        gevent.spawn(self._stop_when_started)

    def fail(self, sentence: str, node: str = NAME) -> None:
        """Notes that the run can't go on, and stops it."""
        run = self.run
        if run is None:
            return
        run.sink.record(Gap(node, time.time(), sentence, fatal=True))
        if not run.failure:
            run.failure = sentence
            logger.error("The run can't go on: %s", sentence)
            gevent.spawn(self._stop_when_started)

    def stop(self, sentence: str) -> None:
        """Ends the run before its time because it has reached a limit of the profile; what it saw is judged."""
        run = self.run
        if run is None or run.failure or run.header.stopped_by:
            return
        run.header.stopped_by = sentence
        logger.warning("The run is being stopped: %s", sentence)
        gevent.spawn(self._stop_when_started)

    def gap(self, what: str) -> None:
        """Writes down what should have been and was not."""
        if self.run is not None:
            self.run.sink.record(Gap(NAME, time.time(), what))

    def end(self) -> None:
        """Closes the evidence after the drain and has it checked in the background."""
        run, self.run = self.run, None
        if run is None:
            return
        gevent.killall(run.greenlets)
        run.header.locust_requests, run.header.locust_failures = self.replies.requests, self.replies.failures
        run.header.ended_at_s = time.time()
        run.header.stopped_by = run.failure or run.header.stopped_by or "stopped as planned"
        run.sink.close()
        for writer in run.writers.values():
            writer.close()
        run.folder.write_header(run.header)
        self._checks.append(gevent.spawn(self._judge, run))

    def wait(self) -> int | None:
        """Waits until every run has been checked; returns the worst exit code, None if none was to be judged."""
        gevent.joinall(self._checks)
        return self.exit_code

    def _judge(self, run: OpenRun) -> None:
        options = self._environment.parsed_options
        assert options is not None
        if options.no_check:
            logger.info("Not checked: python -m checker %s", run.folder.path)
            return
        self.status = f"run {run.header.run_id} is being checked"
        try:
            result = self._checked(run)
        except Exception:
            logger.exception("Run %s could not be judged", run.header.run_id)
            self._ends_with(TOOL_FAILED)
            self.status = f"run {run.header.run_id} could not be judged"
            return
        if not run.header.clean_up:
            return
        if result is None or result.verdict is Verdict.LEAKING:
            # What the findings point to must be there to be looked at.
            logger.warning(
                "What the run created was kept to be looked at; remove it: python -m swarm clean %s", run.folder.path
            )
        else:
            clean_up(run.folder, run.profile)

    def _checked(self, run: OpenRun) -> Result | None:
        options = self._environment.parsed_options
        assert options is not None
        checked = check(run.folder.path, options.target_profile, environment_of(options))
        self._ends_with(checked.exit_code)
        self.last_words = checked.printed
        if not options.headless:
            print(checked.printed)
        if checked.result is not None:
            self.results.append((run.folder.path, checked.result))
            self.status = f"run {run.header.run_id}: {checked.result.headline}"
            isolation_events(self._environment).verdict_reached.fire(result=checked.result, folder=run.folder.path)
        return checked.result

    def _ends_with(self, code: int) -> None:
        """Of several runs in one process the worst decides: failed, leaking, inconclusive, isolated."""
        codes = [known for known in (self.exit_code, code) if known is not None]
        self.exit_code = max(codes, key=_WORST.index) if all(known in _WORST for known in codes) else TOOL_FAILED

    def _preflight(self, run: OpenRun) -> None:
        for item in run.profile.health:
            answer = health.ask(item, run.profile.target.tls.chosen())
            run.sink.record(answer)
            if not answer.ok and not item.optional:
                self.fail(answer.detail)
        try:
            for store in run.profile.stores.all_redis().values():
                open_redis_store(store).close()
            try_reading(run.profile.stores)
            run.header.transactions = transactions_now(run.profile)
            run.folder.write_header(run.header)
            Provisioner(run.profile, run.key, NAME, 0, run.sink.record, flush=run.sink.flush).plant_control()
        except (StoreError, TenantUnavailable) as error:
            self.fail(str(error))

    def _stop_when_started(self) -> None:
        """Locust can only be stopped once it has started, and it is starting now."""
        runner, options = self._environment.runner, self._environment.parsed_options
        assert runner is not None and options is not None
        while runner.state in (STATE_INIT, STATE_STOPPED) and not isinstance(runner, LocalRunner):
            gevent.sleep(0.05)
        if options.headless:
            runner.quit()
        else:
            runner.stop()
