"""Why a tenant could not connect, as a sentence with the keys to look at. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from config.address import shown
from config.auth import OpeningFrame
from config.profile import Profile
from evidence.records import ConnectFailed
from swarm.trial.hints import Heard
from users.frame_reader import FrameReader


def why_not_connected(profile: Profile, failed: ConnectFailed | None, said: str, heard: Sequence[Heard]) -> str:
    """Returns what failed and what to do.

    Args:
        profile: the profile.
        failed: the evidence of it, if there is any.
        said: what the session said.
        heard: the frames that came before it was given up.
    """
    where = shown(profile.target.url)
    stage, status = (failed.stage, failed.status) if failed is not None else ("", None)
    detail = failed.detail if failed is not None else said
    if stage == "auth" and profile.auth.frame is not None and (failed is None or status is None) and heard:
        return _not_let_in(profile, profile.auth.frame, detail, _kinds(profile, heard))
    if stage == "auth":
        return f"no token: {detail}; look at [auth.{profile.auth.source}]"
    if stage == "ready":
        return _not_ready(profile, detail, heard)
    if status in (401, 403):
        places = ", ".join(placement.place for placement in profile.auth.places) or "none"
        return (
            f"{where} refused the tenant with {status}: is the token where the target wants it (auth.place is "
            f"{places}), made as it wants it ([auth.{profile.auth.source}]), and does the tenant exist?"
        )
    if status == 404:
        return f"{where} answered 404: there is no WebSocket at this path; correct target.url"
    if status is not None:
        return (
            f"{where} answered {status} in place of an upgrade: is this its WebSocket address (target.url), and does "
            "it want target.subprotocols, target.origin or target.headers?"
        )
    if stage == "tls":
        return f"{where}: no TLS connection: {detail}; is it wss://, and is its certificate issued by who is trusted?"
    if stage == "tcp" and "refused" in detail.lower():
        return f"{where}: connection refused: is the target running, and are host and port of target.url right?"
    return f"{where}: {detail}: is target.url right, and target.connect_timeout_s long enough?"


def _not_let_in(profile: Profile, frame: OpeningFrame, detail: str, kinds: Sequence[str]) -> str:
    if "subprotocol" in detail.lower():
        offered = ", ".join(profile.target.subprotocols) or "none"
        return (
            f"{detail}: correct target.subprotocols (offered: {offered}); a target.dialect such as "
            "graphql-transport-ws or stomp offers its own"
        )
    if not kinds:
        return (
            f"{detail}, and no frame came before: is auth.frame.send what the target expects, and the token made as it "
            "wants it?"
        )
    return (
        f"{detail}; frames of types {', '.join(kinds[:4])} came: those that let a tenant in are "
        f"auth.frame.accepted ({', '.join(frame.accepted)}); is the token made as the target wants it?"
    )


def _not_ready(profile: Profile, detail: str, heard: Sequence[Heard]) -> str:
    different = _kinds(profile, heard)
    if not different:
        return f"{detail}, and no other frame either: leave frames.ready out if the target says nothing of its own"
    read_at = f"the type is read at '{', '.join(profile.frames.type)}'"
    if set(different) <= {"?", "None"}:
        return f"{detail}; frames without a type came ({read_at}): correct frames.type, or leave it to the dialect"
    return (
        f"{detail}; frames of types {', '.join(different[:4])} came: "
        f'did you mean frames.ready = "{different[0]}"? ({read_at})'
    )


def _kinds(profile: Profile, heard: Sequence[Heard]) -> list[str]:
    reader = FrameReader(profile)
    kinds = [reader.kind(frame.document) for frame in heard if frame.document is not None]
    return list(dict.fromkeys(kinds))
