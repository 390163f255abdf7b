"""Balance of labelled media: items that bear a class, classes together, bins and histograms; against a plain count."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_worlds import declared, judged, label, table

from checks.analyzers.bin_counts import SCALES, names_of
from checks.kernel import Misdeclared, Target
from include.reports.drawing import chart
from include.reports.grid import HEADINGS
from include.reports.texts import names

AT_LEAST_HALF = Target(">=", (Decimal("0.5"),))
EVEN = {"cat": Decimal("0.5"), "dog": Decimal("0.5")}


@pytest.fixture(autouse=True)
def every_name_is_public(monkeypatch):
    monkeypatch.setattr("checks.masking.PUBLIC_FROM", 1)


def balance(labels, demand=AT_LEAST_HALF, share=EVEN, **params):
    params = {"column": "label", "measure": "overlap", **({"target": share} if share else {}), **params}
    return judged(declared("class-balance", demand=demand, **params), {"l.json": labels})


def test_an_item_counts_once_for_each_class() -> None:
    labels = [label("a"), label("a"), label("a", label="dog"), label("b"), label("b"), label(item_id=None)]
    found = balance(labels, unit="items")
    assert [row[:2] for row in table(found, "distribution")] == [("cat", 2), ("dog", 1)]
    assert [row[:2] for row in table(balance(labels), "distribution")] == [("cat", 5), ("dog", 1)]
    assert table(found, "co-occurrence") == [("cat", "dog", 1, Fraction(1, 2))]
    assert table(balance(labels), "co-occurrence") == []


def test_delivered_items() -> None:
    labels = [label("a"), label("a"), label("b", label="dog"), label("c"), label(item_id=None)]
    by_class = declared("delivered-count", by="label", atLeast={"cat": 2, "dog": 2}, unit="items")
    assert judged(by_class, {"l.json": labels}).outcome.metric.value == Fraction(1, 2)
    in_all = declared("delivered-count", atLeast=3, unit="items")
    assert judged(in_all, {"l.json": labels}).outcome.metric.value == 1
    some = declared("delivered-count", atLeast=1, unit="items", where={"label": "dog"})
    assert judged(some, {"l.json": labels}).outcome.metric.value == 1


label_rows = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.sampled_from(["cat", "dog", "ox", None]), st.sampled_from(["t", "v", None])),
    min_size=1, max_size=25,
)  # fmt: skip


@given(label_rows, st.integers(0, 25))
@settings(max_examples=60, deadline=None)
def test_as_a_plain_count(rows, cut) -> None:
    labels = [label(item, label=name, split=split) for item, name, split in rows]
    check = declared(
        "class-balance", demand=AT_LEAST_HALF, column="label", measure="normalized-entropy", unit="items", by="split"
    )
    found = judged(check, {"1.json": labels[:cut], "2.json": labels[cut:]})
    borne = {(split, item, name) for item, name, split in rows if item and name}
    expected = Counter(name for _, _, name in borne)
    assert {row[0]: row[1] for row in table(found, "distribution")} == expected
    together = Counter()
    for item in "abcd":
        together.update(combinations(sorted({n for _, i, n in borne if i == item}), 2))
    assert {tuple(sorted(row[:2])): row[2] for row in table(found, "co-occurrence")} == together


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"item": "item_id"}, "item"),
        ({"unit": "items", "item": "picture"}, "item"),
        ({"unit": "items", "column": "item_id"}, "item"),
    ],
)
def test_what_is_refused(params, path) -> None:
    with pytest.raises(Misdeclared) as wrong:
        balance([label()], **params)
    assert wrong.value.path == path


def bins(labels, **params):
    shares = [Decimal("0.25"), Decimal("0.5"), Decimal("0.25")]
    params = {"column": "width", "edges": [10, Decimal("20.5")], "shares": shares, "measure": "overlap", **params}
    return judged(declared("distribution", demand=AT_LEAST_HALF, **params), {"l.json": labels})


def test_bins_are_half_open() -> None:
    widths = [-5, 9.999, 10, 20.499999, 20.5, 1e300, None, float("nan"), float("inf")]
    found = bins([label(str(i), width=w) for i, w in enumerate(widths)])
    assert [row[:2] for row in table(found, "bins")] == [("< 10", 2), ("10 - 20.5", 2), (">= 20.5", 2)]
    assert found.outcome.metric.value == Fraction(1, 3) + Fraction(1, 4) + Fraction(1, 4)
    assert found.verdict == "PASS"


def test_all_in_one_bin_is_judged_by_its_measure() -> None:
    found = bins([label(str(i), width=12) for i in range(3)])
    assert (found.verdict, found.reason) == ("PASS", None)
    assert bins([label()]).reason.params == {"why": "empty"}


def test_a_text_is_measured_by_its_length() -> None:
    found = bins([label(str(i), text="가" * n) for i, n in enumerate([3, 12, 40])], column="text")
    assert [row[1] for row in table(found, "bins")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("params", "path"),
    [({"shares": [1, 0]}, "shares"), ({"shares": [Decimal("0.3")] * 3}, "shares"), ({"edges": [5, 5]}, "edges"),
     ({"edges": None}, "edges"), ({"column": "points"}, "column"), ({"column": "size"}, "column")],
)  # fmt: skip
def test_bins_that_are_refused(params, path) -> None:
    params = {"column": "width", "edges": [10, 20], "shares": [0, 1, 0], "measure": "overlap", **params}
    with pytest.raises(Misdeclared) as wrong:
        declared("distribution", demand=AT_LEAST_HALF, **{k: v for k, v in params.items() if v is not None})
    assert wrong.value.path == path


def test_a_column_with_a_scale_needs_no_edges() -> None:
    n = len(SCALES["area"]) + 1
    shares = [Decimal(0)] * (n - 1) + [Decimal(1)]
    check = declared("distribution", demand=AT_LEAST_HALF, column="area", shares=shares, measure="overlap")
    assert check.counts.edges == SCALES["area"]


def test_histograms_show_and_never_fail() -> None:
    labels = [
        label("a", area=100.0, aspect=1.0),
        label("b", area=2000.0, aspect=0.1),
        label("c", area=0.25, aspect=1.0, item_width=1, item_height=1),
        label("d", kind="transcript", text="안녕"),
    ]
    found = judged(declared("histograms"), {"l.json": labels})
    assert found.verdict == "PASS"
    shown = {t.name: {row[0]: row[1] for row in t.rows if row[1]} for t in found.outcome.detail}
    assert shown == {
        "histogram-area": {"< 256": 1, "1024 - 4096": 1},
        "histogram-aspect": {"< 0.125": 1, "1 - 1.25": 2},
        "histogram-text": {"1 - 5": 1},
    }
    assert judged(declared("histograms"), {}).verdict == "PASS"


def test_every_histogram_has_words_and_a_chart() -> None:
    for column, edges in SCALES.items():
        assert f"histogram-{column}" in names.TABLES
        rows = [[name, 1, "0.1"] for name in names_of(edges)]
        assert (
            chart({"name": f"histogram-{column}", "columns": ["bin", "count", "share"], "rows": rows}, None) is not None
        )
    assert {"bin", "class-a", "class-b"} <= HEADINGS.keys()


def test_classes_together_are_drawn() -> None:
    rows = [["cat", "dog", 5, "0.5"], ["cat", "ox", 1, "0.125"]]
    drawn = chart({"name": "co-occurrence", "columns": ["class-a", "class-b", "items", "share"], "rows": rows}, None)
    assert drawn is not None
    assert drawn.svg.count(">cat<") == 2
    assert (
        chart({"name": "co-occurrence", "columns": ["class-a", "class-b", "items", "share"], "rows": rows[:1]}, None)
        is None
    )
