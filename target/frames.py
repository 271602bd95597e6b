"""Frames from clients: JSON objects with a ``type``, checked before anything else looks at them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from target.refusals import InvalidFrame

CONTENT_CHARACTERS = 32_000
DOCUMENT_BYTES = 65_536
HISTORY_MESSAGES = 200


def _uuid(value: object) -> UUID:
    if not isinstance(value, str):
        raise ValueError("must be a UUID in a string")
    try:
        return UUID(value)
    except ValueError:
        raise ValueError("must be a UUID") from None


def _document(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    try:
        size = len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        raise ValueError("is nested too deeply") from None
    if size > DOCUMENT_BYTES:
        raise ValueError(f"is longer than {DOCUMENT_BYTES} bytes")
    return value


Id = Annotated[UUID, BeforeValidator(_uuid)]
Document = Annotated[dict[str, Any], BeforeValidator(_document)]
MessageId = Annotated[str, Field(min_length=1, max_length=200)]


class ClientFrame(BaseModel):
    """What every frame has in common. Fields we don't know are ignored, as clients may be newer than we are."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Ping(ClientFrame):
    """Is anybody there?"""

    type: Literal["ping"]


class RoutingTest(ClientFrame):
    """Does the answer come back to the socket that asked?"""

    type: Literal["routing_test"]
    test_id: Annotated[str, Field(min_length=1, max_length=200)]
    user_id: Annotated[str, Field(max_length=200)]


class ChatMessage(ClientFrame):
    """A message that an agent is to answer."""

    type: Literal["chat_message"]
    message_id: MessageId
    content: Annotated[str, Field(max_length=CONTENT_CHARACTERS)]
    session_id: Id | None = None
    thread_id: Id | None = None
    user_data: Document = {}
    context: Document = {}


class History(ClientFrame):
    """The last messages of a thread."""

    type: Literal["history"]
    message_id: MessageId
    thread_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=HISTORY_MESSAGES)] = 50


class GetState(ClientFrame):
    """The tenant's state, context and budget."""

    type: Literal["get_state"]
    message_id: MessageId


class UpdateState(ClientFrame):
    """Set top-level fields of the tenant's state."""

    type: Literal["update_state"]
    message_id: MessageId
    patch: Document


class Resume(ClientFrame):
    """Go on with an earlier session after its socket was lost."""

    type: Literal["resume"]
    message_id: MessageId
    session_id: Id
    last_event_id: Annotated[str, Field(pattern=r"^[0-9]{1,19}-[0-9]{1,19}$")] | None = None


Frame = Ping | RoutingTest | ChatMessage | History | GetState | UpdateState | Resume
FRAME_TYPES = ("ping", "routing_test", "chat_message", "history", "get_state", "update_state", "resume")
_ADAPTER: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")])


def parse(text: str) -> Frame:
    """The frame in ``text``.

    Raises:
        InvalidFrame: it is no JSON object, has no type we know, or a field is missing or wrong. The message names the
            field and never repeats a value; ``details`` carry the message id if there is one.
    """
    document = _object(text)
    kind = document.get("type")
    message_id = document.get("message_id")
    echo = {"message_id": message_id} if isinstance(message_id, str) and len(message_id) <= 200 else {}
    if kind is None:
        raise InvalidFrame("the frame has no type", **echo)
    if not isinstance(kind, str) or kind not in FRAME_TYPES:
        raise InvalidFrame(f"the frame's type is none of {', '.join(FRAME_TYPES)}", **echo)
    try:
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        raise InvalidFrame(_first_complaint(error), **echo) from None


def _object(text: str) -> dict[str, Any]:
    if "\\u0000" in text:  # Postgres stores no NUL; refusing it here keeps the two stores alike
        raise InvalidFrame("the frame holds a NUL character")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidFrame("the frame is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidFrame("the frame is not a JSON object")
    return document


def _first_complaint(error: ValidationError) -> str:
    complaint = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The first step is the frame's type, the second a field of ours; further steps could be a tenant's own words.
    field = str(complaint["loc"][1]) if len(complaint["loc"]) > 1 else "frame"
    return f"{field}: {complaint['msg'].removeprefix('Value error, ')}"
