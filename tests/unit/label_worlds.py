"""Labels and items made by hand, as the readers' batches, and a check judged over them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from checks import engine
from checks.batch import Batch, Defect
from checks.catalogue import CATALOGUE
from checks.kernel import CheckResult, Declaration, Rule, Target
from checks.streams import ANNOTATIONS, ITEMS
from include.deliveries.intake import FileRow, files_batch
from include.deliveries.readers.labels.base import SCHEMA, Label

COLUMNS = {
    "annotations": {col.name: col for col in ANNOTATIONS},
    "items": {col.name: col for col in ITEMS},
}
_ARROW = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64()}


def label(item: str = "a", **fields: Any) -> Label:
    """A label of class cat, at a pointer of its own where none is given."""
    return Label(**{"pointer": "/0", "item_id": item, "label": "cat", "kind": "class", **fields})


def labels_batch(file: str, labels: Sequence[Label]) -> Batch:
    """The labels of one file."""
    columns = [pa.array([getattr(one, f.name) for one in labels], f.type) for f in SCHEMA]
    pointers = pa.array([one.pointer if one.pointer != "/0" else f"/{i}" for i, one in enumerate(labels)], pa.string())
    return Batch(
        file, pa.RecordBatch.from_arrays(columns, schema=SCHEMA), rows=np.arange(len(labels)), pointers=pointers
    )


def items_batch(items: Mapping[str, Mapping[str, Any]]) -> Iterable[Batch]:
    """One file an item: what is known of each by id."""
    for name, facts in items.items():
        given = {"item_id": name, **facts}
        columns = {col.name: pa.array([given.get(col.name)], _ARROW[col.type]) for col in ITEMS}
        yield Batch(f"{name}.jpg", pa.record_batch(columns))


def declared(check: str, name: str = "annotations", demand: Target | None = None, **params: Any) -> Any:
    """A check on the labels."""
    rule = Rule(f"{name}.{check}", check)
    return CATALOGUE[check].build(Declaration(rule, name, COLUMNS[name], params, demand, objects=COLUMNS))


def judged(
    check: Any,
    files: Mapping[str, Sequence[Label]],
    items: Mapping[str, Mapping[str, Any]] | None = None,
    defects: Sequence[Defect] = (),
    delivered: Sequence[FileRow] | None = None,
) -> CheckResult:
    """The check's result over label files, items and defects."""
    plan = engine.plan([check], {name: tuple(columns) for name, columns in COLUMNS.items()})
    found: list[engine.Item] = [("annotations", labels_batch(file, labels)) for file, labels in files.items()]
    found += [("items", batch) for batch in items_batch(items or {})]
    found += [("annotations", defect) for defect in defects]
    rows = [FileRow(file, "annotations", 1) for file in files] if delivered is None else delivered
    found.append((engine.DELIVERY, files_batch(rows)))
    return engine.judge([check], engine.observe(plan, found))[0]


def table(result: CheckResult, name: str) -> list[tuple[Any, ...]]:
    """The rows of a detail table."""
    assert result.outcome is not None, result.reason
    return next((list(t.rows) for t in result.outcome.detail if t.name == name), [])
