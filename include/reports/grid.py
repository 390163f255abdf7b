"""Detail tables as the page shows them: headings in words, numbers to the right, a chart above where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from markupsafe import Markup, escape

from include.reports import figures
from include.reports.decimals import parse
from include.reports.drawing import Chart, chart, column_key, is_wide
from include.reports.markup import both, plain, say
from include.reports.texts import Text, cell, named, names

Json = Mapping[str, Any]
Cell: TypeAlias = "str | int | None"

INLINE_ROWS: Final = 200
NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")
LONG_DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]{5,}")
HEADINGS: Final[Mapping[str, Text]] = {**names.MEASURES, **names.COLUMNS}
WORDS: Final = frozenset({"class", "class-a", "class-b", "bin", "pointer", "label", "label-a", "label-b", "category", "rater", "other-rater", "rater-a", "rater-b", "group", "split", "column", "file", "code", "coincidences"})  # fmt: skip
"""Columns of the data's own words, which are never taken for numbers."""


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: its HTML, and the whole value for the tooltip where it is shortened."""

    html: Markup
    title: str


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column: numbers stand to the right."""

    title: Markup
    numeric: bool
    cells: Sequence[CellView]


@dataclass(frozen=True, slots=True)
class TableView:
    """A detail table: `note` says where the other rows are; `long` ones start folded; `wide` ones take the whole width."""

    name: Markup
    columns: Sequence[ColumnView]
    rows: int
    note: Markup | None
    long: bool
    wide: bool
    svg: Markup | None
    caption: Markup | None


def table_views(detail: Sequence[Json], metric: Json | None, charts: int) -> Iterable[TableView]:
    """The tables of one rule, at most `charts` of them with a chart."""
    for table in detail:
        drawn = _chart(table, metric) if charts > 0 else None
        charts -= drawn is not None
        rows = table.get("rows", ())
        yield TableView(
            name=both(named(names.TABLES, table["name"])),
            columns=_columns(table),
            rows=min(len(rows), INLINE_ROWS),
            note=_note(table),
            long=len(rows) > 15,
            wide="pointer" in table["columns"],
            svg=None if drawn is None else Markup(drawn.svg),  # noqa: S704 - checked to be drawing only
            caption=None if drawn is None else both(drawn.caption),
        )


def _chart(table: Json, metric: Json | None) -> Chart | None:
    """A chart that cannot be drawn is left out: its numbers stand in the table below it."""
    try:
        return chart(table, metric["name"] if metric else None)
    except ValueError:
        return None


def _note(table: Json) -> Markup | None:
    if "file" in table:
        return say("table-file", rows=figures.count(table["file"]["rows"]), name=table["file"]["name"])
    if len(table["rows"]) > INLINE_ROWS:
        return say("table-long", shown=str(INLINE_ROWS), rows=figures.count(len(table["rows"])))
    return None


def _columns(table: Json) -> list[ColumnView]:
    """Columns with their rows' cells, without those where nothing stands."""
    rows = table.get("rows", ())[:INLINE_ROWS]
    ours = 1 if table["name"] == "confusion" and is_wide(table["columns"], rows) else len(table["columns"])
    values = [[row[i] if i < len(row) else None for row in rows] for i in range(len(table["columns"]))]
    return [
        _column(name, cells, first=i == 0, ours=i < ours)
        for i, (name, cells) in enumerate(zip(table["columns"], values, strict=True))
        if i == 0 or any(cell is not None for cell in cells)
    ]


def _column(name: str, values: Sequence[Cell], *, first: bool, ours: bool) -> ColumnView:
    """`ours`: the heading is a word of ours, not a class of the data. A first column names the rows, so it holds numbers
    only where we know its heading for a number's.
    """
    key = column_key(name) if ours else ""
    heading = HEADINGS.get(key)
    may = key not in WORDS and not (first and heading is None)
    numeric = may and bool(values) and all(v is None or _is_number(v) for v in values)
    long = numeric and any(isinstance(v, str) and LONG_DECIMAL.fullmatch(v) for v in values)
    title = plain(name, 200) if heading is None else both(heading)
    return ColumnView(title, numeric, [_cell(key, v, numeric=numeric, long=long) for v in values])


def _cell(column: str, value: Cell, *, numeric: bool, long: bool) -> CellView:
    """A number of a column with long decimals is shortened to 4 places or more, its whole value in the tooltip."""
    if value is None:
        return CellView(Markup("—"), "")
    if isinstance(value, int):
        return CellView(escape(f"{value:,}"), "")
    worded = cell(column, value)
    if worded is not None:
        return CellView(both(worded), "")
    if numeric and "E" not in value:
        return CellView(escape(figures.shown(parse(value), least=4 if long else 0)), value if long else "")
    return CellView(plain(value, 200), "")


def _is_number(value: str | int) -> bool:
    return isinstance(value, int) or NUMBER.fullmatch(value) is not None
