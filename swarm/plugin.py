"""Adds the run to Locust: which listener does what, in which kind of process."""

from __future__ import annotations

from locust.env import Environment
from locust.event import Events
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

import logging
import os
import signal
import sys
from typing import Protocol

import gevent

from config.load import ProfileError
from config.profile import Profile
from config.secrets import secrets_of
from evidence.records import EvidenceError
from reporting.web_tab import add_tab
from swarm.channel import EARLIER_RUNS
from swarm.judge import Judge
from swarm.master import Master
from swarm.node import Node
from swarm.options import add_options, profile_of
from swarm.orphans import dismiss, quit_with_parent
from swarm.sinks import FileSink
from swarm.stores import wait_with_gevent
from swarm.trial.dry_run import show_dry_run
from swarm.trial.page import page_on
from swarm.worker import Worker
from users.base import TenantUser

logger = logging.getLogger(__name__)
_TOLD_SOMETHING_IMPOSSIBLE = 2


class _Part(Protocol):
    """What a process does in a run."""

    def start(self) -> None:
        """The test starts."""

    def stopping(self) -> None:
        """The test is being stopped; users still run."""

    def stop(self) -> None:
        """The users have stopped."""

    def quit(self) -> None:
        """The process is about to end."""


class _Judging:
    """What the only process and the master have in common: they judge runs."""

    def __init__(self, environment: Environment, judge: Judge) -> None:
        self._environment = environment
        self._judge = judge

    def quit(self) -> None:
        """Ends an open run, if the process was interrupted, and waits for the verdict."""
        environment, judge = self._environment, self._judge
        if judge.run is not None and environment.runner is not None:
            judge.run.header.stopped_by = "interrupted"
            environment.runner.quit()
        code = judge.wait()
        if code is not None:
            environment.process_exit_code = code

    def note_interrupt(self) -> None:
        """Notes that an open run does not end as planned."""
        if self._judge.run is not None:
            self._judge.run.header.stopped_by = "interrupted"

    def say_last_words(self) -> None:
        """Prints the verdict below Locust's own statistics, where people look for it."""
        options = self._environment.parsed_options
        if options is not None and options.headless and self._judge.last_words:
            print(self._judge.last_words, flush=True)


class _Local(_Judging):
    """The only process: it runs the tenants and judges the run."""

    def __init__(self, environment: Environment, judge: Judge) -> None:
        super().__init__(environment, judge)
        self._node: Node | None = None

    def start(self) -> None:
        run = self._judge.open()
        if run is None or run.failure:
            return
        run.header.nodes.append("local")
        self._node = Node(
            self._environment, run_id=run.header.run_id, name="local", worker_index=0, key=run.key,
            profile=run.profile, sink=FileSink(run.folder.writer("local")), on_failure=self._judge.fail,
            on_limit=self._judge.stop,
            earlier=run.folder.earlier_keys(EARLIER_RUNS), rosters=run.rosters(),
        )  # fmt: skip
        self._node.open()

    def stopping(self) -> None:
        if self._node is not None:
            self._node.stopping()

    def stop(self) -> None:
        node, self._node = self._node, None
        if node is not None:
            node.close()
            if self._judge.run is not None:
                self._judge.run.header.drained.append(node.name)
        self._judge.end()


class _Master(_Judging):
    """The master: it runs no tenants, drains the workers and judges the run."""

    def __init__(self, environment: Environment, judge: Judge, master: Master) -> None:
        super().__init__(environment, judge)
        self._master = master

    def start(self) -> None:
        self._master.start()

    def stopping(self) -> None:
        self._master.drain()

    def stop(self) -> None:
        self._judge.end()
        self._master.quit_if_alone()


