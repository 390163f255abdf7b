"""What is imported by name stands in a requirements file of ours: no library is there only because another brings it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"checks", "include", *(path.stem for path in (ROOT / "plugins").iterdir())}
RUN = [path for path in ROOT.glob("requirements*.in") if path.stem != "requirements-dev"]
DEV = ROOT / "requirements-dev.in"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*files: Path) -> set[str]:
    """Distributions that the files name; one without modules of its own stands for what it requires, as Airflow's."""
    lines = [line for file in files for line in file.read_text().splitlines()]
    names = {normal(found[0]) for line in lines if (found := re.match(r"[A-Za-z0-9][\w.-]*", line))}
    with_modules = {normal(d) for owners in packages_distributions().values() for d in owners}
    for name in names - with_modules:
        try:
            wanted = distribution(name).requires or []
        except PackageNotFoundError:  # an extra that is not installed here
            continue
        names |= {normal(re.match(r"[\w.-]+", one)[0]) for one in wanted if "extra ==" not in one}
    return names


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """Modules of others that the file imports, and whether for type checking alone."""
    tree = ast.parse(path.read_text("utf-8"))
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            if top not in OURS and top not in sys.stdlib_module_names and top != "_typeshed":
                yield name, node in typing


@cache
def owners(module: str) -> frozenset[str]:
    """Distributions that bring the module; of a namespace that many share, those with its very file."""
    found = packages_distributions().get(module.partition(".")[0], [module.partition(".")[0]])
    if len(set(found)) > 1:
        place = module.replace(".", "/")
        exact = [d for d in set(found) if _files(d) & {f"{place}.py", f"{place}/__init__.py"}]
        found = exact or found
    return frozenset(map(normal, found))


@cache
def _files(name: str) -> frozenset[str]:
    return frozenset(str(file) for file in distribution(name).files or ())


@pytest.mark.parametrize("room", ["checks", "include", "plugins", "dags"])
def test_every_library_imported_is_declared(room: str) -> None:
    run, dev = declared(*RUN), declared(*RUN, DEV)
    missing = {
        (name, str(path.relative_to(ROOT)))
        for path in (ROOT / room).rglob("*.py")
        for name, typing in imported(path)
        if not owners(name) & (dev if typing else run)
    }
    assert missing == set()


def test_the_test_would_see_it() -> None:
    """Libraries that the lock has, but no file of ours names."""
    run = declared(*RUN)
    assert not owners("werkzeug") & run
    assert not owners("six") & run
    assert owners("airflow.providers.standard.operators.trigger_dagrun") == {"apache-airflow-providers-standard"}
    assert "apache-airflow-task-sdk" in run
    assert owners("ruamel.yaml") & run
