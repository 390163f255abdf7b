"""Every code that checks use has words in Korean and English: found in the code, so that a new one cannot be forgotten."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.agreement.coefficients import NAMES
from checks.catalogue import CATALOGUE
from checks.validity.faults import FAULTS
from include.deliveries.readers.codes import CODES
from include.reports.grid import HEADINGS
from include.reports.texts import cell, measure, method, names, reason
from include.reports.texts.reasons import REASONS

CHECKS = Path(__file__).parents[2] / "checks"
TREES = {path: ast.parse(path.read_text()) for path in sorted(CHECKS.rglob("*.py"))}


def strings(node: ast.AST) -> list[str]:
    """The text constants of an expression; () for anything else."""
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def calls(*functions: str) -> Iterator[ast.Call]:
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                yield node


def reason_codes() -> set[str]:
    """Constants given to Reason and Undefined, to `undefined=` and `violation=`, and returned where a code or None is."""
    found = {s for call in calls("Reason", "Undefined") if call.args for s in strings(call.args[0])}
    for call in calls("Metric", "Outcome", "Statistic", "Term"):
        found |= {s for k in call.keywords if k.arg in {"undefined", "violation"} for s in strings(k.value)}
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if path.parent.name in {"agreement", "balance"} and isinstance(node, ast.FunctionDef):
                returns = ast.unparse(node.returns) if node.returns else ""
                if returns == "str | None":
                    found |= {
                        s for n in ast.walk(node) if isinstance(n, ast.Return) and n.value for s in strings(n.value)
                    }
    return found


def test_the_scan_finds_codes():
    assert {"target-missed", "column-absent", "no-rows", "one-class", "no-values", "check-crashed"} <= reason_codes()


def test_every_reason_code_has_words():
    assert reason_codes() - REASONS.keys() == set()


@pytest.mark.parametrize("check", CATALOGUE.values(), ids=CATALOGUE)
def test_every_check_and_family_and_standard_has_a_name(check):
    assert check.id in names.CHECKS
    assert check.family in names.FAMILIES
    assert check.standards.keys() <= names.STANDARDS.keys()


def test_every_measure_of_the_vocabulary_has_a_name():
    for key, parameter in (("label-agreement", "coefficient"), ("class-balance", "measure")):
        assert set(CATALOGUE[key].params["properties"][parameter]["enum"]) <= names.MEASURES.keys()
    assert set(NAMES) <= names.MEASURES.keys()
    metrics = {s for call in calls("Metric") if call.args for s in strings(call.args[0]) if s.isascii()}
    for name in metrics:
        assert measure(name)[0].ko != name or name == "f1", name
    assert measure("type-percent") == (names.CHECKS["type"], names.UNITS["percent"])


def test_every_detail_table_and_its_columns_have_names():
    for call in calls("Table"):
        name, columns = call.args[0], call.args[1]
        if isinstance(name, ast.Constant):
            assert name.value in names.TABLES, name.value
        known = name.value != "confusion" if isinstance(name, ast.Constant) else True  # its headings are classes
        if known and isinstance(columns, ast.Tuple):
            for column in columns.elts:
                assert not isinstance(column, ast.Constant) or column.value in HEADINGS, ast.unparse(column)


def test_every_defect_has_words():
    for code in CODES:
        assert cell("code", code) is not None
    from checks.schema.delivered_files import FILE_CODES, UNCLAIMED

    for code in (*FILE_CODES, UNCLAIMED):
        assert code in names.FILE_DEFECTS or code in CODES
    for code in FAULTS:
        assert cell("code", code) is not None
    assert cell("class", "file") is None
    assert cell("code", "brand-new") is None


def test_interval_methods_are_read_in_korean():
    delta = "delta method over 3000 items, Student t with 2999 degrees of freedom"
    assert method(delta).ko == "대상 3000개에 대한 델타 방법, 자유도 2999의 t 분포"
    bootstrap = "Poisson bootstrap over 9 items, 998 of 1000 replicates, percentiles"
    assert method(bootstrap).ko == "대상 9개에 대한 포아송 부트스트랩, 1000회 중 998회, 백분위수"
    assert method("by hand").ko == "by hand"


def test_reasons_fill_their_holes_once():
    said = reason("column-absent", {"column": "{file}", "files": "2", "file": "a"})
    assert "{file}" in said.ko
    assert "?" in reason("column-absent", {}).en
