"""Failing records among gathered ones: their places stand in columns, not in a batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from checks.analyzers.failing import EXAMPLES, Failing, placed
from checks.batch import Batch, Origin
from checks.columns import View


def failing_in(table: pa.Table, hits: np.ndarray, tested: int, value: Callable[[int], str]) -> Failing:
    """The records at positions `hits` of a partition; `value` says what the example at a position shows."""
    if not hits.size:
        return Failing(tested)
    some = table.select(["file", "row", "pointer"]).take(pa.array(hits))
    order = some.append_column("at", pa.array(hits)).sort_by([("file", "ascending"), ("row", "ascending")])
    files, runs = _runs(order.column("file").combine_chunks())
    rows = order.column("row").to_numpy()
    origins = tuple(Origin(file, count, "") for file, count in zip(files, runs, strict=True))
    batch = Batch(files[0], pa.record_batch({"row": pa.array(rows)}), rows=rows, origins=origins)
    first = order.slice(0, EXAMPLES).to_pylist()
    examples = [(r["file"], r["row"], r["pointer"], value(r["at"])) for r in first]
    return placed(View(batch), np.arange(len(rows)), tested, examples)


def _runs(files: pa.LargeStringArray) -> tuple[list[str], list[int]]:
    """Sorted names once each, and how often each occurs."""
    found = files.dictionary_encode()
    counts = np.bincount(found.indices.to_numpy(zero_copy_only=False), minlength=len(found.dictionary))
    return found.dictionary.to_pylist(), counts.tolist()
