"""What can't work in what a profile says of logins: how tenants prove who they are, and go on doing so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from config.positions import Path as Key
from config.profile import Profile
from config.sentences import mistyped
from config.template import placeholders
from config.unfilled import called, unfilled

Mistake = tuple[Key, str]


def of_logins(profile: Profile) -> Iterator[Mistake]:
    """Yields what can't work, as key and sentence."""
    for check in (_logins, _renewal, _proof):
        yield from check(profile)


def _logins(profile: Profile) -> Iterator[Mistake]:
    """What tenants say to prove who they are holds only what tenants have; secrets stand where they stay secret."""
    own, auth = profile.of_tenant, profile.auth
    secret, introduced = own | profile.secrets_of_tenant, own | auth.taught
    connecting = introduced | {"token", "uuid"}
    said: list[tuple[Key, object, set[str]]] = [(("target", "url"), profile.target.url, connecting)]
    said += [(("auth", "username"), place.username, introduced) for place in auth.places if place.place == "basic"]
    if auth.frame is not None:
        said.append((("auth", "frame", "send"), auth.frame.send, connecting))
    if auth.jwt is not None:
        said.append((("auth", "jwt", "claims"), auth.jwt.claims, own))
    if auth.service is not None:
        told = set(secret)
        for index, step in enumerate(auth.service.before):
            said += called(("auth", "service", "before", index), step, told)
            told = told | step.learn.keys()
        said += called(("auth", "service"), auth.service, told)
    if auth.command is not None:
        said += called(("auth", "command"), auth.command, secret, own)
    yield from unfilled(said)
    yield from _upgrade(profile, introduced)
    in_path = any(place.place == "path" for place in auth.places)
    if in_path and "token" not in placeholders(profile.target.url):
        yield ("target", "url"), "needs {token} where the token goes, since auth.place (or one of 'also') is 'path'"
    if not in_path and "token" in placeholders(profile.target.url):
        yield ("auth", "place"), "must be 'path' (or one of 'also' be it), since target.url holds {token}"
    if auth.places and auth.source in ("token", "password") and auth.source not in profile.secrets_of_tenant:
        yield (
            ("auth", "source"),
            f"is '{auth.source}', which nothing gives a tenant: name its column in tenants.columns, or let a step of "
            "provisioning learn it in learn_secret",
        )


def _upgrade(profile: Profile, known: set[str]) -> Iterator[Mistake]:
    """Where a tenant connects is the profile's word alone; braces in a header may be part of a secret."""
    host = profile.target.url.partition("://")[2].partition("/")[0].partition("?")[0]
    if taught := sorted(placeholders(host) & profile.auth.taught):
        yield (
            ("target", "url"),
            f"has {{{taught[0]}}} in its host, which an answer would choose then: write the host, and let what a login "
            "teaches stand in path or query (learn a part of an address with matches)",
        )
    yield from _headers(("target",), profile.target.headers, known)


def _headers(table: Key, headers: Mapping[str, SecretStr], known: set[str]) -> Iterator[Mistake]:
    for name, value in headers.items():
        for unknown in sorted(placeholders(value.get_secret_value()) - known):
            if meant := mistyped(unknown, sorted(known)):
                yield (*table, "headers", name), f"holds a placeholder that nothing fills{meant}"


def _renewal(profile: Profile) -> Iterator[Mistake]:
    """What renews a login names that login: by its token, or by what was learnt beside it."""
    call, given = profile.auth.refresh, {"token", *profile.auth.taught}
    if call is None:
        return
    key, known = ("auth", "renewal", "service"), profile.of_tenant | profile.secrets_of_tenant | given
    yield from unfilled(called(key, call, known))
    yield from _headers(key, call.headers, known)
    held = call.names.union(*(placeholders(value.get_secret_value()) for value in call.headers.values()))
    if not held & given:
        there = ", ".join(f"{{{name}}}" for name in sorted(given))
        yield (
            key,
            f"holds nothing that the login has given (there are: {there}), so that nobody could tell which one to "
            "renew: let auth.service.learn take the refresh token, and say it here",
        )


def _proof(profile: Profile) -> Iterator[Mistake]:
    """A token that is to be found accepted by an operation needs one that may be said on trial."""
    auth, tokens = profile.auth, profile.attempts.tokens
    if (auth.proof is not None or auth.proved_by == "operation") and profile.proof is None:
        yield (
            ("auth", "proof"),
            "should name an operation that costs nothing, as its answer shows that a token was accepted",
        )
    names = {
        name for placement in auth.places for name in placeholders(placement.username) if placement.place == "basic"
    }
    names |= placeholders(profile.target.url) | (placeholders(auth.frame.send) if auth.frame is not None else set())
    names = names.union(*(placeholders(value.get_secret_value()) for value in profile.target.headers.values()))
    if "other_name" in tokens and not names & {*profile.of_tenant, *auth.ids}:
        yield (
            ("attempts", "tokens"),
            "lists other_name, and nobody says its name beside its token: not in target.url, target.headers, "
            "[auth.frame] or auth.username of place 'basic'",
        )
