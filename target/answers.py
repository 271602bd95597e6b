"""What the agent says. It draws on the tenant's own stored data, as real agents do: a service that fetched somebody
else's would say it aloud, which is why an isolation test has something to find here.
"""

from __future__ import annotations

from typing import Any

import orjson

from target.hot_copies import HotState
from target.records import Background

QUOTED_CHARACTERS = 1_000
ANSWER_CHARACTERS = 8_000
TOOL = "profile_lookup"


def tool_result(hot: HotState, background: Background) -> dict[str, Any]:
    """What the agent's look-up brings back: the tenant's context, state and the names of its secrets."""
    return {
        "context": {key: value[:QUOTED_CHARACTERS] for key, value in hot.context.items()},
        "state": _quoted(hot.state),
        "secrets": list(background.secret_names),  # names only: no answer ever holds a value
    }


def answer(content: str, hot: HotState, background: Background) -> str:
    """The agent's answer to a message."""
    parts = [f"You asked: {content[:QUOTED_CHARACTERS]}"]
    if background.recent:
        parts.append(f"Before that: {background.recent[-1][:QUOTED_CHARACTERS]}")
    if hot.context:
        known = ", ".join(f"{key}={value[:QUOTED_CHARACTERS]}" for key, value in sorted(hot.context.items()))
        parts.append(f"I know of you: {known}")
    if hot.state:
        parts.append(f"Your state: {_quoted(hot.state)}")
    return "\n".join(parts)[:ANSWER_CHARACTERS]


def snapshot(hot: HotState, answered: str) -> dict[str, Any]:
    """The agent's state at the end of its run, as it is kept."""
    return {"context": dict(hot.context), "state": hot.state, "last_answer": answered}


def _quoted(document: dict[str, Any]) -> str:
    return orjson.dumps(document).decode()[:QUOTED_CHARACTERS]
