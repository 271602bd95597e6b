"""A run as those see it who are no part of its load: the live control, and who comes back after its removal."""

from __future__ import annotations

from config.profile import Profile
from evidence.records import IdLearnt, Row, SightingSeen
from evidence.secrecy import KnownSecrets
from users.hooks import IsolationEvents
from users.run import NodeRun


class Aside(NodeRun):
    """Shares tenants and profile with the run. Nothing of what happens here is counted, reported or written down.

    What leaks here is: it belongs to somebody real.

    Args:
        run: the run to stand beside.
        profile: what to connect by, in place of the run's profile.

    Attributes:
        rows: what would have been written down.
    """

    def __init__(self, run: NodeRun, profile: Profile | None = None) -> None:
        super().__init__(
            run.environment, run_id=run.run_id, node=run.node, worker_index=run.worker_index, key=run.key,
            profile=profile or run.profile, sink=run.sink, tenants=run.tenants, names=run.naming,
        )  # fmt: skip
        self._beside = run
        self.hooks = IsolationEvents()
        self.oracle = run.oracle.beside()  # an id of somebody's is known for it here, too
        self.listener = run.listener
        self.rows: list[Row] = []

    @property
    def secrets(self) -> KnownSecrets:
        """Those of the run."""
        return self._beside.secrets

    def record(self, row: Row) -> None:
        """Writes down a sighting, and an id by which a tenant goes; keeps everything else."""
        if isinstance(row, SightingSeen) or (isinstance(row, IdLearnt) and row.names_tenant):
            self.sink.record(row)
        else:
            self.rows.append(row)

    def report(
        self, request_type: str, name: str, ms: float | None, length: int = 0, *, error: Exception | None = None
    ) -> None:
        """Reports nothing."""
