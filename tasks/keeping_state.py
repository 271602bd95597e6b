"""Reading and changing what the target keeps for the tenant."""

from __future__ import annotations

from tasks.speaker import ActingUser, needs, speaker_of


@needs("state_read")
def read_state(user: ActingUser) -> None:
    """Reads the tenant's state."""
    speaker_of(user).ask("state_read")


@needs("state_write")
def change_state(user: ActingUser) -> None:
    """Puts a fresh canary into the tenant's state."""
    speaker_of(user).ask("state_write")


@needs("state_write")
def change_and_read_back(user: ActingUser) -> None:
    """Changes the state, waits until that is done, and reads it back on the same connection."""
    speaker = speaker_of(user)
    change = speaker.ask("state_write")
    if change is not None and speaker.wait(change):
        speaker.ask("state_read", session=change.session)


@needs("history")
def read_again_and_again(user: ActingUser) -> None:
    """Repeats one statement on one connection: some plans and statements are cached only after several executions."""
    speaker = speaker_of(user)
    first = speaker.ask("history")
    for _ in range(speaker.repeats - 1):
        if first is None or not speaker.wait(first):
            return
        first = speaker.ask("history", session=first.session)
