"""Mostly listening: what arrives unasked is inspected like everything else."""

from __future__ import annotations

from tasks.speaker import ActingUser, needs, speaker_of


@needs("ping")
def say_hello(user: ActingUser) -> None:
    """Sends a protocol ping and leaves it at that."""
    speaker_of(user).ask("ping")


@needs("state_write")
def stir(user: ActingUser) -> None:
    """Changes the state on one session, so that the target pushes the change to the tenant's other sessions."""
    speaker_of(user).ask("state_write", session=0)
