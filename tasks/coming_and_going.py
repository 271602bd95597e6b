"""Dropping out in the middle of a request, coming back, resuming."""

from __future__ import annotations

from tasks.speaker import ActingUser, speaker_of


def vanish_mid_request(user: ActingUser) -> None:
    """Sends a message, drops the connection a few milliseconds later, reconnects, resumes and awaits the answer.

    The pause is long enough for the target to have taken the request up and too short for it to have answered: this is
    when a cancelled request leaves a pooled connection one reply out of step.
    """
    speaker = speaker_of(user)
    request = speaker.ask("chat")
    if request is None:
        return
    speaker.pause(*speaker.drop_after_ms)
    speaker.drop(request.session)
    speaker.pause(5, 150)
    speaker.reopen(request.session, resume=True)
    speaker.wait(request)


def come_and_go(user: ActingUser) -> None:
    """Closes a session properly, stays away for a moment, and opens a new one."""
    speaker = speaker_of(user)
    session = speaker.random.randrange(speaker.sessions)
    speaker.leave(session)
    speaker.pause(20, 400)
    speaker.reopen(session, resume=False)
    speaker.ask("history", session=session)


def return_together(user: ActingUser) -> None:
    """Stays away until many others return at the same moment: some caches leak only when everybody arrives at once."""
    speaker = speaker_of(user)
    session = speaker.random.randrange(speaker.sessions)
    speaker.leave(session)
    speaker.wait_for_burst()
    speaker.reopen(session, resume=False)
    speaker.ask("state_read", session=session)
