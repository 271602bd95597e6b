"""The application in Directus: its collections, the tenants' role, and the policy that says what tenants may do."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from systems.errors import StartError

TIMEOUT_S = 60.0
OWN = {"owner": {"_eq": "$CURRENT_USER"}}

# The action on notes whose rule is missing.
WRONG_RULES = {"no-owner-filter": "read", "no-update-filter": "update"}

TEXT_OF = {"notes": "body", "settings": "note"}


def set_up(url: str, token: str, broken: str | None) -> str:
    """Makes the collections, the role and the policy.

    Returns:
        The id of the role that tenants get.

    Raises:
        StartError: Directus refuses.
    """
    directus = Administrator(url, token)
    for collection, text in TEXT_OF.items():
        directus.post("/collections", _collection(collection, text))
        directus.post(
            "/relations",
            {
                "collection": collection,
                "field": "owner",
                "related_collection": "directus_users",
                "schema": {"on_delete": "CASCADE"},
            },
        )
    policy = directus.post(
        "/policies", {"name": "tenants", "icon": "badge", "app_access": False, "admin_access": broken == "admin-policy"}
    )["id"]
    for collection in TEXT_OF:
        for action in ("create", "read", "update", "delete"):
            wrong = collection == "notes" and WRONG_RULES.get(broken or "") == action
            directus.post("/permissions", _permission(policy, collection, action, wrong))
    role = directus.post("/roles", {"name": "tenants", "icon": "badge"})["id"]
    directus.post("/access", {"role": role, "policy": policy})
    return str(role)


def _collection(name: str, text: str) -> dict[str, Any]:
    identity = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}}
    return {
        "collection": name,
        "schema": {},
        "meta": {"accountability": "all"},
        "fields": [
            identity,
            {"field": "owner", "type": "uuid", "schema": {}},
            {"field": "message_id", "type": "string", "schema": {}},
            {"field": text, "type": "text", "schema": {}},
        ],
    }


def _permission(policy: str, collection: str, action: str, wrong: bool) -> dict[str, Any]:
    rule = {"policy": policy, "collection": collection, "action": action, "validation": {}}
    if action != "create":
        return {**rule, "fields": ["*"], "permissions": {} if wrong else OWN}
    # The owner is filled in and can't be named. (A rule for the value would do as well, but Directus never answers a
    # WebSocket request that fails one.)
    fields = ["message_id", TEXT_OF[collection]]
    return {**rule, "fields": fields, "permissions": {}, "presets": {"owner": "$CURRENT_USER"}}


class Administrator:
    """Directus' HTTP API, as its administrator."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Makes something and returns what Directus says of it.

        Raises:
            StartError: it refuses.
        """
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self._url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            words = error.read(1000).decode(errors="replace")
            raise StartError(f"Directus answered POST {path} with {error.code}: {words}") from None
        except (OSError, HTTPException) as error:
            raise StartError(f"Directus did not answer POST {path}: {error}") from None
        data = json.loads(answer)["data"] if answer else {}
        assert isinstance(data, dict)
        return data
