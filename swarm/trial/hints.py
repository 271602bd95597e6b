"""Why a request was not answered, from the frames that came instead. Pure: frames in, a sentence out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from config.messages import Operation
from config.profile import Profile
from users.dialects.base import Dialect, Undecodable
from users.frame_reader import FrameReader

_NAMED = 4


class Heard(NamedTuple):
    """A frame that came after the request.

    Attributes:
        text: as it came.
        document: what it says in the profile's dialect, or None if that can't read it.
    """

    text: str
    document: object


def heard_in(dialect: Dialect, texts: Iterable[str]) -> list[Heard]:
    """Returns what messages say in the profile's dialect; one that it can't read comes without a document."""
    heard: list[Heard] = []
    for text in texts:
        try:
            heard += [Heard(text, document) for document in dialect.decode(text)]
        except Undecodable:
            heard.append(Heard(text, None))
    return heard


def why_unanswered(
    profile: Profile, operation: Operation, request_id: str, heard: Sequence[Heard], waited_s: float
) -> str:
    """Returns what to change in the profile, most probably, so that the reply is recognised."""
    if not heard:
        return (
            f"nothing came back within {waited_s:g} s: is `send` what the target expects, and target.reply_timeout_s "
            "long enough?"
        )
    documents = [frame.document for frame in heard if frame.document is not None]
    if not documents:
        return f"{len(heard)} frames came that target.dialect can't read, for instance {heard[0].text[:60]!r}"
    reader = FrameReader(profile)
    kinds = list(dict.fromkeys(reader.kind(document) for document in documents))
    with_id = [document for document in documents if request_id in reader.ids(document)]
    if with_id:
        told = [reader.kind(document) for document in with_id]
        known = {*operation.events, *operation.ends}
        fresh = [kind for kind in dict.fromkeys(told) if kind not in known]
        if fresh:
            return f'the reply had frames of types {_listed(told)}; did you mean ends = ["{fresh[-1]}"]?'
        final = " or ".join(operation.ends) or "as its keys say"
        return f"the reply began ({_listed(told)}) and its final frame ({final}) did not come"
    for document in documents:
        for path in places_of(document, request_id):
            return f'its id came back at another place; did you mean frames.request_id = ["{path}"]?'
    if all(kind in ("None", "?") for kind in kinds):
        where = ", ".join(profile.frames.type)
        return f"no frame has a type at '{where}': correct frames.type; one was {_short(heard[0].text)}"
    found = ", ".join(profile.frames.request_id)
    return (
        f"frames of types {_listed(kinds)} came, none of them with its id at {found}; if one is the reply, it must "
        "repeat the id, or be told by its type alone (an operation without {message_id})"
    )


def places_of(document: object, value: str) -> Iterator[str]:
    """Yields the field paths at which a value stands in a document."""
    yield from (path for path in _places(document, value, "") if path)


def _places(document: object, value: str, path: str) -> Iterator[str]:
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from _places(inner, value, f"{path}.{name}" if path else str(name))
    elif isinstance(document, list):
        for inner in document:
            yield from _places(inner, value, f"{path}[]")
    elif str(document) == value:
        yield path


def _listed(kinds: Sequence[str]) -> str:
    different = list(dict.fromkeys(kinds))
    more = f" and {len(different) - _NAMED} more" if len(different) > _NAMED else ""
    return ", ".join(different[:_NAMED]) + more


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
