"""What the schema of each table can't see: keys that are right by themselves and can't work, or not together.

Each check yields the key and a sentence that begins after it. They look at a whole, valid profile; so all that do not
hold are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import jwt

from config.entrance_consistency import of_entrances
from config.login_consistency import of_logins
from config.messages import PLACEHOLDERS, Operation
from config.positions import Path as Key
from config.postgres_store import PostgresStore
from config.profile import Profile
from config.provisioning import PROVISIONED
from config.redis_store import Command, RedisStore
from config.sentences import mistyped, written
from config.stores import Store
from config.template import fill_text, placeholders
from config.tenant_consistency import of_tenants
from config.texts import CANARY_LENGTH, OWN_TEXTS, texts_of
from config.tokens import TokenService
from config.writes import SQL_NAME

Mistake = tuple[Key, str]

_REDIS = ("redis://", "rediss://", "unix://")
_POSTGRES = ("postgresql://", "postgres://")
_RECOGNISABLE = {"canary", "prompt", "state_canary", "message_id", "test_id"}


def mistakes(profile: Profile) -> Iterator[Mistake]:
    """Yields what can't work, as key and sentence."""
    own = (_tokens, _learnt, _ends, _replies, _texts, _addresses, _statements, _commands, _workload)
    for check in (*own, of_logins, of_tenants, of_entrances):
        yield from check(profile)


def _tokens(profile: Profile) -> Iterator[Mistake]:
    signed = profile.auth.jwt
    if signed is None:
        return
    known = sorted({*jwt.algorithms.get_default_algorithms()} - {"none"})
    if signed.algorithm not in known:
        yield (
            ("auth", "jwt", "algorithm"),
            f"is no algorithm of JSON Web Tokens{mistyped(signed.algorithm, known)} (there are: {', '.join(known)})",
        )


def _learnt(profile: Profile) -> Iterator[Mistake]:
    learn: list[tuple[Key, str]] = [(("frames", "learn"), name) for name in profile.frames.learn]
    learn += [((*key, "learn"), name) for key, operation in _said(profile) for name in operation.learn]
    for key, name in learn:
        if name in PLACEHOLDERS:
            yield (*key, name), f"can't be learnt, as {{{name}}} is filled by us; choose another name"
    if profile.auth.asked is not None:
        yield from _taught(profile, profile.auth.asked, {name: key for key, name in learn})


def _taught(profile: Profile, service: TokenService, of_frames: Mapping[str, Key]) -> Iterator[Mistake]:
    """What a login teaches goes where all other placeholders go, so that each name means one thing."""
    here: Key = ("auth", "service")
    steps = [((*here, "before", index, "learn"), step.learn) for index, step in enumerate(service.before)]
    for key, learn in (*steps, ((*here, "learn"), service.learn)):
        for name in learn:
            if name in PLACEHOLDERS:
                yield (*key, name), f"can't be learnt, as {{{name}}} is filled by us; choose another name"
            elif name in profile.of_tenant | profile.secrets_of_tenant:
                what = "its account or provisioning"
                yield (*key, name), f"can't be learnt, as a tenant has its {{{name}}} by {what}; choose another name"
            elif name in of_frames:
                where = written((*of_frames[name], name))
                yield (
                    (*key, name),
                    f"can't be learnt, as {{{name}}} is learnt from frames ({where}); choose another name",
                )


def _ends(profile: Profile) -> Iterator[Mistake]:
    for key, operation in _said(profile):
        ended = operation.ends or operation.ends_when or operation.ends_after or operation.ends_after_silence_s
        if not ended and operation.reply_by != "none":
            yield (
                (*key, "ends"),
                "is missing: name the kinds of the final frame, or say ends_when, ends_after or ends_after_silence_s, "
                "or reply_by = 'none' if nothing is answered",
            )
        for refusing in sorted({*profile.refusal.type} & {*operation.ends}):
            what = f"lists '{refusing}', which is refusal.type"
            yield (*key, "ends"), f"{what}, so a refusal would count as an answer: remove it"


def _replies(profile: Profile) -> Iterator[Mistake]:
    """What it takes to know a reply in the way that the profile says."""
    by_id = [key for key, operation in _said(profile) if profile.reply_by(operation) == "id"]
    if by_id and not profile.frames.request_id:
        yield (
            ("frames", "request_id"),
            f"is missing, and the reply to {'.'.join(map(str, by_id[0]))} is known by its id: needs one entry at least "
            "(or say frames.reply_by)",
        )
    for key, operation in _said(profile):
        by, needs = profile.reply_by(operation), ""
        if by == "id" and not operation.carries_id:
            needs = "an id in send: {message_id}, {test_id}, {uuid} or {counter}"
        elif by == "server_id" and not (profile.frames.server_id and operation.acknowledged):
            needs = "frames.server_id and acknowledged, the kind of the frame that teaches the service's id"
        elif by == "content" and placeholders(operation.send).isdisjoint(_RECOGNISABLE):
            needs = "something in send to know it by: {canary}, {prompt}, {state_canary}, {message_id} or {test_id}"
        if needs:
            yield (*key, "reply_by"), f"is '{by}', which needs {needs}"


