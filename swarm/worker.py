"""A worker's side of a distributed run: joins the master's run, sends its evidence, says when it is done."""

from __future__ import annotations

from locust.env import Environment
from locust.rpc.protocol import Message
from locust.runners import WorkerRunner

import logging
from typing import Any

import gevent

from config.load import ProfileError, fingerprint
from evidence.marks import RunKey
from swarm import channel
from swarm.node import Node
from swarm.options import profile_of
from swarm.sinks import ChannelSink

logger = logging.getLogger(__name__)


class Worker:
    """Takes part in one run after another, all of one master.

    Args:
        environment: the worker's environment.
        runner: its runner.
    """

    def __init__(self, environment: Environment, runner: WorkerRunner) -> None:
        self._environment = environment
        self._runner = runner
        self._master: str | None = None
        self._invitation: dict[str, Any] | None = None
        self._node: Node | None = None
        self._interrupted = False
        self._sink: ChannelSink | None = None
        runner.register_message(channel.RUN_OPEN, self._on_run_open)
        runner.register_message(channel.EVIDENCE_WRITTEN, self._on_evidence_written)
        # Stopping takes as long as tenants need: it must not hold up the messages that come meanwhile.
        runner.register_message(channel.DRAIN, self._on_drain, concurrent=True)
        environment.events.report_to_master.add_listener(self._on_report)

    def start(self) -> None:
        """Joins the run the master has opened; Locust calls this on the first ``spawn`` message."""
        invitation, self._invitation = self._invitation, None
        if invitation is None:
            logger.warning("This worker was asked to spawn users without being invited to a run")
            return
        run_id, name = invitation["run_id"], channel.node_name(self._runner.worker_index)
        options = self._environment.parsed_options
        assert options is not None
        try:
            profile = profile_of(options, self._environment.host)
        except ProfileError as error:
            self._refuse(run_id, f"its profile can't be used: {error}", fatal=True)
            return
        if fingerprint(profile) != invitation["fingerprint"]:
            self._refuse(run_id, "its target profile differs from the master's", fatal=True)
            return
        sink = ChannelSink(lambda payload: self._runner.send_message(channel.EVIDENCE, payload), run_id, name)
        self._sink = sink
        self._node = Node(
            self._environment, run_id=run_id, name=name, worker_index=self._runner.worker_index,
            key=RunKey(bytes.fromhex(invitation["key"])), profile=profile, sink=sink,
            earlier=[RunKey(bytes.fromhex(key)) for key in invitation.get("earlier", ())],
            rosters={bytes.fromhex(key): dict(names) for key, names in invitation.get("rosters", ())},
            on_failure=lambda sentence: self._runner.send_message(
                channel.RUN_FAILED, {"run_id": run_id, "node": name, "reason": sentence}
            ),
            on_limit=lambda sentence: self._runner.send_message(
                channel.RUN_LIMITED, {"run_id": run_id, "node": name, "reason": sentence}
            ),
            nodes=invitation.get("nodes", 1),
            share=(invitation.get("part", 0), invitation.get("parts", 1)),
        )  # fmt: skip
        self._node.open()
        self._runner.send_message(channel.RUN_JOINED, {"run_id": run_id, "node": name})

    def stopping(self) -> None:
        """Tells the tenants that the run is being stopped."""
        if self._node is not None:
            self._node.stopping()

    def stop(self) -> None:
        """Closes this worker's part after its users have stopped, and sends the last rows."""
        if self._node is not None:
            self._node.close()

    def quit(self) -> None:
        """Ends in order when this process is told to quit by itself (Ctrl-C goes to workers too)."""
        if self._node is not None:
            self._runner.stop()
            self._report_drained(self._node)

    def leaves_it_to_the_master(self) -> bool:
        """Returns whether a first Ctrl-C while a run is open is left to the master, which drains this worker.

        A terminal sends Ctrl-C to forked workers and their master at once; a worker that went by itself would race with
        the master's drain, and its last rows could be lost. The second one counts.
        """
        first, self._interrupted = not self._interrupted, True
        return first and self._node is not None and not self._node.closed

    def _on_run_open(self, msg: Message, **_kwargs: object) -> None:
        invitation = msg.data
        if self._master is None:
            self._master = invitation["master"]
        if self._master != invitation["master"]:
            self._refuse(invitation["run_id"], "it belongs to another master, which is gone; it quits")
            gevent.spawn(self._runner.quit)
            return
        self._invitation = invitation

    def _refuse(self, run_id: str, reason: str, *, fatal: bool = False) -> None:
        logger.error("This worker takes no part in run %s: %s", run_id, reason)
        self._runner.send_message(channel.RUN_REFUSED, {"run_id": run_id, "reason": reason, "fatal": fatal})

    def _on_drain(self, msg: Message, **_kwargs: object) -> None:
        node = self._node
        self._runner.stop()
        if node is None or node.run_id != msg.data["run_id"]:
            payload = {"run_id": msg.data["run_id"], "node": channel.node_name(self._runner.worker_index), "rows": 0}
            self._runner.send_message(channel.DRAINED, payload)
            return
        self._report_drained(node)

    def _report_drained(self, node: Node) -> None:
        node.close()
        self._runner._send_stats()  # what Locust has not reported yet; there is no public way to say "now"
        self._runner.send_message(channel.DRAINED, {"run_id": node.run_id, "node": node.name, "rows": node.rows})

    def _on_evidence_written(self, msg: Message, **_kwargs: object) -> None:
        if self._sink is not None and self._node is not None and self._node.run_id == msg.data["run_id"]:
            self._sink.written(msg.data["rows"])

    def _on_report(self, data: dict[str, Any], **_kwargs: object) -> None:
        if self._node is not None:
            data[channel.STATS_RUN] = self._node.run_id
