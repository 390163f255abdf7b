"""Goldens: expected texts in files, compared whole. `pytest tests/golden --update-goldens` writes them anew; review the diff."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[Path, "str | bytes"], None]
"""`golden(path, actual)`: fails with a diff unless the file at `path` holds exactly `actual`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", default=False, help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare with a golden file, or write it. The option is unknown, so off, where pytest starts above this folder."""
    update = bool(request.config.getoption("--update-goldens", default=False))

    def compare(path: Path, actual: str | bytes) -> None:
        data = actual.encode() if isinstance(actual, str) else actual
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return
        assert path.exists(), f"no golden {path.name}: run pytest tests/golden --update-goldens"
        expected = path.read_bytes()
        if data != expected:
            before, after = (text.decode("utf-8", "backslashreplace").splitlines() for text in (expected, data))
            diff = difflib.unified_diff(before, after, path.name, "actual", lineterm="")
            pytest.fail("differs from its golden:\n" + "\n".join(diff), pytrace=False)

    return compare
