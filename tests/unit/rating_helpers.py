"""What the tests of agreement, accuracy and balance share: ratings from lists, a check judged over batches."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from checks.agreement.statistic import Method, Rated
from checks.agreement.units import from_patterns
from checks.analyzers.cells import Cells
from checks.analyzers.labels import encode
from checks.batch import Batch
from checks.columns import Col, View
from checks.kernel import Declaration, Rule, States, Target

SHARED = Path(__file__).parents[2] / "../shared/data"


def shared(path: str) -> Path:
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"real data is not beside the checkout: {path}")
    return found


def published() -> list[dict]:
    return json.loads(shared("labels/published_coefficients.json").read_text())


def rated(items, method: Method) -> Rated:
    """`items`: per item one label or None per rater."""
    columns = [pa.array([row[j] for row in items], pa.string()) for j in range(len(items[0]))]
    cells = Cells.of([encode(c) for c in columns])
    names = tuple(f"r{j}" for j in range(len(columns)))
    return Rated.of(from_patterns(cells, names, by=False, missing=frozenset({""})), method)


def at_least(value: str) -> Target:
    return Target(">=", (Decimal(value),))


def declaration(params, columns, target=None, column=None, unit="rows") -> Declaration:
    typed = {name: Col(name, kind) for name, kind in columns.items()}
    return Declaration(Rule("o.rule", "rule"), "o", typed, params, target or at_least("0.5"), column, unit)


def table(rows, columns) -> pa.RecordBatch:
    arrow = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
    schema = pa.schema([(name, arrow[kind]) for name, kind in columns.items()])
    return pa.RecordBatch.from_pylist(rows, schema)


def judged(kind, params, rows, columns, target=None, batches=1):
    """The outcome of a check over `rows`, cut into batches."""
    check = kind.build(declaration(params, columns, target))
    analyzer, *_ = check.analyzers()
    whole = table(rows, columns)
    state = analyzer.zero()
    size = max(-(-whole.num_rows // batches), 1)
    for start in range(0, whole.num_rows, size):
        state = state.merge(analyzer.observe(View(Batch("f", whole.slice(start, size)))))
    return check.judge(States({analyzer: type(state).from_bytes(state.to_bytes())}))


def detail(outcome, name):
    (found,) = [t for t in outcome.detail if t.name == name]
    return found
