"""What a run with this profile can detect and what it can't, in words: by its profile, and by what was tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from config.plantings import postgres_plantings, redis_plantings
from config.profile import ENTRANCE, Profile
from config.template import placeholders
from evidence.records import RETURN
from swarm.trial.attempts import Tried, may_return


def will_detect(profile: Profile, tried: Tried | None = None) -> Iterator[str]:
    """Yields what a run looks for, a sentence each.

    Args:
        profile: the profile.
        tried: what came of each attempt; None if none was made.
    """
    frames, stores = profile.frames, profile.stores.named()
    yield "another tenant's marks in any frame: ids, prompts, what was stored"
    if frames.tenant:
        yield f"frames that name another tenant ({', '.join(frames.tenant)})"
    if frames.learn:
        yield f"ids handed out to two tenants ({', '.join(frames.learn)})"
    if frames.budget:
        yield f"amounts out of another tenant's band, and accounts that don't settle ({', '.join(frames.budget)})"
    if stores:
        yield f"one tenant's data in another's place in {', '.join(stores)}"
    if doors := _concluded(profile.attempts.doors, tried):
        yield f"other tenants' doors that open ({', '.join(doors)}){_just_now(doors, tried)}"
    if ways := _concluded([f"{ENTRANCE}{name}" for name in profile.attempts.entrances], tried):
        names = ", ".join(name.removeprefix(ENTRANCE) for name in ways)
        yield f"other tenants' entrances that let somebody in ({names}){_just_now(ways, tried)}"
    if tokens := _concluded([f"token: {kind}" for kind in profile.attempts.tokens], tried):
        kinds = ", ".join(name.removeprefix("token: ") for name in tokens)
        accepted = "the session opens" if profile.auth.proved_by == "opening" else "an operation is answered"
        yield (
            f"tokens that should be refused ({kinds}); one counts as accepted when {accepted} (auth.proved_by = "
            f"'{profile.auth.proved_by}'){_just_now(tokens, tried)}"
        )
    if profile.removes_tenants and profile.workload.departures:
        after = " and whether its token still lets somebody in" if may_return(profile) else ""
        refused = tried is not None and tried.get(RETURN, ("", ""))[0] == "refused"
        just_now = "; it was refused just now" if refused else ""
        yield f"what outlives a tenant that is removed in the run{after}{just_now}"


def will_not_detect(profile: Profile, tried: Tried | None = None) -> Iterator[str]:
    """Yields what stays unseen, and which key would change that, a sentence each; ``tried`` as above."""
    frames, operations, stores = profile.frames, profile.operations, profile.stores
    if not stores.all_redis():
        yield "what lies in Redis or another cache, for there is no [stores.redis]"
    if not stores.all_postgres():
        yield "what lies in Postgres, for there is no [stores.postgres]"
    if not frames.tenant:
        yield "a frame that names another tenant by a name without a mark, for frames.tenant is empty"
    if not frames.budget and not any(store.budgets for store in stores.named().values()):
        yield "one tenant spending another's budget, for neither frames.budget nor a store's budgets say where it is"
    elif not any(operation.cost for operation in operations.all().values()):
        yield "a wrong charge, for no operation has a cost"
    if frames.budget and not any(store.budgets for store in stores.named().values()):
        yield "accounts in a store, for no store says where budgets lie (stores.….budgets)"
    if frames.budget and not profile.refusal.budget:
        yield "a budget that is not enforced, for refusal.budget has no code that says it is spent"
    if not frames.learn:
        yield "ids shared by two tenants, for frames.learn names none"
    if not profile.attempts.doors and not profile.attempts.entrances:
        yield (
            "doors that open to others, for there are no [attempts.doors] or [attempts.entrances]: nobody asks for "
            "what is another's"
        )
    if not profile.attempts.tokens:
        yield "bad tokens that let somebody in, for attempts.tokens is empty"
    yield from _untried(profile, tried)
    if not profile.removes_tenants or not profile.workload.departures:
        yield "what outlives its tenant, for nothing says how one is removed, or workload.departures is 0"
    elif not profile.provisioning.revokes:
        yield "a removed tenant that is let in again, for provisioning.revokes is false"
    if operations.resume is None:
        yield "a session resumed by somebody else, for there is no [operations.resume]"
    if not any(operation.shows_own for operation in operations.all().values()):
        yield "a read that comes back empty, for no operation says shows_own"
    for name in stores.named():
        if name not in _kept(profile):
            yield f"whether {name} was read whole, for nothing is known to lie there: planted canaries, or stored_in"


def _concluded(names: Iterable[str], tried: Tried | None) -> list[str]:
    """Those that were found shut or open, or were answered; all of them if none was tried."""
    if tried is None:
        return list(names)
    return [name for name in names if name in tried and tried[name][0] in ("refused", "granted", "answered")]


def _just_now(names: Sequence[str], tried: Tried | None) -> str:
    if tried is None:
        return ""
    opened, answered = ([name for name in names if tried[name][0] == outcome] for outcome in ("granted", "answered"))
    if not opened and not answered:
        return "; each was refused just now"
    let_in = f"; let in just now: {', '.join(opened)}" if opened else ""
    return let_in + (
        f"; answered just now, and what came of it is seen later: {', '.join(answered)}" if answered else ""
    )


def _untried(profile: Profile, tried: Tried | None) -> Iterator[str]:
    if tried is None:
        return
    for kind, names in (
        ("door", list(profile.attempts.doors)),
        ("entrance", [f"{ENTRANCE}{name}" for name in profile.attempts.entrances]),
        ("", [f"token: {kind}" for kind in profile.attempts.tokens]),
    ):
        for name in sorted(set(names) - set(_concluded(names, tried))):
            outcome, detail = tried.get(name, ("not_tried", "the trial did not get so far"))
            why = "could not be tried" if outcome == "not_tried" else "ended neither refused nor let in"
            what = (
                f"the {kind} {name.removeprefix(ENTRANCE)}" if kind else f"a bad token ({name.removeprefix('token: ')})"
            )
            yield f"whether {what} lets somebody in, for an attempt {why}: {detail or 'no answer'}"


def _kept(profile: Profile) -> set[str]:
    """The stores of which it is known that they keep something of ours."""
    kept = {store for operation in profile.operations.all().values() for store in operation.stored_in}
    canaries = ("context", "state", "secret", "row")
    for rows in postgres_plantings(profile):
        if any(f"%({name})s" in statement for statement in rows.create for name in canaries):
            kept.add(rows.name)
    kept |= {keys.name for keys in redis_plantings(profile) if placeholders(keys.create) & set(canaries)}
    return kept
