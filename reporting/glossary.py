"""The words of a report, for whoever reads one for the first time."""

from __future__ import annotations

GLOSSARY: tuple[tuple[str, str], ...] = (
    ("ISOLATED", "Looking was shown to work, and nothing of one tenant was found with another."),
    ("LEAKING", "At least one thing of a tenant was found with another, or an account can't be explained."),
    ("INCONCLUSIVE", "Too little was seen, or something could not be looked at: nothing is proven either way."),
    ("tenant", "One customer of the service. One user of the load test plays one tenant."),
    ("session", "A tenant's persistent WebSocket connection, taken up again when it drops."),
    ("private budget", "An amount that only this tenant may know and only this tenant may spend."),
    ("mark", "A value we mint that names its owner: an id, a canary, a budget."),
    ("canary", "A mark that is carried in content: a prompt, a note, a secret."),
    ("finding", "One violation, with all its sightings that have the same cause."),
    ("ledger", "One tenant's account: what it sent, what was answered, what it was charged, what is unknown."),
    ("settled", "What remains of a budget is what the ledger allows, to the unit."),
    ("recall", "The share of our own marks that reading a store found again. Below its limit, reading proves nothing."),
    ("planted control", "A leak we cause on purpose. If it is not caught, others may be missed too."),
    ("answered, refused, unknown", "How a request ended. Unknown: it timed out, or its connection was lost."),
    ("late", "How much later than intended a request left, because the load generator was busy."),
    ("cause", "All findings of one kind in one group of places, whoever they struck: most likely one defect."),
    ("suspicion", "Worth a look and no proof. It is shown apart and decides nothing."),
    ("95 % bound", "With so many clean exposures the true rate of leaks is below this, with 95 % confidence."),
    ("exposure", "One chance for a leak to show, in the unit that matters: a reply, a resume, a pair of tenants."),
)
