"""What can't work in what a profile says of other tenants' entrances, beside the login that they stand in for."""

from __future__ import annotations

from collections.abc import Iterator

from config.attempts import VICTIM, Entrance
from config.messages import PLACEHOLDERS
from config.positions import Path as Key
from config.profile import Profile
from config.template import placeholders
from config.unfilled import unfilled

Mistake = tuple[Key, str]
_APART = PLACEHOLDERS - {"message_id", "test_id", "prompt", "canary", "state_canary"}
"""What fills a message that is no request."""


def of_entrances(profile: Profile) -> Iterator[Mistake]:
    """Yields what can't work, as key and sentence."""
    own = profile.of_tenant | profile.auth.taught
    victims = {f"{VICTIM}{name}" for name in (*profile.learnt_names, *profile.of_tenant, *profile.auth.ids)}
    known, learnt = own | victims | {"token", "uuid"}, set(profile.learnt_names)
    for name, entrance in profile.attempts.entrances.items():
        key = ("attempts", "entrances", name)
        yield from unfilled([
            ((*key, "url"), entrance.url, known),
            ((*key, "send"), entrance.send, known),
            ((*key, "then"), entrance.then, known | learnt | _APART),
        ])  # fmt: skip
        yield from _stands_in(profile, key, entrance)


def _stands_in(profile: Profile, key: Key, entrance: Entrance) -> Iterator[Mistake]:
    """Where a good login shows its token, one without is refused for the lack of it, and proves nothing."""
    frame, url = profile.auth.frame, entrance.url
    lacks = "needs {token} where %s has it: without it somebody is refused for the lack of a token"
    if url is not None:
        if placeholders(url.partition("://")[2].partition("/")[0].partition("?")[0]):
            yield (*key, "url"), "has a placeholder in its host, which an answer would choose then: write the host"
        if _shows_token(profile.target.url) and not _shows_token(url):
            yield (*key, "url"), lacks % "target.url"
    if entrance.send is not None:
        if frame is None:
            yield (*key, "send"), "is said in place of auth.frame.send, and there is no [auth.frame]"
        elif _shows_token(frame.send) and not _shows_token(entrance.send):
            yield (*key, "send"), lacks % "auth.frame.send"


def _shows_token(said: object) -> bool:
    return "token" in placeholders(said)
