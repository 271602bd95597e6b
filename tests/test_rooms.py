"""Who may import whom, and whether every module has its tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"users", "tasks", "evidence", "checker", "reporting", "config", "target", "swarm", "systems"}
NETWORKED = {"locust", "gevent", "socket", "redis", "psycopg2", "requests", "urllib3", "httpx", "websocket"}
READS_ADDRESSES = ROOT / "config" / "hosts.py"
MAY_IMPORT = {
    "evidence": set(),
    "config": set(),
    "tasks": {"evidence"},
    "users": {"tasks", "evidence", "config"},
    "checker": {"evidence", "config"},
    "reporting": {"evidence", "checker"},
    "swarm": ROOMS - {"target", "systems"},
    "target": set(),
    "systems": {"target"},
}
# The checker's own command writes the reports of what it found; that of profiles tries them out as a run would. An
# adapter is a dialect, and stands beside the system it is for.
COMPOSITION_ROOTS = {
    "checker/__main__.py": {"reporting"},
    "config/__main__.py": {"swarm"},
    "systems/websockify/resp.py": {"users"},
}
# Modules whose tests stand under another name, as they are of one cut.
TOGETHER = {
    "config": {
        **dict.fromkeys(
            ("attempts", "auth", "limits", "messages", "parts", "provisioning", "stores", "thresholds", "workload"),
            "profile",
        ),
        "errors": "document",
    },
    "evidence": dict.fromkeys(("attempts", "nodes", "sessions", "sightings", "tenants"), "records"),
    "users": dict.fromkeys(("agent", "listening", "roving", "state"), "kinds"),
}  # fmt: skip


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The top-level names a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield (node.module or "").split(".")[0]


def missing_tests(room: str) -> list[str]:
    """The modules of a room without a test module of their name anywhere under the room's tests."""
    tested = {path.stem.removeprefix("test_") for path in (ROOT / "tests" / room).rglob("test_*.py")}
    names = TOGETHER.get(room, {})
    return [
        str(path.relative_to(ROOT))
        for path in modules(room)
        if not path.stem.startswith("__")
        and "migrations" not in path.parts
        and names.get(path.stem, path.stem) not in tested
    ]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    assert modules(room), f"there is no room {room}"
    wrong = {}
    for path in modules(room):
        name = str(path.relative_to(ROOT))
        allowed = MAY_IMPORT[room] | {room} | COMPOSITION_ROOTS.get(name, set())
        if found := set(imports(path)) & (ROOMS | {"tests", "benchmarks", "locustfile"}) - allowed:
            wrong[name] = sorted(found)
    assert wrong == {}


@pytest.mark.parametrize("room", ["evidence", "config"])
def test_the_core_does_without_locust_and_the_network(room: str) -> None:
    used = {name for path in modules(room) if path != READS_ADDRESSES for name in imports(path)}
    assert used & NETWORKED == set()


def test_addresses_are_read_by_libpq_itself_and_nothing_is_opened_with_it() -> None:
    assert set(imports(READS_ADDRESSES)) & NETWORKED == {"psycopg2"}
    assert "connect(" not in READS_ADDRESSES.read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ["checker", "tasks", "target", "systems"])
def test_who_runs_without_locust_does_not_import_it(room: str) -> None:
    used = {name for path in modules(room) for name in imports(path)}
    assert used & {"locust", "gevent"} == set()


def test_real_systems_take_only_the_embedded_stores_from_the_target() -> None:
    taken = set()
    for path in modules("systems"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "target":
                taken.add(".".join((node.module or "").split(".")[:2]))
    assert taken == {"target.embedded"}


def test_the_locustfile_is_wiring_only() -> None:
    path = ROOT / "locustfile.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60
    assert set(imports(path)) & {*ROOMS, "tests"} <= ROOMS - {"target", "systems"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While))
    ]


@pytest.mark.parametrize("room", ["evidence", "config", "users", "tasks"])
def test_every_module_has_its_tests(room: str) -> None:
    assert missing_tests(room) == []


@pytest.mark.parametrize("room", [*sorted(ROOMS)])
def test_no_module_bears_a_name_that_says_nothing(room: str) -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [path.name for path in modules(room) if set(path.stem.split("_")) & vague] == []
