"""Asking a service for its health from outside."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException


def is_well(url: str, timeout_s: float = 5.0) -> bool:
    """Whether ``url`` answers 200 with the status ok."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as response:
            return bool(json.load(response).get("status") == "ok")
    except (urllib.error.URLError, HTTPException, OSError, ValueError, AttributeError):
        return False
