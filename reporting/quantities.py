"""Numbers, times and sizes as people read them."""

from __future__ import annotations

import time

from checker.figures import duration
from checker.finding_reports import FindingReport
from checker.reported import TenantName

__all__ = ["duration", "milliseconds", "moment", "parties", "share", "size", "tenant"]


def milliseconds(value: float | None) -> str:
    """Returns ``0.42``, ``12.3`` or ``1,250``; a dash for nothing."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Returns a share as percent that is 100 % only if it is 1, and 0 % only if it is 0; a dash for nothing."""
    if value is None:
        return "–"
    for digits in (1, 2, 3, 4, 5):
        text = f"{100 * value:.{digits}f}"
        if (float(text) == 0) == (value == 0) and (float(text) == 100) == (value == 1):
            return f"{text.rstrip('0').rstrip('.')} %"
    return f"{100 * value:.6g} %"


def size(number: int) -> str:
    """Returns bytes in the unit that suits them."""
    value = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def moment(at_s: float | None) -> str:
    """Returns a Unix time in UTC to the second; a dash for nothing."""
    return "–" if at_s is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at_s))


def tenant(name: TenantName | None) -> str:
    """Returns a tenant's name, or a dash for nobody."""
    return "–" if name is None else name.name


def parties(finding: FindingReport) -> str:
    """Returns ``a → b``: whose data, and who got it."""
    if finding.owner is None and finding.recipient is None:
        return "tenants not known"
    if finding.recipient is None or finding.owner == finding.recipient:
        return tenant(finding.owner)
    return f"{'?' if finding.owner is None else finding.owner.name} → {finding.recipient.name}"
