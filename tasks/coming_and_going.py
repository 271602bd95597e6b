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


_READS = ("state_read", "history", "state_read")
_READ_TAKES_MS = (0.0, 3.0)


def vanish_mid_read(user: ActingUser) -> None:
    """Sends a few reads and drops the connection at once, reconnects and resumes; the reads are lost.

    A read is answered within a few milliseconds: the pause that lets a chat begin would let every read end. What is cut
    off here leaves a reply on the pooled connection that read it, for whoever is next in line.
    """
    speaker = speaker_of(user)
    session = speaker.random.randrange(speaker.sessions)
    asked = [speaker.ask(name, session=session) for name in _READS]
    if not any(asked):
        return
    speaker.pause(*_READ_TAKES_MS)
    speaker.drop(session)
    speaker.pause(5, 150)
    speaker.reopen(session, resume=True)


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
