"""``docs/verdict.schema.json``: the JSON Schema of ``verdict.json``, made from the result itself.

``python -m reporting.schema FILE`` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from checker.result import Result

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """Returns the schema as it is published."""
    schema = {"$schema": DIALECT, **Result.model_json_schema(mode="serialization"), "title": "Verdict of a run"}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
