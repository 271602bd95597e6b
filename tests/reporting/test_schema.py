from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from reporting.schema import schema_text
from reporting.write import FORMS
from tests.reporting.results import ALL

PUBLISHED = Path(__file__).parents[2] / "docs" / "verdict.schema.json"


def test_the_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text() == schema_text(), "run: .venv/bin/python -m reporting.schema docs/verdict.schema.json"


@pytest.mark.parametrize("name", ALL)
def test_every_verdict_follows_the_published_schema(name: str) -> None:
    schema = json.loads(PUBLISHED.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(FORMS["verdict.json"](ALL[name]()))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_is_no_verdict() -> None:
    document = json.loads(FORMS["verdict.json"](ALL["isolated"]()))
    for change in ({"verdict": "SUCCESS"}, {"exit_code": 2}, {"extra": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, **change}, json.loads(schema_text()))
