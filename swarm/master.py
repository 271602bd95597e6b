"""The master's side of a distributed run: workers join it, report to it, and are drained before anything is judged."""

from __future__ import annotations

from locust.env import Environment
from locust.rpc.protocol import Message
from locust.runners import STATE_MISSING, MasterRunner
from locust.stats import StatsEntry

import logging
import secrets
import time
from typing import Any

import gevent
from gevent.event import Event

from config.load import fingerprint
from swarm import channel
from swarm.judge import Judge, OpenRun

logger = logging.getLogger(__name__)
_LOOK_S = 0.5


class Master:
    """Opens runs on workers, collects their evidence and drains them.

    Args:
        environment: the master's environment.
        runner: its runner.
        judge: opens and judges the runs.
    """

    def __init__(self, environment: Environment, runner: MasterRunner, judge: Judge) -> None:
        self._environment = environment
        self._runner = runner
        self._judge = judge
        self._nonce = secrets.token_hex(8)
        self._drained: dict[str, Event] = {}
        self._strangers: set[str] = set()
        runner.register_message(channel.RUN_JOINED, self._on_joined)
        runner.register_message(channel.RUN_REFUSED, self._on_refused)
        runner.register_message(channel.RUN_FAILED, self._on_failed)
        runner.register_message(channel.RUN_LIMITED, self._on_limited)
        runner.register_message(channel.EVIDENCE, self._on_evidence)
        runner.register_message(channel.DRAINED, self._on_drained)
        events = environment.events
        events.worker_connect.add_listener(self._on_worker_connect)
        # Locust's own listener adds the report up, so this one must come before it.
        events.worker_report._handlers.insert(0, self._on_worker_report)

    def start(self) -> None:
        """Opens a run and invites the workers that are there; Locust sends ``spawn`` after this."""
        run = self._judge.open()
        if run is None:
            return
        self._drained = {}
        for client in list(self._runner.clients.values()):
            if client.state != STATE_MISSING:
                self._invite(run, client.id)

    def drain(self) -> None:
        """Has every worker stop its tenants and hand over its last rows, and waits until each has said so.

        A worker that is lost meanwhile is not waited for: the evidence will show that it is incomplete.
        """
        run = self._judge.run
        options = self._environment.parsed_options
        if run is None or options is None:
            return
        waited_for = [client for client in self._runner.clients.values() if client.state != STATE_MISSING]
        for client in waited_for:
            self._drained.setdefault(client.id, Event())
            self._runner.send_message(channel.DRAIN, {"run_id": run.header.run_id}, client_id=client.id)
        deadline_s = time.monotonic() + options.drain_timeout
        for client in waited_for:
            event = self._drained[client.id]
            while not event.wait(_LOOK_S):
                current = self._runner.clients.get(client.id)
                if current is None or current.state == STATE_MISSING:
                    logger.warning("Worker %s was lost before it could report", self._name(client.id))
                    break
                if time.monotonic() > deadline_s:
                    self._judge.gap(f"{self._name(client.id)} did not report within {options.drain_timeout:g} s")
                    break

    def _invite(self, run: OpenRun, client_id: str) -> None:
        nodes = max(len(self._runner.clients), self._expected())
        run.parts = run.parts or nodes
        part, run.invited = run.invited, run.invited + 1
        run.header.nodes.append(self._name(client_id))
        run.folder.write_header(run.header)
        payload = {
            "run_id": run.header.run_id,
            "key": run.key.key.hex(),
            "earlier": [key.key.hex() for key in run.folder.earlier_keys(channel.EARLIER_RUNS)],
            "rosters": [(key.hex(), list(names.items())) for key, names in run.rosters().items()],
            "master": self._nonce,
            "fingerprint": fingerprint(run.profile),
            "nodes": nodes,
            "part": part,
            "parts": run.parts,
        }
        self._runner.send_message(channel.RUN_OPEN, payload, client_id=client_id)

    def _expected(self) -> int:
        """How many workers are to come: limits are shared out among them before all are there."""
        options = self._environment.parsed_options
        return max(1, options.expect_workers or 0, options.processes or 0) if options is not None else 1

    def _name(self, client_id: str) -> str:
        return channel.node_name(self._runner.get_worker_index(client_id))

    def _on_worker_connect(self, client_id: str, **_kwargs: object) -> None:
        run = self._judge.run
        if run is not None and self._name(client_id) not in run.header.nodes:
            self._invite(run, client_id)

    def _on_joined(self, msg: Message, **_kwargs: object) -> None:
        logger.debug("%s takes part in run %s", msg.data["node"], msg.data["run_id"])

    def _on_refused(self, msg: Message, **_kwargs: object) -> None:
        run = self._judge.run
        if run is None or msg.data["run_id"] != run.header.run_id:
            return
        name = self._name(msg.node_id)
        logger.warning("%s does not take part in the run: %s", name, msg.data["reason"])
        if name in run.header.nodes:
            run.header.nodes.remove(name)
        run.header.refused_nodes.append(name)
        run.folder.write_header(run.header)
        if msg.data.get("fatal"):
            self._judge.fail(f"{name}: {msg.data['reason']}", name)

    def _on_failed(self, msg: Message, **_kwargs: object) -> None:
        run = self._judge.run
        if run is not None and msg.data["run_id"] == run.header.run_id:
            self._judge.fail(f"{msg.data['node']}: {msg.data['reason']}", msg.data["node"])

    def _on_limited(self, msg: Message, **_kwargs: object) -> None:
        run = self._judge.run
        if run is not None and msg.data["run_id"] == run.header.run_id:
            self._judge.stop(msg.data["reason"])

    def _on_evidence(self, msg: Message, **_kwargs: object) -> None:
        run = self._judge.run
        node = self._name(msg.node_id)
        if run is None or msg.data["run_id"] != run.header.run_id or node not in run.header.nodes:
            if node not in self._strangers:  # it may go on sending for a minute, every second
                self._strangers.add(node)
                logger.warning("Evidence of another run from %s is left out", node)
            return
        writer = run.writers.get(node)
        if writer is None:
            writer = run.writers[node] = run.folder.writer(node)
        writer.write_lines(msg.data["lines"], msg.data["rows"])
        writer.flush()
        if msg.data.get("confirm"):
            payload = {"run_id": run.header.run_id, "rows": writer.rows}
            self._runner.send_message(channel.EVIDENCE_WRITTEN, payload, client_id=msg.node_id)

    def _on_drained(self, msg: Message, **_kwargs: object) -> None:
        run = self._judge.run
        if run is None or msg.data["run_id"] != run.header.run_id:
            return
        node = self._name(msg.node_id)
        if node in run.header.nodes and node not in run.header.drained:
            run.header.drained.append(node)
        self._drained.setdefault(msg.node_id, Event()).set()

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_kwargs: object) -> None:
        """Empties the statistics of a worker that takes part in another run, before Locust adds them up."""
        run = self._judge.run
        if run is None or data.get(channel.STATS_RUN) == run.header.run_id:
            self._judge.replies.on_report(data["stats"])
            return
        if data.get("stats"):
            logger.warning("Statistics from %s, which takes no part in this run, were left out", client_id)
        data["stats"], data["errors"] = [], {}
        data["stats_total"] = StatsEntry(self._environment.stats, "Aggregated", "").get_stripped_report()

    def quit_if_alone(self) -> None:
        """Ends a headless master whose last worker was lost: Locust stops the test and would then wait for ever."""
        options = self._environment.parsed_options
        if options is not None and options.headless:
            gevent.spawn(self._runner.quit)