def install(events: Events) -> None:
    """Adds all listeners. Call it once, in the locustfile."""
    parts: dict[int, _Part] = {}
    importer = os.getpid()  # with --processes Locust forks after this

    def on_interrupt() -> None:
        for part in parts.values():
            if isinstance(part, _Judging):
                part.note_interrupt()
            elif isinstance(part, Worker) and os.getpid() != importer and part.leaves_it_to_the_master():
                return
        # Python would raise it in whichever greenlet runs, and end a session's reader or the channel to the master in
        # the middle of its work. Locust waits for it in the main one.
        gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())

    def on_init(environment: Environment, **_kwargs: object) -> None:
        gevent.signal_handler(signal.SIGINT, on_interrupt)
        # The loop's clock has stood still since it last ran, for seconds while Locust was imported on a busy machine;
        # the timer of --run-time, which Locust sets next, would go off early by as much.
        gevent.get_hub().loop.update_now()
        part = _part_of(environment)
        if part is not None:
            parts[id(environment)] = part
        # Listeners are called in reverse: ours must come before that of Locust's runner, which says good-bye.
        events.quitting.add_listener(on_quitting)
        if isinstance(part, Worker) and os.getpid() != importer and environment.runner is not None:
            gevent.spawn(quit_with_parent, importer, environment.runner.quit)

    def part_of(environment: Environment) -> _Part | None:
        return parts.get(id(environment))

    def on_start(environment: Environment, **_kwargs: object) -> None:
        part = part_of(environment)
        if part is not None:
            part.start()

    def on_stopping(environment: Environment, **_kwargs: object) -> None:
        part = part_of(environment)
        if part is not None:
            part.stopping()

    def on_stop(environment: Environment, **_kwargs: object) -> None:
        part = part_of(environment)
        if part is not None:
            part.stop()

    def on_quit(**_kwargs: object) -> None:
        for part in parts.values():
            if isinstance(part, (_Local, _Master)):
                part.say_last_words()

    def on_quitting(environment: Environment, **_kwargs: object) -> None:
        part = part_of(environment)
        if part is not None:
            part.quit()

    # At level DEBUG urllib3 writes down every address with its query, where keys are given.
    logging.getLogger("urllib3").setLevel(logging.INFO)
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(on_init)
    events.test_start.add_listener(on_start)
    events.test_stopping.add_listener(on_stopping)
    events.test_stop.add_listener(on_stop)
    events.quit.add_listener(on_quit)


def _weigh(environment: Environment, profile: Profile) -> None:
    """Gives each tenant kind the weight that the profile's mix says; a weight of 0 leaves the kind out."""
    mix = profile.workload.mix.model_dump()
    for user_class in environment.user_classes:
        if issubclass(user_class, TenantUser):
            user_class.weight = mix[user_class.mix]
    environment.user_classes = [user_class for user_class in environment.user_classes if user_class.weight]


def _part_of(environment: Environment) -> _Part | None:
    wait_with_gevent()
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        return Worker(environment, runner)  # its options come with the first spawn message
    options = environment.parsed_options
    if options is None:
        return None
    mistaken = getattr(options, "profile", None)
    if mistaken and str(mistaken).endswith(".toml"):
        logger.error("--profile is Locust's own option and names no file: use --target-profile %s", mistaken)
        sys.exit(_TOLD_SOMETHING_IMPOSSIBLE)
    try:
        profile = profile_of(options, environment.host)
    except (ProfileError, EvidenceError) as error:
        for line in str(error).splitlines():
            logger.error("%s", line)
        if isinstance(runner, MasterRunner):
            dismiss(runner, options.processes or 0)
        sys.exit(_TOLD_SOMETHING_IMPOSSIBLE)
    if options.dry_run:
        show_dry_run(profile, page_on(None, dict(os.environ), secrets_of(profile)))
        if isinstance(runner, MasterRunner):
            dismiss(runner, options.processes or 0)
        sys.stdout.flush()
        sys.exit(0)
    _weigh(environment, profile)
    url = profile.target.url
    if not environment.host and "?" not in url and "@" not in url:  # the page shows it to everybody
        environment.host = url
    judge = Judge(environment)
    if environment.web_ui is not None:
        add_tab(environment, judge)
    if isinstance(runner, MasterRunner):
        return _Master(environment, judge, Master(environment, runner, judge))
    return _Local(environment, judge) if isinstance(runner, LocalRunner) else None
