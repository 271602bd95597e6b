"""Leaving secrets out of a result: of the profile, of accounts and token files, and the tokens that tenants have shown.

What a result says of frames and rows was cut from them without whatever looks like a credential. Here is what has no
such looks, and what a place is called: a key of a Redis may be named after a session's token.
"""

from __future__ import annotations

from checker.redis_sightings import pattern_of
from checker.result import Result
from checker.summary import Summary
from config.profile import Profile
from config.secrets import secrets_of
from evidence.marks import RunKey
from evidence.secrecy import KnownSecrets

_EXCERPT = "excerpt"


def concealed(result: Result, summary: Summary, profile: Profile, key: RunKey) -> Result:
    """Returns the result without any secret that the profile or the evidence tells."""
    secrets = secrets_of(profile)
    # A key named after a secret gives its name to a pattern, where numbers have become stars.
    patterns = {pattern_of(secret.encode("utf-8", "replace")).decode("utf-8", "replace") for secret in secrets}
    known = KnownSecrets.of_run(secrets | patterns, key)
    known.fingerprints |= summary.token_fingerprints
    return Result.model_validate(_concealed(result.model_dump(), known))


def _concealed(value: object, known: KnownSecrets, name: str = "") -> object:
    if isinstance(value, str):
        return known.hide_in_excerpt(value) if name == _EXCERPT else known.hide_in_names(value)
    if isinstance(value, dict):
        return {
            known.hide_in_names(key) if isinstance(key, str) else key: _concealed(inner, known, str(key))
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_concealed(inner, known) for inner in value]
    return value
