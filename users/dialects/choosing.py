"""Which dialect a profile wants: one that ships, or an adapter of the user's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

from config.errors import ProfileInvalid
from config.profile import Profile
from users.dialects.base import Dialect
from users.dialects.graphql import GraphqlTransportWs
from users.dialects.json_messages import JsonBinary, JsonText
from users.dialects.json_rpc import JsonRpc
from users.dialects.socket_io import SocketIo
from users.dialects.stomp import Stomp
from users.dialects.text_lines import TextLines

DIALECTS: dict[str, type[Dialect]] = {
    "json": JsonText,
    "json-binary": JsonBinary,
    "text": TextLines,
    "graphql-transport-ws": GraphqlTransportWs,
    "json-rpc": JsonRpc,
    "socket.io": SocketIo,
    "stomp": Stomp,
}

_OPTIONS: dict[str, frozenset[str]] = {
    "text": frozenset({"patterns"}),
    "graphql-transport-ws": frozenset({"payload"}),
    "socket.io": frozenset({"namespace"}),
    "stomp": frozenset({"host", "heart_beat_s"}),
}
"""What the dialects that ship want to know. An adapter may be told anything: it alone knows what it wants."""


def dialect_of(profile: Profile) -> Dialect:
    """Returns a fresh instance of the profile's dialect, for one connection.

    Raises:
        ProfileInvalid: the adapter can't be had, or its options are wrong; one sentence with the key.
    """
    target = profile.target
    if target.adapter is None:
        chosen, named = DIALECTS[target.dialect], f"target.dialect: {target.dialect}"
        _check_options(target.dialect, target.options)
    else:
        chosen, named = _adapter(profile, target.adapter), f"target.adapter: {target.adapter}"
    try:
        return chosen(target.url, target.options)
    except Exception as error:  # an adapter may fail in any way
        if isinstance(error, ValueError) and str(error).startswith("target."):
            raise ProfileInvalid(str(error)) from None
        raise ProfileInvalid(f"{named} could not be made: {str(error) or type(error).__name__}") from error


def check_said(profile: Profile) -> None:
    """Does nothing if the dialect can say all that the profile has tenants say. An adapter is left to its author.

    Raises:
        ProfileInvalid: it can't; one sentence with the key.
    """
    if profile.target.adapter is not None:
        return
    said: dict[str, object] = {"auth.frame": profile.auth.frame.send} if profile.auth.frame is not None else {}
    said |= {key: operation.send for key, operation in profile.said.items()}
    said = {f"{key}.send": template for key, template in said.items()}
    for name, entrance in profile.attempts.entrances.items():
        said[f"attempts.entrances.{name}.send"] = entrance.send
        said[f"attempts.entrances.{name}.then"] = entrance.then
    for key, template in said.items():
        if template is None:
            continue
        try:
            dialect_of(profile).encode(template)
        except ValueError as error:
            raise ProfileInvalid(f"{key}: {error}") from None


def _check_options(dialect: str, options: Mapping[str, object]) -> None:
    known = _OPTIONS.get(dialect, frozenset())
    for name in options:
        if name not in known:
            allowed = f"it has {', '.join(sorted(known))}" if known else "it has none"
            raise ProfileInvalid(f"target.options.{name}: is no option of the dialect {dialect}: {allowed}")


def _adapter(profile: Profile, name: str) -> type[Dialect]:
    module_name, _, class_name = name.partition(":")
    folder = str(profile.folder) if profile.folder is not None else ""
    if folder and folder not in sys.path:
        sys.path.append(folder)  # behind everything else, so that nothing of ours is ever shadowed
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except ModuleNotFoundError as error:
        where = f" (looked in {folder} too)" if folder else ""
        raise ProfileInvalid(f"target.adapter: there is no module {error.name}{where}") from None
    except AttributeError:
        raise ProfileInvalid(f"target.adapter: the module {module_name} has no class {class_name}") from None
    except Exception as error:
        raise ProfileInvalid(f"target.adapter: the module {module_name} could not be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Dialect)):
        raise ProfileInvalid(f"target.adapter: {name} does not derive from users.dialects.base.Dialect")
    return found
