"""What the verdict does not speak of, because the profile says knowingly that it can't be looked at or is left out."""

from __future__ import annotations

from config.profile import Profile


def not_covered(profile: Profile) -> list[str]:
    """Returns a sentence for each thing left out by the profile's word, with the reason it gives."""
    sentences = []
    if profile.stores.none is not None:
        sentences.append(f"no store was looked at: {profile.stores.none}")
    return sentences
