"""What a frame says, in the profile's terms: its kind, whom it answers, whether it refuses, what it cost.

Plain functions of a document and the profile: nothing here is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from config.frames import KindRule
from config.messages import ANY, Operation
from config.profile import Profile
from evidence.budgets import as_amount
from evidence.paths import dig, first

UNNAMED = "?"
_CODE = 60  # characters of a refusal's code that are kept, if the profile does not name it

Rule = Callable[[object], bool]


class FrameReader:
    """Reads documents as a profile says.

    Args:
        profile: the profile.
    """

    def __init__(self, profile: Profile) -> None:
        self._frames = profile.frames
        self._refusal = profile.refusal
        self._rules = [(kind, _rule_of(rule)) for kind, rule in profile.frames.kinds.items()]
        self._texts = [(code, re.compile(pattern, re.IGNORECASE)) for code, pattern in profile.refusal.texts.items()]
        self._refusing = frozenset(profile.refusal.type)

    def kind(self, document: object) -> str:
        """Returns the frame's kind: by rule if one fits, else by its type; UNNAMED if nothing names it."""
        for kind, fits in self._rules:
            if fits(document):
                return kind
        for path in self._frames.type:
            if (value := first(document, path)) is not None:
                return str(value)
        return UNNAMED

    def ids(self, document: object) -> list[str]:
        """Returns the request ids that a frame repeats."""
        return _texts_at(document, self._frames.request_id)

    def server_ids(self, document: object) -> list[str]:
        """Returns the service's own ids of requests in a frame, as aliases: they are no ids of ours."""
        paths = self._frames.server_id
        return [f"server: {value}" for value in _texts_at(document, paths)] if paths else []

    def event_id(self, document: object) -> str | None:
        """Returns the id from which a session can be resumed after this frame, or None."""
        value = first(document, self._frames.event_id) if self._frames.event_id is not None else None
        return None if value is None else str(value)

    def refuses(self, document: object, kind: str, operation: Operation | None = None) -> bool:
        """Returns whether a frame refuses, or breaks off, a request of this operation (None: of any)."""
        if operation is not None and (kind in operation.ends or kind in operation.events):
            named = False  # what a reply is made of refuses only by what stands in it
        else:
            named = kind in self._refusing
        if named or (operation is not None and kind in operation.errors):
            return True
        has = self._refusal.has  # mostly empty, and this is asked several times of each frame
        return bool(has) and any(first(document, path) is not None for path in has)

    def turns_down(self, document: object, kind: str) -> bool:
        """Returns whether a frame refuses whatever was asked last, and tells nothing beside that."""
        return self.refuses(document, kind) and (kind in self._refusing or not self.tells(document))

    def code(self, document: object, text: str, conceal: Callable[[str], str] = str) -> str:
        """Returns why a frame refuses: the code of the first text that fits, else what stands at the code's path.

        Args:
            document: the frame.
            text: the same as text.
            conceal: takes out of the code what must not be shown; what the profile names is left as it is, or what a
                failure is called would no more be known for one.
        """
        for code, pattern in self._texts:
            if pattern.search(text):
                return code
        for path in self._refusal.code:
            if (value := first(document, path)) is not None:
                said = str(value)
                return said if self._refusal.names(said) else conceal(said)[:_CODE]
        return "None"

    def tells(self, document: object, operation: Operation | None = None) -> bool:
        """Returns whether a frame names a tenant, shows an amount or hands out an id, whatever else it says."""
        told = (*self._frames.tenant, *self._frames.budget, *self._frames.learn.values())
        told += tuple(operation.learn.values()) if operation is not None else ()
        return any(first(document, path) is not None for path in told)

    def ends(self, document: object, kind: str, operation: Operation, frames: int) -> bool:
        """Returns whether a frame is the last of a reply that has ``frames`` frames with it."""
        if kind in operation.ends:
            return True
        if operation.ends_after is not None and frames >= operation.ends_after:
            return True
        if operation.ends_when and any(_stands(document, *item) for item in operation.ends_when.items()):
            return True
        return ANY in operation.ends and kind not in operation.events and kind not in self._frames.pushes

    def may_reply(self, kind: str, operation: Operation) -> bool:
        """Returns whether a frame of this kind can be part of a reply to the operation."""
        if kind in operation.kinds:
            return True
        open_ended = operation.ends_when or operation.ends_after or operation.ends_after_silence_s
        return (ANY in operation.ends or bool(open_ended)) and kind not in self._frames.pushes

    def charged(self, document: object, operation: Operation) -> int | None:
        """Returns what a frame says the request was charged, in units, or None if it does not say."""
        if operation.price:
            found = [(price, as_amount(first(document, path))) for path, price in operation.price.items()]
            costs = [price * quantity for price, quantity in found if quantity is not None]
            return sum(costs) if costs else None
        path = operation.charged or self._frames.charged
        return as_amount(first(document, path)) if path else None

    def amounts(self, document: object) -> list[int]:
        """Returns the remaining amounts in a frame, in units."""
        found = [as_amount(value) for path in self._frames.budget for value in dig(document, path)]
        return [amount for amount in found if amount is not None]

    def learnt(self, document: object, learn: Mapping[str, str]) -> dict[str, str]:
        """Returns the ids that a frame hands out, as text."""
        found: dict[str, str] = {}
        for thing, path in learn.items():
            value = first(document, path)
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                found[thing] = str(value)
        return found


def _texts_at(document: object, paths: Iterable[str]) -> list[str]:
    return [str(value) for path in paths if (value := first(document, path)) is not None]


def _rule_of(rule: KindRule) -> Rule:
    patterns = [(path, re.compile(pattern)) for path, pattern in rule.matches.items()]

    def fits(document: object) -> bool:
        return (
            all(first(document, path) is not None for path in rule.has)
            and all(first(document, path) is None for path in rule.lacks)
            and all(_stands(document, path, wanted) for path, wanted in rule.where.items())
            and all(pattern.search(str(first(document, path) or "")) is not None for path, pattern in patterns)
        )

    return fits


def _stands(document: object, path: str, wanted: object) -> bool:
    """Whether this value, or one of these, stands at the path. ``true`` is no 1."""
    choices = wanted if isinstance(wanted, (list, tuple)) else (wanted,)
    return any(
        value == choice and isinstance(value, bool) == isinstance(choice, bool)
        for value in dig(document, path)
        for choice in choices
    )
