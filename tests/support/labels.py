"""Reads label files in tests: every value of a label that is there, and every defect."""

from __future__ import annotations

import json
from pathlib import Path

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers import Limits, reader_for

SHARED = Path(__file__).parents[2] / "../shared/data/images"


def spec_of(fmt: str, **options: object) -> ObjectSpec:
    return ObjectSpec("annotations", fmt, "**", (), options)


def read(
    fmt: str, path: Path, name: str | None = None, *, limits: Limits | None = None, **options: object
) -> tuple[list[dict], list[Defect]]:
    """The labels (columns that are not null, `attributes` decoded, `pointer`, `row`) and the defects of a file."""
    labels, defects = [], []
    for item in reader_for(fmt, limits).read(path, name or path.name, spec_of(fmt, **options)):
        if isinstance(item, Defect):
            defects.append(item)
            continue
        item.table.validate(full=True)
        rows = item.table.to_pylist()
        assert len(rows) == len(item.row_index()) == len(item.pointers)
        for row, index, pointer in zip(rows, item.row_index().tolist(), item.pointers.to_pylist(), strict=True):
            label = {key: value for key, value in row.items() if value is not None}
            if "attributes" in label:
                label["attributes"] = json.loads(label["attributes"])
            labels.append(label | {"row": index, "pointer": pointer})
    return labels, defects


def write(folder: Path, data: object, name: str = "labels.json") -> Path:
    """A file of these bytes, this text, or this value as JSON."""
    path = folder / name
    if not isinstance(data, bytes | str):
        data = json.dumps(data, ensure_ascii=False)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def codes(defects: list[Defect]) -> list[tuple[str, int, str]]:
    return [(found.code, found.row, found.pointer) for found in defects]
