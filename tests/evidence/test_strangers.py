from __future__ import annotations

import re

from evidence.findings import Severity
from evidence.strangers import Strangers


def test_a_name_that_is_unknown_is_a_suspicion_each_time() -> None:
    strangers = Strangers(())
    assert [strangers.severity("bob", 1, "note") for _ in range(2)] == [Severity.SUSPICION] * 2


def test_what_the_profile_calls_nobody_s_is_noted_once_a_tenant_and_kind_of_frame() -> None:
    strangers = Strangers([re.compile("system|bot-[0-9]+")])
    seen = [("system", 1, "note"), ("system", 1, "note"), ("system", 2, "note"), ("bot-7", 1, "done")]
    assert [strangers.severity(*name) for name in seen] == [Severity.KNOWN, None, Severity.KNOWN, Severity.KNOWN]


def test_a_pattern_is_for_the_whole_name() -> None:
    assert Strangers([re.compile("system")]).severity("system-of-another", 1, "note") is Severity.SUSPICION
