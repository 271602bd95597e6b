"""What can be wrong with a profile."""

from __future__ import annotations


class ProfileError(Exception):
    """A profile can't be used. The message is one sentence for each mistake, with file, line and key.

    ProfileError
    ├── ProfileUnreadable   the file is missing, unreadable or no TOML
    ├── VariableMissing     ${NAME}s name variables that the environment has not
    ├── ProfileInvalid      a key is unknown, missing or has a value that is not allowed
    └── HostNotAllowed      the target or a store is on another machine, and nobody has said that it may be tested
    """


class ProfileUnreadable(ProfileError):
    """The file is missing, can't be read or is no TOML."""


class VariableMissing(ProfileError):
    """The profile refers to environment variables that are not set."""


class ProfileInvalid(ProfileError):
    """The profile's content does not fit the schema."""


class HostNotAllowed(ProfileError):
    """The profile leads to a machine that nobody has given permission to test."""
