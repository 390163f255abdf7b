"""Annotations for tests: batches with the fixed columns, and rules judged over them, shards and all."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pyarrow as pa

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.kernel import CheckResult, Declaration, Rule, Target
from checks.streams import ANNOTATIONS

_ARROW = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64()}
_LISTS = {"points": pa.list_(pa.list_(pa.float64())), "labels": pa.list_(pa.string())}
SCHEMA = pa.schema([(col.name, _LISTS.get(col.name) or _ARROW[col.type]) for col in ANNOTATIONS])
COLUMNS = {col.name: col for col in ANNOTATIONS}


def batch(records: list[dict[str, Any]], file: str = "labels.json", first: int = 0) -> Batch:
    """Labels of one file; pointers are /0, /1 ..."""
    columns = [pa.array([r.get(f.name) for r in records], f.type) for f in SCHEMA]
    pointers = pa.array([f"/{first + i}" for i in range(len(records))], pa.string())
    return Batch(file, pa.RecordBatch.from_arrays(columns, schema=SCHEMA), first_row=first, pointers=pointers)


def box(item: str, rater: str | None, label: str | None, *xywh: float, **more: Any) -> dict[str, Any]:
    """A box."""
    x, y, width, height = xywh
    own = {"item_id": item, "annotator_id": rater, "label": label, "kind": "box"}
    return {**own, "x": x, "y": y, "width": width, "height": height, **more}


def declared(
    check: str, demand: str = ">=0.5", objects: tuple[str, ...] = ("annotations", "gold", "second"), **params: Any
) -> Any:
    """A rule on the object `annotations`; `demand` such as ">=0.5" or "=0"."""
    op = demand.rstrip("0123456789.-")
    target = Target(op, (Decimal(demand[len(op) :]),))
    number = {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in params.items()}
    rule = Rule(f"annotations.{check}.{abs(hash(json.dumps(params, sort_keys=True))) % 10**6}", check)
    known = dict.fromkeys(objects, COLUMNS)
    return CATALOGUE[check].build(Declaration(rule, "annotations", COLUMNS, number, target, objects=known))


def judged(check: Any, objects: dict[str, list[Batch]]) -> CheckResult:
    """The result over these batches."""
    names = {"annotations": tuple(COLUMNS), **{name: tuple(COLUMNS) for name in objects}}
    names |= {a.object: tuple(COLUMNS) for a in check.analyzers()}
    plan = engine.plan([check], names)
    items = [(name, one) for name, batches in objects.items() for one in batches]
    return engine.judge([check], engine.observe(plan, items))[0]


def outcome(check: Any, records: list[dict[str, Any]], **others: list[dict[str, Any]]) -> Any:
    """The outcome over these records, in one file an object."""
    objects = {"annotations": [batch(records)]} | {n: [batch(r, f"{n}.json")] for n, r in others.items()}
    result = judged(check, objects)
    assert result.verdict != "ERROR", result.reason
    return result.outcome
