"""What can stop the reference service, each with one sentence for the person at the terminal and no secret.

TargetError
├── SettingsError          a setting is missing or can't be right
├── StoreUnreachableError  Redis or Postgres does not answer at the address given
├── SchemaError            Postgres answers and is not as the service needs it: tables, role
├── MigrationError         the migrations could not be applied
└── StackError             ``run`` could not bring its services up
"""

from __future__ import annotations


class TargetError(Exception):
    """Something that stops the program; the message is one sentence with advice and no secret."""


class SettingsError(TargetError):
    """A setting is missing or can't be right."""


class StoreUnreachableError(TargetError):
    """Redis or Postgres does not answer at the address given."""


class SchemaError(TargetError):
    """Postgres answers, and its tables or the service's role are not as they must be."""


class MigrationError(TargetError):
    """The migrations could not be applied."""


class StackError(TargetError):
    """The services that ``run`` starts did not come up."""
