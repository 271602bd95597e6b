"""What the verdict does not speak of, because the profile says knowingly that it can't be looked at or is left out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from checker.figures import count
from config.profile import Profile


def not_covered(profile: Profile, known: Mapping[str, int] = MappingProxyType({})) -> list[str]:
    """Returns a sentence for each thing left out by the profile's word, with the reason it gives.

    Args:
        profile: the profile.
        known: what was seen of operations that leak by design, by the words for where.
    """
    sentences = []
    if profile.stores.none is not None:
        sentences.append(f"no store was looked at: {profile.stores.none}")
    for name, store in profile.stores.named().items():
        if store.kept:
            kept = ", ".join(store.kept)
            sentences.append(f"what is left of removed tenants in {name} where it is kept on purpose: {kept}")
    if profile.provisioning.makes_any and not profile.provisioning.revokes:
        sentences.append("whether a removed tenant is let in again: its token is good until it expires")
    if not profile.frames.tenant and not _names_are_marks(profile):
        sentences.append(
            "tenants' names in what tenants received: such names are known where frames.tenant says that they stand, "
            "and it says nothing"
        )
    for key, operation in profile.said.items():
        if operation.leaks_by_design is not None:
            name = key.rpartition(".")[2]
            seen = sum(times for group, times in known.items() if group == f"reply to {name}")
            sentences.append(
                f"what the replies to {name} show of others, as it leaks by design ({operation.leaks_by_design}): "
                f"{count(seen, 'sighting')}"
            )
    return sentences


def _names_are_marks(profile: Profile) -> bool:
    """Whether a tenant's name is known for its own wherever it stands."""
    tenants = profile.tenants
    minted = tenants.accounts is None and profile.provisioning.tenant is None
    return minted and tenants.names in ("uuid", "uuid_hex")
