"""Which detail table becomes which chart. A table of another shape than expected is shown as a table alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from include.reports.charts import Bar, Cell, bars, heat_map
from include.reports.texts import Text, measure, page

Row = Sequence[str | int | None]

SHARES: Final = ("share", "observed-share", "observed", "proportion")
TARGETS: Final = ("target-share", "target", "contracted-share", "expected-share", "expected")
COUNTS: Final = ("count", "n", "delivered")


class Chart(NamedTuple):
    """An SVG and what it shows, in words."""

    svg: str
    caption: Text


def chart(table: Mapping[str, Any], metric: str | None) -> Chart | None:
    """The chart of a detail table of the report, if it is one that we draw; `metric` names the check's own number."""
    rows: Sequence[Row] = table.get("rows") or ()
    columns = [column_key(c) for c in table["columns"]]
    if not rows or any(len(row) != len(columns) for row in rows):
        return None
    match table["name"]:
        case "distribution" | "split" | "bins":
            return _distribution(columns, rows)
        case "delivered":
            return _delivered(columns, rows)
        case "confusion":
            return _confusion(table["columns"], rows)
        case "per-pair":
            return _pairs(columns, rows, metric)
        case "co-occurrence":
            return _together(columns, rows)
        case str(name) if name.startswith("histogram-"):
            return _distribution(columns, rows)
        case _:
            return None


def column_key(name: str) -> str:
    """A column's name as texts and charts look it up."""
    return re.sub(r"[\s_]+", "-", name.strip().lower())


def number(cell: str | int | None) -> float | None:
    """A cell as a length or colour; None for text."""
    try:
        return None if cell is None else float(cell)
    except (ValueError, OverflowError):
        return None


def _find(columns: Sequence[str], names: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _distribution(columns: Sequence[str], rows: Sequence[Row]) -> Chart | None:
    share, target, count = (_find(columns, names) for names in (SHARES, TARGETS, COUNTS))
    if share is None:
        return None
    keys = range(min(i for i in (share, target, count) if i is not None))
    made = []
    for row in rows:
        observed, contracted = number(row[share]), None if target is None else number(row[target])
        text = _percent(observed) + (f" / {_percent(contracted)}" if contracted is not None else "")
        made.append(Bar(_label(row, keys), max(observed or 0.0, 0.0), contracted, text))
    drawn = bars(made)
    contracted_somewhere = any(bar.target is not None for bar in made)
    return None if drawn is None else Chart(drawn, page("chart-bars" if contracted_somewhere else "chart-plain"))


def _delivered(columns: Sequence[str], rows: Sequence[Row]) -> Chart | None:
    share, contracted, delivered = (_find(columns, (name,)) for name in ("share", "contracted", "delivered"))
    if share is None or contracted is None or delivered is None:
        return None
    made = [
        Bar(_label(row, range(min(share, contracted, delivered))), max(number(row[share]) or 0.0, 0.0), 1.0,
            f"{_count(row[delivered])} / {_count(row[contracted])}")
        for row in rows
    ]  # fmt: skip
    drawn = bars(made)
    return None if drawn is None else Chart(drawn, page("chart-delivered"))


def is_wide(columns: Sequence[str], rows: Sequence[Row]) -> bool:
    """Is a confusion table a matrix: the first column names the rows, the others the same classes, and maybe more?"""
    return len(columns) > 1 and {row[0] for row in rows} <= {*columns[1:]}


def _confusion(columns: Sequence[str], rows: Sequence[Row]) -> Chart | None:
    """A matrix, or rows of label, label, count. Classes keep their own spelling."""
    if is_wide(columns, rows):
        across = [*columns[1:]]
        entries = [(str(row[0]), c, n) for row in rows for c, n in zip(across, row[1:], strict=True)]
    elif len(columns) == 3 and column_key(columns[2]) in COUNTS:
        entries = [(str(a), str(b), n) for a, b, n in rows]
        across = list(dict.fromkeys(name for a, b, _ in entries for name in (a, b)))
    else:
        return None
    down = [name for name in across if name in {a for a, *_ in entries}]
    totals = dict.fromkeys(down, 0.0)
    for a, _, n in entries:
        totals[a] += number(n) or 0.0
    right, below = ({name: i for i, name in enumerate(side)} for side in (across, down))
    cells = [Cell(below[a], right[b], (number(n) or 0.0) / (totals[a] or 1.0), _count(n)) for a, b, n in entries]
    drawn = heat_map(down, across, cells) if len(across) > 1 else None
    return None if drawn is None else Chart(drawn, page("chart-confusion"))


def _pairs(columns: Sequence[str], rows: Sequence[Row], metric: str | None) -> Chart | None:
    """Both halves of the matrix: agreement has no direction. The last column is shown if the rule's own is not there."""
    value = columns.index(metric) if metric in columns else len(columns) - 1
    if value < 2:
        return None
    found = [(str(row[0]), str(row[1]), number(row[value])) for row in rows]
    raters = sorted({name for a, b, _ in found for name in (a, b)}, key=_natural)
    if len(raters) < 3:
        return None
    place = {name: i for i, name in enumerate(raters)}
    cells = [Cell(place[x], place[y], n, f"{n:.2f}") for a, b, n in found if n is not None for x, y in ((a, b), (b, a))]
    drawn = heat_map(raters, raters, cells)
    name = measure(columns[value])[0]
    if drawn is None:
        return None
    return Chart(drawn, Text(page("chart-pairs", measure=name.ko).ko, page("chart-pairs", measure=name.en).en))


def _together(columns: Sequence[str], rows: Sequence[Row]) -> Chart | None:
    """Both halves of the matrix: the share of the items with either class that bear both."""
    if columns != ["class-a", "class-b", "items", "share"]:
        return None
    names = list(dict.fromkeys(str(name) for row in rows for name in row[:2]))
    place = {name: i for i, name in enumerate(names)}
    cells = []
    for a, b, items, share in rows:
        for x, y in ((str(a), str(b)), (str(b), str(a))):
            cells.append(Cell(place[x], place[y], number(share) or 0.0, _count(items)))
    drawn = heat_map(names, names, cells) if len(names) > 2 else None
    return None if drawn is None else Chart(drawn, page("chart-together"))


def _natural(name: str) -> tuple[str, str]:
    """Sorts rater2 before rater10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), name), name


def _label(row: Row, keys: range) -> str:
    return " · ".join("—" if row[i] is None else str(row[i]) for i in keys)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.1f} %"


def _count(cell: str | int | None) -> str:
    """Counts in groups; shares of a count (coincidences) with one decimal place."""
    value = number(cell)
    if value is None:
        return "—" if cell is None else str(cell)
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
