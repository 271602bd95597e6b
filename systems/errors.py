"""What can stop a run against a real system: one sentence with advice and no secret.

SystemsError
├── UnknownNameError    there is no such system or misconfiguration
├── InstallError        something the system is made of could not be installed
└── StartError          the system did not come up, or could not be set up
"""

from __future__ import annotations


class SystemsError(Exception):
    """Something that stops the program; the message is one sentence with advice and no secret."""


class UnknownNameError(SystemsError):
    """There is no system, or no misconfiguration, of that name."""


class InstallError(SystemsError):
    """Something that a system is made of could not be installed."""


class StartError(SystemsError):
    """A system did not come up, or could not be set up."""
