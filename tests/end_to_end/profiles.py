"""The reference profile made fit for runs of a few seconds: tenants that speak more often, and short patience.

Limits that speak of the machine and not of tenants are left out: two cores that everybody shares cross them by chance.
"""

from __future__ import annotations

from pathlib import Path

from config.load import DEFAULT_PROFILE

_ENDS = """
[workload]
chat_rate = {chat_rate}
read_rate = {read_rate}
roving_rate = 1.5
listening_rate = 1.5
attempt_rate = 3.0
burst_every_s = 1
short_budgets = {short_budgets}
short_requests = 3
drain_s = {drain_s}

[thresholds]
success_rate = 0.95
routing_accuracy = 1.0
recall = 0.99
generator_lag_ms = 60000
"""


def short_profile(
    path: Path,
    *,
    chat_rate: float = 2.0,
    read_rate: float = 3.0,
    short_budgets: float = 0.2,
    drain_s: float = 2.0,
    reply_timeout_s: float = 4.0,
) -> Path:
    """Write the profile to ``path`` and return that."""
    text = DEFAULT_PROFILE.read_text().partition("\n[workload]\n")[0] + "\n"
    assert "reply_timeout_s = 30" in text
    text = text.replace("reply_timeout_s = 30", f"reply_timeout_s = {reply_timeout_s:g}\nreconnect_limit_s = 0.5")
    ends = _ENDS.format(chat_rate=chat_rate, read_rate=read_rate, short_budgets=short_budgets, drain_s=drain_s)
    path.write_text(text + ends.lstrip())
    return path
