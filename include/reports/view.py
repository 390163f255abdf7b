"""One rule of the report as the page shows it: every text is ready, escaped and in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from include.reports import figures
from include.reports.decimals import parse
from include.reports.drawing import Chart, chart, column_key
from include.reports.texts import Text, html_quote, measure, named, names, page, reason
from include.reports.visible import visible

Json = Mapping[str, Any]

ORDER: Final = ("ERROR", "FAIL", "WARN", "PASS", "NOT_APPLICABLE")
"""What needs attention comes first."""

INLINE_ROWS: Final = 200
NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")
LONG_DECIMAL: Final = re.compile(r"-?[0-9]+\.[0-9]{5,}")
WORDS: Final = frozenset({"class", "label", "label-a", "label-b", "category", "gold", "rater", "rater-a", "rater-b", "group", "split", "column", "file", "code"})  # fmt: skip
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
    """A detail table: `note` says where the other rows are; `long` ones start folded."""

    name: Markup
    columns: Sequence[ColumnView]
    rows: int
    note: Markup | None
    long: bool
    svg: Markup | None
    caption: Markup | None


@dataclass(frozen=True, slots=True)
class RuleView:
    """A row of the results and its section of details."""

    anchor: str
    rule: str
    verdict: str
    blocking: bool
    title: Markup
    badge: Markup
    severity: Markup
    target: Markup
    result: Markup
    aside: Markup | None
    reason: Markup | None
    facts: Sequence[tuple[Markup, Markup]]
    tables: Sequence[TableView]
    failures: Markup | None
    examples: Sequence[Json]
    examples_title: Markup | None
    full_list: Markup | None


def both(text: Text) -> Markup:
    """Korean and English, of which the page shows one. Escaped, unless the text is Markup already."""
    if text.ko == text.en:
        return Markup("<bdi>{}</bdi>").format(text.ko)
    return Markup('<span lang="ko">{}</span><span lang="en">{}</span>').format(text.ko, text.en)


def safe(text: Text) -> Markup:
    """A text whose parameters were quoted by `html_quote`."""
    return both(Text(Markup(text.ko), Markup(text.en)))  # noqa: S704 - our own words; parameters are escaped


def say(key: str, **params: str) -> Markup:
    """A text of the page."""
    return safe(page(key, html_quote, **params))


def reason_html(found: Json) -> Markup:
    """A reason in words."""
    return safe(reason(found["code"], found["params"], html_quote))


def plain(text: str, limit: int = 500) -> Markup:
    """Text of the data: nothing hidden, its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(visible(text, limit))


def rule_views(report: Json, charts: int = 24) -> list[RuleView]:
    """All rules, those that need attention first. At most `charts` charts are drawn; tables are always there."""
    ranked = sorted(enumerate(report["checks"]), key=lambda pair: (_rank(pair[1]), pair[0]))
    left, views = charts, []
    for index, row in ranked:
        view = _view(index, row, left)
        left -= sum(table.svg is not None for table in view.tables)
        views.append(view)
    return views


def _rank(row: Json) -> tuple[int, bool]:
    return (ORDER.index(row["verdict"]), not row["blocking"])


def _view(index: int, row: Json, charts: int) -> RuleView:
    metric = row["metric"]
    name, unit = measure(metric["name"]) if metric else (named(names.CHECKS, row["check"]), Text("", ""))
    target = figures.target_text(row["target"], unit)
    failures = row["failures"]
    return RuleView(
        anchor=f"rule-{index + 1}",
        rule=visible(row["rule"], 200),
        verdict=row["verdict"],
        blocking=row["blocking"],
        title=both(named(names.CHECKS, row["check"])),
        badge=both(named(names.VERDICTS, row["verdict"])),
        severity=both(named(names.SEVERITIES, row["severity"])),
        target=both(Text(f"{name.ko} {target.ko}", f"{name.en} {target.en}")),
        result=_result(row, unit),
        aside=_aside(metric),
        reason=reason_html(row["reason"]) if row["reason"] else None,
        facts=list(_facts(row, name)),
        tables=list(_tables(row["detail"], metric, charts)),
        failures=say("failure-count", count=figures.count(failures["count"])) if _counted(failures) else None,
        examples=[_example(e) for e in failures["examples"]],
        examples_title=say("examples", shown=str(len(failures["examples"]))) if failures["examples"] else None,
        full_list=_full_list(failures["file"]),
    )


