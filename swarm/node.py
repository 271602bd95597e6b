"""A process that runs tenants: joins a run, keeps its tenants alive, and closes its part of the evidence."""

from __future__ import annotations

from locust import __version__ as locust_version
from locust.env import Environment

import os
import platform
import socket
import time
from collections.abc import Callable, Sequence

import gevent
from gevent.pool import Pool

from config.profile import Profile
from evidence.earlier_accounts import Rosters
from evidence.marks import RunKey
from evidence.records import FRAMES_CUT, ControlCaught, Exposures, Gap, NodeEnded, NodeStarted, Row, TenantLedger
from swarm.provisioning import Provisioner
from swarm.sampler import Sampler
from swarm.sinks import Sink, flush_regularly
from users.allowance import Allowance
from users.control import try_control
from users.run import NodeRun

_KEEP_S = 0.25
_CLOSING_AT_ONCE = 500


class Node:
    """This process's part of one run.

    Args:
        environment: Locust's environment.
        run_id: the run's id.
        name: this process's name in the run.
        worker_index: Locust's ordinal of this worker.
        key: the run's mark key.
        profile: the target profile.
        sink: where evidence goes.
        on_failure: told, in a sentence, when the run can't go on.
        on_limit: told, in a sentence, when the run has reached a limit of the profile and is to be ended.
        nodes: among how many processes the profile's limits are shared out.
        share: which share of the accounts that exist is this one's, from 0, and how many shares there are.
        earlier: keys of other runs against the same target.
        rosters: who played in those, where tenants are accounts that exist.
    """

    def __init__(
        self, environment: Environment, *, run_id: str, name: str, worker_index: int, key: RunKey, profile: Profile,
        sink: Sink, on_failure: Callable[[str], None], on_limit: Callable[[str], None], nodes: int = 1,
        share: tuple[int, int] = (0, 1), earlier: Sequence[RunKey] = (), rosters: Rosters | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.run_id = run_id
        self._sink = sink
        self._closed = False
        self._totals = {"sent": 0, "answered": 0, "refused": 0, "unknown": 0}
        limits = profile.limits
        tenants = Provisioner(
            profile, key, name, worker_index, self._record, on_failure, sink.hand_over,
            limits.tenants // nodes if limits.tenants else None, on_limit, share=share,
        )  # fmt: skip
        rate = limits.requests_per_second
        self.run = NodeRun(
            environment, run_id=run_id, node=name, worker_index=worker_index, key=key, profile=profile, sink=self,
            tenants=tenants, earlier=earlier, rosters=rosters, on_limit=on_limit, names=tenants.names,
            allowance=Allowance(rate / nodes, time.perf_counter()) if rate else None,
        )  # fmt: skip
        self._greenlets: list[gevent.Greenlet[..., None]] = []

    @property
    def closed(self) -> bool:
        """Whether its part of the run is over."""
        return self._closed

    @property
    def rows(self) -> int:
        """How many rows this node has written."""
        return self._sink.rows

    def record(self, row: Row) -> None:
        """Writes a row of evidence down, and adds a closed ledger to this node's totals."""
        self._record(row)
        if isinstance(row, TenantLedger):
            self._totals["sent"] += row.sent
            self._totals["answered"] += row.answered
            self._totals["refused"] += row.refused
            self._totals["unknown"] += row.unknown_requests

    def _record(self, row: Row) -> None:
        self._sink.record(row)

    def open(self) -> None:
        """Begins: tenants may start as soon as the live control has been tried."""
        self._record(
            NodeStarted(
                self.name, self.run.worker_index, socket.gethostname(), os.getpid(), time.time(), locust_version,
                platform.python_version(), "kernel" if platform.system() == "Linux" else "process",
            )
        )  # fmt: skip
        self.run.attach()
        profile = self.run.profile
        sampler = Sampler(self.name, self._record, self._load, profile.thresholds.generator_lag_ms)
        self._greenlets = [
            gevent.spawn(self._control),
            gevent.spawn(self._keep),
            gevent.spawn(sampler.run),
            gevent.spawn(flush_regularly, self._sink),
        ]

    def stopping(self) -> None:
        """Tells tenants that the run is being stopped: nobody reconnects any more."""
        self.run.stopping = True

    def close(self) -> None:
        """Ends what is still open, writes the last rows and hands them over. May be called again.

        Users have stopped by now; whoever was killed before its own clean-up ran is finished here, so that no request
        goes uncounted.
        """
        if self._closed:
            return
        self._closed = True
        self.stopping()
        gevent.killall(self._greenlets)
        # All at once: each may wait for its peer to say good-bye.
        pool = Pool(_CLOSING_AT_ONCE)
        for acting in list(self.run.acting.values()):
            pool.spawn(acting.finish, "user stopped")
        pool.join()
        self.run.detach()
        self._record(Exposures(self.name, {**self.run.exposures, **_cut(self.run.oracle.cut)}))
        self._record(NodeEnded(self.name, time.time(), self._sink.rows, **self._totals))
        self._sink.close()

    def _control(self) -> None:
        caught = ControlCaught(self.name, time.time(), False, "it was not answered before the run ended")
        try:
            caught = try_control(self.run)
        except Exception as error:  # whatever it is, it is not a catch
            caught = ControlCaught(self.name, time.time(), False, f"the live control crashed: {type(error).__name__}")
        finally:
            self._record(caught)

    def _keep(self) -> None:
        while True:
            gevent.sleep(_KEEP_S)
            now_s = time.perf_counter()
            for acting in list(self.run.acting.values()):
                acting.keep(now_s)

    def _load(self) -> tuple[int, int]:
        acting = list(self.run.acting.values())
        return len(acting), sum(presence.in_flight for presence in acting)

    def gap(self, what: str, *, fatal: bool = False) -> None:
        """Writes down what should have been and was not."""
        self._record(Gap(self.name, time.time(), what, fatal))


def _cut(frames: int) -> dict[str, int]:
    return {FRAMES_CUT: frames} if frames else {}
