"""The table of `make attacks`: every attack that a test here names, and the refusal that it met."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pytest

KINDS = "attack_kind", "attack", "refusal"
TABLES = {"test_gate_attacks": "gate", "test_release_attacks": "release"}
ROWS: list[tuple[str, str, str, bool]] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attack-table", action="store_true", help="print the table attack -> refusal")


@pytest.fixture
def told(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Says which attack a test makes and which code must refuse it: told(kind, attack, refusal)."""

    def tell(*values: str) -> None:
        for name, value in zip(KINDS, values, strict=True):
            record_property(name, value)

    return tell


@pytest.fixture(autouse=True)
def _tables_of_attacks(request: pytest.FixtureRequest, told: Callable[[str, str, str], None]) -> None:
    """Tests that go through a table of their own (`ATTACKS`: a name or a function, and a code) need not say it again."""
    kind = TABLES.get(request.module.__name__.rpartition(".")[2])
    params = getattr(request.node, "callspec", None)
    if kind is None or params is None:
        return
    given = params.params
    if "code" in given and callable(given.get("attack")):
        told(kind, given["attack"].__name__.replace("_", " "), given["code"])
    elif given.get("name") in request.module.ATTACKS:
        told(kind, given["name"], request.module.ATTACKS[given["name"]][1])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    said = dict(report.user_properties)
    if report.when == "call" and "attack" in said:
        kind, attack, refusal = (str(said[name]) for name in KINDS)
        ROWS.append((kind, attack, refusal, report.passed))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--attack-table", default=False) and ROWS:
        for line in table(sorted(ROWS)):
            terminalreporter.write_line(line)


def table(rows: list[tuple[str, str, str, bool]]) -> Iterator[str]:
    """Kind, attack, refusal in columns."""
    kinds, names = (max(width(row[place]) for row in rows) for place in (0, 1))
    yield ""
    for kind, attack, refusal, refused in rows:
        last = refusal if refused else f"NOT REFUSED (expected {refusal})"
        yield f"{pad(kind, kinds)}  {pad(attack, names)}  {last}"
    yield f"\n{sum(row[3] for row in rows)} of {len(rows)} attacks refused, each for its own reason; {len({row[2] for row in rows})} reasons"


def pad(text: str, to: int) -> str:
    return text + " " * (to - width(text))


def width(text: str) -> int:
    """Columns on a terminal: Korean takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
