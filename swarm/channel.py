"""The run's own messages between master and workers, over Locust's channel.

====================  ==================  ==============================================================
message               direction           payload
====================  ==================  ==============================================================
``run_open``          master to worker    run_id, key and earlier keys (hex), master (nonce), fingerprint of the
                                          profile, nodes (among how many limits are shared out), part and
                                          parts (which share of the accounts that exist is this worker's), rosters
                                          (keys in hex with the accounts of earlier runs, as pairs of number and name)
``run_joined``        worker to master    run_id, node
``run_refused``       worker to master    run_id, reason, fatal
``run_failed``        worker to master    run_id, node, reason
``run_limited``       worker to master    run_id, node, reason
``evidence``          worker to master    run_id, node, rows (count), lines (bytes), confirm (whether the worker waits)
``evidence_written``  master to worker    run_id, rows (how many of this node's are in its file), if confirm was set
``drain``             master to worker    run_id
``drained``           worker to master    run_id, node, rows (sum over all evidence)
====================  ==================  ==============================================================

Messages keep their order. A worker binds to the first master it meets; one that outlived its master refuses the next
one's run and quits, and whatever it still sends carries a run id that the master does not know.
"""

from __future__ import annotations

RUN_OPEN = "run_open"
RUN_JOINED = "run_joined"
RUN_REFUSED = "run_refused"
RUN_FAILED = "run_failed"
RUN_LIMITED = "run_limited"
EVIDENCE = "evidence"
EVIDENCE_WRITTEN = "evidence_written"
DRAIN = "drain"
DRAINED = "drained"

STATS_RUN = "isolation_run"
EARLIER_RUNS = 20  # so many runs back marks are told from noise while a run lasts


def node_name(worker_index: int) -> str:
    """Returns the name of a worker in a run; Locust never gives an index twice while its master lives."""
    return f"worker-{worker_index}"
