"""The floors: a file imports from lower floors or from its own package; the guests know only the face."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    ("errors",),
    ("place",),
    ("clip", "shelf"),
    ("spec",),
    ("plugin",),
    ("hooks",),
    ("__init__",),  # the public face
    ("registry",),
    ("testing",),
    ("advice",),
    ("media", "runs", "config"),
    ("tracking", "models", "compare"),
    ("sweep",),
    ("training",),
    ("regress",),
    ("commands",),
    ("cli",),
    ("__main__",),
)
# What the public face fetches from a higher floor when it is asked for it, never on import.
LENT = {"__init__": {"compare", "media", "models", "registry", "sweep"}}
HOUSE = sorted((ROOT / "animorch").rglob("*.py"))
GUESTS = sorted(
    path
    for path in (ROOT / "plugins").rglob("*.py")
    if "hydra_plugins" not in path.parts  # Hydra finds ours only there; it is a door of the house
)
# Which files may import a heavy library: folders and files, from the root of the project.
ALLOWED = {
    "torch": ("plugins/",),
    "diffusers": ("plugins/",),
    "transformers": ("plugins/",),
    "mlflow": ("animorch/tracking/",),
    "hydra": ("animorch/config/", "animorch/sweep/launch", "animorch/cli.py", "plugins/hydra_plugins/"),
}
HEAVY = {"torch", "mlflow", "diffusers", "transformers", "pandas", "numpy"}


def imports(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports anywhere, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno} imports relatively; write the full name"
            yield from (
                (f"animorch.{alias.name}" if _is_module(node, alias) else node.module) for alias in node.names
            )


def _is_module(node: ast.ImportFrom, alias: ast.alias) -> bool:
    """`from animorch import plugin` imports a module, `from animorch import Clip` the face."""
    place = ROOT / "animorch" / alias.name
    return node.module == "animorch" and (place.is_dir() or place.with_suffix(".py").is_file())


def part(module: str) -> str:
    """The package or file of the house: `spec` for animorch.spec.render, `__init__` for animorch."""
    return ([*module.split("."), "__init__"])[1]


def floor(name: str) -> int:
    return next(level for level, names in enumerate(FLOORS) if name in names)


def of_file(path: Path) -> str:
    return path.relative_to(ROOT / "animorch").parts[0].removesuffix(".py")


def test_every_part_of_the_house_has_a_floor() -> None:
    assert {of_file(path) for path in HOUSE} <= {name for names in FLOORS for name in names}


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_from_lower_floors_or_its_own_package(path: Path) -> None:
    own = of_file(path)
    used = {part(module) for module in imports(path) if module.split(".")[0] == "animorch"} - {own}
    assert not {name for name in used - LENT.get(own, set()) if floor(name) >= floor(own)}


def test_what_the_face_lends_is_not_imported_with_it() -> None:
    code = "import sys, animorch; before = 'animorch.media' in sys.modules; animorch.decoded; print(before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("path", GUESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_guest_imports_the_public_face_and_no_other_guest(path: Path) -> None:
    own = path.relative_to(ROOT / "plugins").parts[0].removesuffix(".py")
    used = {module for module in imports(path) if module.startswith("animorch")}
    assert not {module for module in used if module != "animorch" and module.split(".")[0] != own}


@pytest.mark.parametrize("library", ALLOWED)
def test_a_heavy_library_stays_in_its_place(library: str) -> None:
    users = [path.relative_to(ROOT).as_posix() for path in HOUSE + GUESTS if library in _roots(path)]
    assert not [path for path in users if not path.startswith(ALLOWED[library])]


def _roots(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


@pytest.mark.parametrize("deed", ["import animorch", "from animorch.registry import plugins; plugins()"])
def test_importing_the_face_and_every_plugin_loads_nothing_heavy(deed: str) -> None:
    code = f"import sys; {deed}; print(*sorted({HEAVY!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == ([], "")
