"""The rows of evidence: what each node wrote down while the run lasted.

A row is one JSON object a line, with its ``row`` type first. Every figure of a report is counted from these rows.
Times ``*_at_s`` are Unix seconds; durations are milliseconds. What each type holds stands in ``evidence.rows``.
"""

from __future__ import annotations

import dataclasses

import orjson

from evidence.rows.attempts import (
    EMPTY_ANSWER,
    RETURN,
    SHOWN_NOTHING,
    AccessAttempt,
    DoorAnswers,
    LoudMoment,
    OwnerShutOut,
)
from evidence.rows.nodes import (
    FRAMES_CUT,
    NOT_RENEWED,
    OVERLONG,
    PUSHED_OWN,
    RENEWED,
    SUBSCRIBED_OWN,
    UNMATCHED,
    Exposures,
    Gap,
    GeneratorSample,
    HealthAnswer,
    NodeEnded,
    NodeStarted,
)
from evidence.rows.sessions import NOT_FRESH, ConnectFailed, RequestEnded, SessionEnded, SessionOpened
from evidence.rows.sightings import ControlCaught, SightingSeen
from evidence.rows.tenants import (
    IdLearnt,
    TenantLedger,
    TenantProvisioned,
    TenantRemoved,
    TenantStarted,
    TokenShown,
)

__all__ = [
    "EMPTY_ANSWER",
    "FRAMES_CUT",
    "NOT_FRESH",
    "NOT_RENEWED",
    "OVERLONG",
    "PUSHED_OWN",
    "RENEWED",
    "RETURN",
    "SHOWN_NOTHING",
    "SUBSCRIBED_OWN",
    "UNMATCHED",
    "AccessAttempt",
    "ConnectFailed",
    "ControlCaught",
    "DoorAnswers",
    "EvidenceError",
    "Exposures",
    "Gap",
    "GeneratorSample",
    "HealthAnswer",
    "IdLearnt",
    "LoudMoment",
    "NodeEnded",
    "NodeStarted",
    "OwnerShutOut",
    "RequestEnded",
    "Row",
    "RowDamaged",
    "SessionEnded",
    "SessionOpened",
    "SightingSeen",
    "TenantLedger",
    "TenantProvisioned",
    "TenantRemoved",
    "TenantStarted",
    "TokenShown",
    "decode",
    "encode",
]


class EvidenceError(Exception):
    """Evidence can't be used. Subclasses say how.

    EvidenceError
    ├── RowDamaged        a line of evidence is no row we know
    └── RunFolderError    the run folder is missing, incomplete or of another version
    """


class RowDamaged(EvidenceError):
    """A line of evidence could not be read; the message names the reason."""


Row = (
    NodeStarted | TenantProvisioned | TenantStarted | TenantRemoved | SessionOpened | SessionEnded | ConnectFailed
    | RequestEnded | SightingSeen | IdLearnt | TenantLedger | Exposures | GeneratorSample | HealthAnswer | Gap
    | AccessAttempt | DoorAnswers | OwnerShutOut | LoudMoment | ControlCaught | TokenShown | NodeEnded
)  # fmt: skip
_TYPES: dict[str, type[Row]] = {row.row: row for row in Row.__args__}


def encode(row: Row) -> bytes:
    """Returns the row as one line of JSON with its line feed."""
    values = {name: getattr(row, name) for name in _FIELDS[type(row)]}
    return orjson.dumps({"row": row.row, **values}) + b"\n"


def decode(line: bytes) -> Row:
    """Returns the row that a line holds.

    Raises:
        RowDamaged: the line is no JSON object, of an unknown type, or its fields do not fit.
    """
    try:
        values = orjson.loads(line)
        return _TYPES[values.pop("row")](**values)
    except orjson.JSONDecodeError as error:
        raise RowDamaged(f"not JSON: {error}") from None
    except (KeyError, AttributeError):
        raise RowDamaged("no known row type") from None
    except TypeError as error:
        raise RowDamaged(f"fields do not fit: {error}") from None


_FIELDS: dict[type, tuple[str, ...]] = {
    row: tuple(item.name for item in dataclasses.fields(row)) for row in _TYPES.values()
}
