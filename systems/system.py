"""What a real system is to the launcher: how to install it, how to start it, and how it can be set up wrongly.

Each system stands in a folder of its own, whose module ``system`` has a constant ``SYSTEM``:

    systems/<name>/system.py      an instance of a subclass of ``System``
    systems/<name>/README.md      what it is, what its frames look like, what can't be seen
    config/targets/<name>.toml    its target profile, with ``-`` for ``_``
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from systems.errors import UnknownNameError
from systems.stage import Stage

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Misconfiguration:
    """One way to set a system up wrongly, such as real ones are.

    Attributes:
        what: what is wrong, in a sentence.
        kinds: the kinds of findings that must show it; any of them will do.
        place: a piece of text that the place of such a finding must contain; empty if any place will do.
        verdict: what a run must say: that tenants leak, unless what is wrong is of another kind.
        profile: the target profile to use, if it is the client that is set up wrongly; else the system's own.
    """

    what: str
    kinds: frozenset[str] = frozenset()
    place: str = ""
    verdict: str = "LEAKING"
    profile: str = ""


class System(ABC):
    """A real system.

    Attributes:
        name: its name on the command line; its folder and profile are named after it.
        what: what it is, in a sentence.
        misconfigurations: the ways to set it up wrongly, by name.
        users: how many Locust users load it unless told otherwise.
        seconds: how long they do.
    """

    name: str
    what: str
    misconfigurations: Mapping[str, Misconfiguration] = MappingProxyType({})
    users: int = 20
    seconds: int = 25

    @property
    def folder(self) -> Path:
        """The system's own folder in this room."""
        return ROOT / "systems" / self.name.replace("-", "_")

    def profile(self, broken: str | None = None) -> Path:
        """Its target profile, or that of a misconfiguration."""
        wrong = self.misconfigurations.get(broken or "")
        return ROOT / "config" / "targets" / f"{(wrong.profile if wrong else '') or self.name}.toml"

    @abstractmethod
    def install(self) -> None:
        """Make what is needed present in the ignored folder ``.systems``; quick if it is there already.

        Raises:
            InstallError: it can't be had.
        """

    @abstractmethod
    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """Start the system and what it needs, and set it up.

        Args:
            stage: where stores and processes are started; it takes them down.
            broken: the misconfiguration to set up, if any; one of ``misconfigurations``.

        Returns:
            The variables that the profile refers to.

        Raises:
            StartError, EmbeddedStoreError: it did not come up.
        """


def names() -> list[str]:
    """The names of all systems."""
    return sorted(path.parent.name.replace("_", "-") for path in (ROOT / "systems").glob("*/system.py"))


def find(name: str) -> System:
    """The system of this name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in names():
        raise UnknownNameError(f"there is no system {name!r}; there are: {', '.join(names())}")
    system = import_module(f"systems.{name.replace('-', '_')}.system").SYSTEM
    assert isinstance(system, System)
    return system


def misconfiguration(system: System, name: str) -> Misconfiguration:
    """One of a system's misconfigurations.

    Raises:
        UnknownNameError: it has none of this name.
    """
    known = system.misconfigurations
    if name not in known:
        raise UnknownNameError(
            f"{system.name} has no misconfiguration {name!r}; it has: {', '.join(sorted(known)) or 'none'}"
        )
    return known[name]
