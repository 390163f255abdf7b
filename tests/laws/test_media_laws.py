"""Laws of the checks on labelled media: any split of labels, items and files in any order gives the same states and verdicts."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from checks import engine
from checks.batch import Defect
from checks.kernel import Target
from include.deliveries.intake import FileRow, files_batch

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))

from label_worlds import COLUMNS, declared, items_batch, label, labels_batch

HALF = Target(">=", (Decimal("0.5"),))

KINDS = (
    {"kind": "box", "x": 1.0, "y": 1.0, "width": 3.0, "height": 4.0},
    {"kind": "box", "x": 95.0, "y": 1.0, "width": 9.0, "height": 4.0, "item_width": 100, "item_height": 9},
    {"kind": "box", "x": 1.0, "y": 1.0, "width": 0.0, "height": 4.0},
    {"kind": "polygon", "points": [[0.0, 0.0, 4.0, 4.0, 4.0, 0.0, 0.0, 4.0]]},
    {"kind": "keypoints", "points": [[1.0, 1.0, 5.0]]},
    {"kind": "span", "start": 4.0, "end": 2.0, "text": "가"},
    {"kind": "labels", "label": None, "labels": ["cat", "dog"]},
    {"kind": "class", "label": "dog"},
    {"kind": "class", "label": ""},
)

labels = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", ""]), st.sampled_from(range(len(KINDS)))).map(
        lambda pair: label(pair[0], **KINDS[pair[1]])
    ),
    max_size=8,
)


def examples():
    return [
        declared("label-validity", items="items", classes=["cat", "dog"]),
        declared("class-balance", demand=HALF, column="label", measure="normalized-entropy", unit="items", by="kind"),
        declared("delivered-count", atLeast=5, unit="items", where={"kind": ["box", "class"]}),
        declared(
            "distribution",
            demand=HALF,
            column="x",
            edges=[50],
            shares=[Decimal("0.5")] * 2,
            measure="overlap",
            by="label",
        ),
        declared("histograms"),
        declared("histograms", "items"),
        declared("pairing", rule="stem", items="items"),
        declared("label-validity", measure="files", keypoints={"count": 1}),
    ]


def plan():
    return engine.plan(examples(), {name: tuple(columns) for name, columns in COLUMNS.items()})


@given(st.lists(labels, min_size=1, max_size=4), st.data())
@settings(max_examples=60, deadline=None)
def test_any_split_in_any_order_gives_the_same_states_and_verdicts(files, data):
    whole, pieces = [], []
    for number, found in enumerate(files):
        name = f"f{number}.json"
        batch = labels_batch(name, found)
        cut = data.draw(st.integers(0, len(found)))
        whole.append(("annotations", batch))
        for part in (slice(0, cut), slice(cut, len(found))):
            pieces.append(("annotations", _part(batch, part)))
        defect = ("annotations", Defect(name, -1, f"/{number}/label", "structure", "key-absent", ""))
        whole.append(defect)
        pieces.append(defect)
    items = [("items", batch) for batch in items_batch({"a": {"width": 100, "height": 50}, "b": {"chars": 3}})]
    rows = [FileRow(f"f{i}.json", "annotations", 1) for i in range(len(files))] + [
        FileRow("a.jpg", "items", 0),
        FileRow("x/f0.jpg", "items", 3),
    ]
    whole += [*items, (engine.DELIVERY, files_batch(rows))]
    pieces += [*items, *((engine.DELIVERY, replace(files_batch([row]), first_row=i)) for i, row in enumerate(rows))]
    pieces = data.draw(st.permutations(pieces))
    middle = data.draw(st.integers(0, len(pieces)))
    shards = [engine.observe(plan(), pieces[:middle]), engine.observe(plan(), pieces[middle:])]
    merged = engine.merge([engine.load(engine.dump(s), plan()) for s in shards], plan())
    at_once = engine.observe(plan(), whole)
    assert engine.dump(merged) == engine.dump(at_once)
    assert engine.judge(examples(), merged) == engine.judge(examples(), at_once)


def _part(batch, part: slice):
    rows = batch.rows[part]
    return replace(batch, table=batch.table.slice(part.start, len(rows)), rows=rows, pointers=batch.pointers[part])
