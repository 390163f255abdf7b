"""One rule of the report as the page shows it: every text is ready, escaped and in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from include.reports import figures
from include.reports.decimals import parse
from include.reports.grid import TableView, table_views
from include.reports.markup import both, plain, reason_html, say
from include.reports.texts import Text, cell, measure, method, named, names
from include.reports.visible import visible

Json = Mapping[str, Any]

ORDER: Final = ("ERROR", "FAIL", "WARN", "PASS", "NOT_APPLICABLE")
"""What needs attention comes first."""

FAMILIES: Final = ("agreement", "balance", "completeness", "uniqueness", "validity", "schema")
"""Among equals, what the contract measures stands before what every table must be."""


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

    @property
    def telling(self) -> bool:
        """Are the details worth seeing at once: something is wrong, or there is a chart?"""
        return self.verdict in {"FAIL", "ERROR", "WARN"} or any(table.svg for table in self.tables)


def rule_views(report: Json, charts: int = 24) -> list[RuleView]:
    """All rules, those that need attention first. At most `charts` charts are drawn; tables are always there."""
    ranked = sorted(enumerate(report["checks"]), key=lambda pair: (_rank(pair[1]), pair[0]))
    left, views = charts, []
    for index, row in ranked:
        view = _view(index, row, left)
        left -= sum(table.svg is not None for table in view.tables)
        views.append(view)
    return views


def _rank(row: Json) -> tuple[int, bool, int]:
    family = row["family"]
    return (
        ORDER.index(row["verdict"]),
        not row["blocking"],
        FAMILIES.index(family) if family in FAMILIES else len(FAMILIES),
    )


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
        tables=list(table_views(row["detail"], metric, charts)),
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
        yield say("interval", level=figures.percent(i["level"])), bounds + both(method(i["method"])) + ")"
    if row["population"] is not None:
        sampled = say("whole") if row["sample"] is None else say("sample") + ": " + plain(row["sample"])
        yield say("population"), say("records", count=figures.count(row["population"])) + ", " + sampled
    yield say("family"), both(named(names.FAMILIES, row["family"]))
    if row["standards"]:
        listed = [both(named(names.STANDARDS, key)) + " " + plain(value) for key, value in sorted(row["standards"].items())]  # fmt: skip
        yield say("standards"), Markup(", ").join(listed)


def _short(value: str) -> str:
    return value if "E" in value else figures.shown(parse(value))


def _example(found: Json) -> Json:
    record = found["record"]
    return {
        "file": plain(found["file"]),
        "record": say("whole-file") if record is None else escape(figures.count(record)),
        "pointer": plain(found["pointer"]),
        "value": _value(found["value"]),
    }


def _value(value: str) -> Markup:
    """A masked value; or what is wrong, where the example is a fault and says it by code."""
    words = [cell("code", code) for code in value.split(", ")]
    known = [word for word in words if word is not None]
    if known and len(known) == len(words):
        return Markup(", ").join(map(both, known))
    return Markup("<code>{}</code>").format(plain(value))


def _full_list(file: Json | None) -> Markup | None:
    if file is None:
        return None
    return say("full-list" if file["complete"] else "cut-list", name=file["name"])