def _counted(failures: Json) -> bool:
    return bool(failures["count"] != 0)


def _result(row: Json, unit: Text) -> Markup:
    metric = row["metric"]
    if metric is None or metric["value"] is None:
        return both(Text("—", "—"))
    value = figures.value_of(metric, row["target"])
    return both(Text(figures.with_unit(value, unit.ko), figures.with_unit(value, unit.en)))


def _aside(metric: Json | None) -> Markup | None:
    """What stands small under the value: the interval, or the counts it is made of."""
    if metric is None or metric["value"] is None:
        return None
    interval = metric["interval"]
    if interval is not None:
        return escape(f"{figures.percent(interval['level'])} [{_short(interval['low'])}, {_short(interval['high'])}]")
    if metric["numerator"] is not None and metric["denominator"] is not None:
        return escape(f"{figures.count(metric['numerator'])} / {figures.count(metric['denominator'])}")
    return None


def _facts(row: Json, name: Text) -> Iterable[tuple[Markup, Markup]]:
    metric = row["metric"]
    yield say("measure"), both(name)
    if metric is not None and metric["value"] is not None:
        yield say("exact"), plain(metric["exact"] or metric["value"])
    if metric is not None and metric["numerator"] is not None and metric["denominator"] is not None:
        counts = f"{figures.count(metric['numerator'])} / {figures.count(metric['denominator'])}"
        yield say("counts"), escape(counts)
    if metric is not None and metric["interval"] is not None:
        i = metric["interval"]
        bounds = escape(f"{i['low']} ~ {i['high']} (")
        yield say("interval", level=figures.percent(i["level"])), bounds + both(named(names.METHODS, i["method"])) + ")"
    if row["population"] is not None:
        sampled = say("whole") if row["sample"] is None else say("sample") + ": " + plain(row["sample"])
        yield say("population"), say("records", count=figures.count(row["population"])) + ", " + sampled
    yield say("family"), both(named(names.FAMILIES, row["family"]))
    if row["standards"]:
        listed = [both(named(names.STANDARDS, key)) + " " + plain(value) for key, value in sorted(row["standards"].items())]  # fmt: skip
        yield say("standards"), Markup(", ").join(listed)


def _tables(detail: Sequence[Json], metric: Json | None, charts: int) -> Iterable[TableView]:
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
    """Columns with their rows' cells; numbers of one column have the same number of places."""
    rows = table.get("rows", ())[:INLINE_ROWS]
    return [
        _column(name, [row[i] if i < len(row) else None for row in rows]) for i, name in enumerate(table["columns"])
    ]


def _column(name: str, values: Sequence[str | int | None]) -> ColumnView:
    key = column_key(name)
    numeric = key not in WORDS and bool(values) and all(v is None or _is_number(v) for v in values)
    long = numeric and any(isinstance(v, str) and LONG_DECIMAL.fullmatch(v) for v in values)
    title = both(named({**names.MEASURES, **names.COLUMNS}, key))
    return ColumnView(title, numeric, [_cell(key, v, numeric, long) for v in values])


def _cell(column: str, value: str | int | None, numeric: bool, long: bool) -> CellView:
    """A number of a column with long decimals is shortened to 4 places or more, its whole value in the tooltip."""
    if value is None:
        return CellView(Markup("—"), "")
    if isinstance(value, int):
        return CellView(escape(f"{value:,}"), "")
    if column in {"list", "problem"} and value in names.VALUES:
        return CellView(both(names.VALUES[value]), "")
    if numeric and "E" not in value:
        return CellView(escape(figures.shown(parse(value), least=4 if long else 0)), value if long else "")
    return CellView(plain(value, 200), "")


def _short(value: str) -> str:
    return value if "E" in value else figures.shown(parse(value))


def _is_number(value: str | int) -> bool:
    return isinstance(value, int) or NUMBER.fullmatch(value) is not None


def _example(found: Json) -> Json:
    record = found["record"]
    return {
        "file": plain(found["file"]),
        "record": say("whole-file") if record is None else escape(figures.count(record)),
        "pointer": plain(found["pointer"]),
        "value": plain(found["value"]),
    }


def _full_list(file: Json | None) -> Markup | None:
    if file is None:
        return None
    return say("full-list" if file["complete"] else "cut-list", name=file["name"])