def _texts(profile: Profile) -> Iterator[Mistake]:
    """A limit that ordinary texts can't keep, or that concerns none of ours."""
    canary = dict.fromkeys(OWN_TEXTS, "c" * CANARY_LENGTH)
    for key, operation in _said(profile):
        limit = operation.text_limit
        if limit is None:
            continue
        # What else fills placeholders is not known yet, and may be short.
        texts = [fill_text(text, dict.fromkeys(placeholders(text)) | canary) for text in texts_of(operation.send)]
        needed = max(map(limit.length, texts), default=0)
        if not texts:
            yield (
                (*key, "text_limit"),
                "is for texts with {prompt}, {canary} or {state_canary}, and send has none: remove it",
            )
        elif needed > limit.most:
            yield (
                (*key, "text_limit", "most"),
                f"is {limit}, and the shortest text of send that names its owner has {needed}: raise it, or leave "
                "{prompt}, {canary} and {state_canary} out of send if the service takes no more",
            )


def _said(profile: Profile) -> Iterator[tuple[Key, Operation]]:
    for key, operation in profile.said.items():
        yield tuple(key.split(".")), operation


def _addresses(profile: Profile) -> Iterator[Mistake]:
    for key, store in _stores(profile):
        schemes = _REDIS if isinstance(store, RedisStore) else _POSTGRES
        for name, url in (("url", store.url), ("write_url", store.write_url)):
            text = url.get_secret_value() if url is not None else schemes[0]
            plain = store.kind == "postgres" and "://" not in text and ("=" in text or not text)
            if not plain and not text.startswith(schemes):
                words = ", or hold words such as host=… dbname=…" if store.kind == "postgres" else ""
                yield (*key, name), f"should begin with {' or '.join(schemes)}{words}"


def _stores(profile: Profile) -> Iterator[tuple[Key, Store]]:
    """Every store, with the key of its table."""
    stores = profile.stores
    for name, store in stores.named().items():
        if name in ("redis", "postgres"):
            yield ("stores", name), store
        else:
            yield ("stores", "more_redis" if name in stores.more_redis else "more_postgres", name), store


def _statements(profile: Profile) -> Iterator[Mistake]:
    general = profile.provisioning
    said: list[tuple[Key, tuple[str, ...]]] = [
        (("provisioning", "sql_create"), general.sql_create),
        (("provisioning", "sql_remove"), general.sql_remove),
    ]
    for key, store in _stores(profile):
        if isinstance(store, PostgresStore):
            said += [((*key, "create"), store.create), ((*key, "remove"), store.remove)]
    for place, statements in said:
        for index, statement in enumerate(statements):
            key = (*place, index)
            if braces := sorted(placeholders(statement) & PROVISIONED):
                yield key, f"holds {{{braces[0]}}}, which stays as it is in SQL; write %({braces[0]})s, without quotes"
            unknown = sorted(set(SQL_NAME.findall(statement)) - _known(profile))
            if unknown:
                yield key, _nothing_fills(f"%({unknown[0]})s", unknown[0], profile)


def _commands(profile: Profile) -> Iterator[Mistake]:
    said: list[tuple[Key, tuple[Command, ...]]] = [
        (("provisioning", "redis_create"), profile.provisioning.redis_create),
        *(((*key, "create"), store.create) for key, store in _stores(profile) if isinstance(store, RedisStore)),
    ]
    for place, commands in said:
        for index, command in enumerate(commands):
            key = (*place, index)
            if not command:
                yield key, 'is empty: a command is a list of words, such as ["SET", "left:{tenant}", "{budget}"]'
            unknown = sorted(placeholders(command) - _known(profile))
            if unknown:
                yield key, _nothing_fills(f"{{{unknown[0]}}}", unknown[0], profile)


def _known(profile: Profile) -> set[str]:
    """What fills provisioning; accounts that exist bring names of their own."""
    del profile
    return set(PROVISIONED)


def _nothing_fills(written: str, name: str, profile: Profile) -> str:
    known = sorted(_known(profile))
    return f"nothing fills {written}{mistyped(name, known)} (there are: {', '.join(known)})"


def _workload(profile: Profile) -> Iterator[Mistake]:
    low, high = profile.workload.drop_after_ms
    if not 0 <= low <= high:
        yield (
            ("workload", "drop_after_ms"),
            f"should be two times of which the first is the shorter, found {low:g}, {high:g}",
        )
    if not any(profile.workload.mix.model_dump().values()):
        yield ("workload", "mix"), "leaves every kind of tenant out; at least one needs a weight"
