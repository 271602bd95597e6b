"""What is known of each kind of finding: what usually causes it, and what to look at first.

By the names of ``evidence.findings.FindingKind``. ``docs/findings/`` has a page for each kind that says more.
"""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = "docs/findings"


@dataclass(frozen=True, slots=True)
class Guide:
    """What an engineer needs first when a kind of finding was reported.

    Attributes:
        causes: what usually causes it, the commonest first; each names a mechanism.
        first: what to look at first, in this order.
        innocent: what looks like it and is none, and how the profile says so.
    """

    causes: tuple[str, ...]
    first: tuple[str, ...]
    innocent: str


GUIDES: dict[str, Guide] = {
    "misrouted-reply": Guide(
        causes=(
            "A cancelled or timed-out request leaves a pooled connection one reply out of step.",
            "Request ids collide in a multiplexer that several sessions share.",
            "A subscription or room delivers to more sessions than its member's.",
            "A session is resumed by its id alone, and its missed frames go to whoever asked.",
        ),
        first=(
            "Compare the time with drops, time-outs and errors of the same second: a cancelled request points to a "
            "pooled connection out of step.",
            "Compare the recipient's connection: its first frames after a reconnect point to resumption, frames that "
            "nobody asked for point to a subscription.",
            "Look whether frames of one pair of tenants keep coming (a connection stays out of step) or stop.",
        ),
        innocent="None is known: a message id is minted for one session and never sent on another.",
    ),
    "foreign-content": Guide(
        causes=(
            "A cache key lacks its tenant, or is cut so that two tenants share it.",
            "A query runs without its tenant filter, through a view with its owner's rights, or on a pooled database "
            "session that keeps the last tenant's setting.",
            "A subscription pattern matches a longer name, or a room outlives its member.",
            "A history or state belongs to whoever was there before: a thread-local, a device, a re-used agent.",
            "An error text, close reason or trace quotes another tenant's request.",
        ),
        first=(
            "Look at the frame's type: a history or list points to a query or cache, a push to a subscription, an "
            "error to its text.",
            "Look at the mark in the excerpt: prompt, state, secret or context says which table or key it was read "
            "from.",
            "Ask for the same again as the recipient, alone: what shows again is a query or a stored row, what does "
            "not is a cache, a pool or a race.",
        ),
        innocent="A feature that shows one tenant's words to another on purpose (a shared room): leave it out of the "
        "workload, which takes tenants for strangers.",
    ),
    "wrong-identity": Guide(
        causes=(
            "Ambient context of the last tenant is used: a thread-local under asyncio, a context variable lost in a "
            "callback, a client object shared by everybody.",
            "An identity is cached under too short a key: part of the token, the address, the device.",
            "A token check takes the tenant from a claim that nothing verified.",
            "A pooled object (agent, session, connection) is handed on without being reset.",
        ),
        first=(
            "Look whether the rest of the frame is the recipient's own: then only the name is wrong, and the ambient "
            "context is the first suspect.",
            "Look who acted on the same worker just before: the owner is often the tenant served last.",
            "Look in the stores for rows filed under the wrong tenant at the same time (misfiled-data).",
        ),
        innocent="A field that names a partner on purpose (the sender in a room): leave it out of frames.tenant. A "
        "name that is nobody's: put it into frames.nobody.",
    ),
    "foreign-budget": Guide(
        causes=(
            "The amount is read under the wrong identity: ambient context, or an identity cached too long.",
            "The key or cache entry of the budget lacks its tenant.",
            "One quota bucket serves all tenants behind one address, plan or worker.",
        ),
        first=(
            "Compare with account-mismatch findings of the same tenants: both say that charges go there too, none "
            "says that the amount is only shown.",
            "Read both tenants' amounts in the stores and compare them with the amount in the excerpt.",
            "Look whether one request shows it (a race) or all of a session (a wrong identity).",
        ),
        innocent="A field that holds another kind of large number: leave it out of frames.budget.",
    ),
    "shared-id": Guide(
        causes=(
            "Ids are made from the time, a counter of one process, a short hash or part of the tenant's name.",
            "A pooled agent, thread or session is handed to the next tenant while the first still has it.",
            "A cache answers with the object that was created for another tenant.",
        ),
        first=(
            "Look up the id in the service's tables: one row means a shared object, two mean colliding ids.",
            "Compare the two times: the same moment points to colliding ids, one after the other to re-use.",
            "Look whether the two tenants were on one worker or on two.",
        ),
        innocent="An id of something that all tenants share on purpose (a model, an assistant): leave it out of "
        "frames.learn.",
    ),
    "account-mismatch": Guide(
        causes=(
            "Read, change and write without a lock: an update is lost.",
            "A retry charges twice for one request.",
            "A charge goes to another tenant's budget: a wrong identity in the billing path.",
            "The amount is kept in two stores, and one of them was not changed.",
        ),
        first=(
            "Look at the difference: the price of one request (lost or doubled), another tenant's difference with the "
            "other sign (a charge that went astray), or anything (another price than the profile says).",
            "Compare the places of the same tenant: if only one store is off, the two writes are not one.",
            "Look for the service's retries, time-outs and restarts at that time.",
        ),
        innocent="A cost that the profile states too low, or an error that is free and not in refusal.free: correct "
        "operations.*.cost and refusal.free.",
    ),
    "refused-too-early": Guide(
        causes=(
            "One quota bucket is shared by several tenants, so that one spends another's.",
            "The limit compares with a stale or reserved amount that is never given back.",
            "Charges of another tenant went to this budget before.",
        ),
        first=(
            "Read the tenant's amount in the stores and compare it with the ledger: enough there means that the check "
            "is wrong, too little that the charges are.",
            "Look who spent most just before the refusal.",
            "Look at the limit's key: an address, plan or worker in it serves several tenants.",
        ),
        innocent="A code that means a rate limit and not the budget: leave it out of refusal.budget.",
    ),
    "not-refused": Guide(
        causes=(
            "The limit is checked before and not while the amount is taken, so that two requests pass at once.",
            "Nothing enforces the limit at zero, or an error of the check lets the request pass.",
            "The limit is checked against another tenant's budget.",
        ),
        first=(
            "Look whether several requests were in flight on the tenant: then checking and taking are not one step.",
            "Look at the amount in the stores: below zero, at zero, or another tenant's lowered instead.",
            "Look for errors of the limiter at that time: it may let pass what it can't check.",
        ),
        innocent="A service that grants an overdraft: give operations.*.cost as 0, or set workload.short_budgets to 0.",
    ),
    "misfiled-data": Guide(
        causes=(
            "The writer takes the tenant from ambient context: a thread-local, or a pooled database session that keeps "
            "the last tenant's setting.",
            "A key is cut, hashed or built without its tenant, so that two tenants write to one place.",
            "A change is applied by an id that the client sent, and nobody asked whose it is.",
            "Rows are written under an identity that was resumed or cached.",
        ),
        first=(
            'Run the command under "see it again" and look at the owner column or key beside the content.',
            "Look at the row's time, and at what both tenants did at that moment.",
            "Look whether one table or key pattern is struck, or all that one code path writes.",
        ),
        innocent="A place that names several tenants on purpose (an audit log, a shared room): name it in "
        "stores.redis.shared or stores.postgres.shared.",
    ),
    "access-granted": Guide(
        causes=(
            "An object is looked up by the id that the client sent, without asking whose it is.",
            "The token check accepts unsigned or expired tokens, a wrong key, or another audience.",
            "Of two claims that contradict each other, one is checked and the other is used.",
            "A session can be resumed by whoever knows its id.",
        ),
        first=(
            "Do the same by hand: the door's message, with the recipient's token and the owner's id.",
            "Look up the authorisation check on that code path, and that it runs before the object is read.",
            "For a token: decode it, and see which of signature, exp, aud and the naming claims the service verifies.",
        ),
        innocent="A door that answers, or an entrance that lets everybody in, without giving anything away: set "
        'granted_by = "victims_marks".',
    ),
    "survived-delete": Guide(
        causes=(
            "A copy (a cache, an archive, a search index) is written on use, and no deletion is told of it.",
            "The deletion covers some stores or tables only: a key pattern, a table without a foreign key, a second "
            "database.",
            "Whether a tenant exists is remembered, or read from the token alone, so that who was deleted is let in.",
            "Work that was under way writes after the deletion and brings rows or keys back.",
        ),
        first=(
            "Look at the place: the key pattern or table says which writer the deletion does not know.",
            'Run the command under "see it again" some minutes later: what is gone by then is removed late, what is '
            "still there is not removed at all.",
            "For a return: decode the token, and see whether the service asks a store if its tenant still exists.",
        ),
        innocent="Data that is kept on purpose, a removal that takes its time, or tokens that are good until they "
        "expire: name them in stores.redis.kept or stores.postgres.kept, provisioning.removed_within_s, or "
        "provisioning.revokes.",
    ),
}
