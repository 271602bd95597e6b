"""Start a process that does not outlive us.

On Linux the child asks the kernel for a signal at its parent's death (``prctl(PR_SET_PDEATHSIG)``). The kernel counts
the death of the *thread* that started the child, so servers are started from the main thread. On other systems there
is no such call: there a ``Guardian`` given by the caller watches instead, and without one a killed parent leaves its
servers running.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from target.embedded.folders import Account
from target.embedded.guardian import Guardian

PR_SET_PDEATHSIG = 1


def launch(
    arguments: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGKILL,
    log_path: Path | None = None,
    account: Account | None = None,
    cwd: str | Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin_text: str | None = None,
    pass_fds: Sequence[int] = (),
    new_session: bool = True,
    guardian: Guardian | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``arguments`` so that it gets ``death_signal`` when this process dies.

    Args:
        arguments: The program and its arguments. Put no secret here: everybody on the machine can read them.
        death_signal: Sent to the child at our death.
        log_path: Standard output and error are appended here; without it they are ours.
        account: The account to run as; ours if None.
        cwd: The child's working folder.
        environment: The child's whole environment; ours if None.
        stdin_text: Written to the child's standard input, which is then closed; the place for secrets.
        pass_fds: File descriptors the child inherits.
        new_session: Keep the terminal's Ctrl-C from the child.
        guardian: Told to watch the child too.

    Raises:
        OSError: the program can't be started.
    """
    log = log_path.open("ab") if log_path else None
    try:
        process = subprocess.Popen(
            [os.fspath(argument) for argument in arguments],
            stdin=subprocess.PIPE if stdin_text is not None else (subprocess.DEVNULL if new_session else None),
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            pass_fds=pass_fds,
            start_new_session=new_session,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_follow_parent(death_signal),
        )
    finally:
        if log:
            log.close()
    if guardian:
        guardian.watch(process.pid, death_signal)
    if process.stdin is not None and stdin_text is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:  # a child that ended at once is noticed by its owner
            process.stdin.write(stdin_text.encode())
    return process


def _follow_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def follow() -> None:
        # Runs in the child after the change of user, which would have cleared the setting.
        prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died in between, and the kernel only tells of later deaths
            os._exit(1)

    return follow
