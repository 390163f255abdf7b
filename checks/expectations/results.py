"""Rows of a report as a GX validation result: the document that GX's Data Docs are built from, made without GX.

Counts, percentages and observed values are GX's. Values of the data are masked as in the report, so `partial_unexpected_list`
holds shapes; places stand in `partial_unexpected_index_list` as file and record. Rules that GX has no expectation for are
named in `meta`, so that nobody takes the page for the whole report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.expectations.suite import GX_VERSION, SuiteRule, suite_of

Row = Mapping[str, Any]
NULLS = frozenset({"expect_column_values_to_be_null", "expect_column_values_to_not_be_null"})


@dataclass(frozen=True)
class Run:
    """What the results are of: the suite's name, a name for the run, its time (ISO 8601), notes for `meta`."""

    suite: str
    name: str
    time: str
    notes: Mapping[str, Any]


def validation_result(run: Run, results: Iterable[tuple[SuiteRule, Row]], lacking: Sequence[str]) -> dict[str, Any]:
    """An ExpectationSuiteValidationResult as GX 1.24 writes it. `lacking`: rules that no expectation says."""
    made = [_result(rule, row) for rule, row in results]
    good = sum(r["success"] for r in made)
    meta = {
        "great_expectations_version": GX_VERSION,
        "run_id": {"run_name": run.name, "run_time": run.time},
        "validation_time": run.time,
        "expectation_suite_name": run.suite,
        "active_batch_definition": {"batch_identifiers": {}, "data_asset_name": run.suite, "data_connector_name": "dambo", "datasource_name": "dambo"},
        "dambo": {**run.notes, "rules_without_expectation": list(lacking)},
    }  # fmt: skip
    statistics = {
        "evaluated_expectations": len(made),
        "successful_expectations": good,
        "unsuccessful_expectations": len(made) - good,
        "success_percent": 100 * good / len(made) if made else None,
    }
    return {
        "success": good == len(made),
        "results": made,
        "suite_name": run.suite,
        "suite_parameters": {},
        "statistics": statistics,
        "meta": meta,
        "id": None,
    }


def _result(rule: SuiteRule, row: Row) -> dict[str, Any]:
    (config,) = suite_of("", [rule])["expectations"]
    crashed = row["verdict"] == "ERROR"
    reason = row["reason"]["code"] if row["reason"] else None
    message = f"Dambo could not check it: {reason}" if crashed else None
    return {
        "success": row["verdict"] == "PASS",
        "expectation_config": config,
        "result": {} if crashed else _numbers(rule.type, row),
        "meta": {"dambo": {"rule": row["rule"], "verdict": row["verdict"], "reason": reason}},
        "exception_info": {"raised_exception": crashed, "exception_message": message, "exception_traceback": None},
    }


def _numbers(type_: str, row: Row) -> dict[str, Any]:
    tables = {table["name"]: table.get("rows", []) for table in row["detail"]}
    if row["metric"] is None:
        return {}
    if row["metric"]["name"] == "observed-value":
        return {"observed_value": _number(row["metric"]["value"])}
    if "quantiles" in tables:
        return _quantiles(tables["quantiles"])
    facts = _facts(tables.get("expectation", []))
    if "element-count" in facts:
        return _map(type_, int(facts["element-count"][0]), int(facts["missing-count"][0]), row)
    if row["check"].endswith("-expectation"):
        return _aggregate(type_, facts, tables.get("columns", []))
    return _derived(row)


def _facts(rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for key, value in rows:
        found.setdefault(key, []).append(value)
    return found


def _map(type_: str, elements: int, missing: int, row: Row) -> dict[str, Any]:
    unexpected = row["failures"]["count"]
    looked = elements - missing
    examples = row["failures"]["examples"]
    found = {
        "element_count": elements,
        "unexpected_count": unexpected,
        "unexpected_percent": _percent(unexpected, looked),
        "partial_unexpected_list": [e["value"] for e in examples],
        "partial_unexpected_index_list": [{"file": e["file"], "record": e["record"]} for e in examples],
    }
    if type_ not in NULLS:
        found |= {
            "missing_count": missing,
            "missing_percent": _percent(missing, elements),
            "unexpected_percent_total": _percent(unexpected, elements),
            "unexpected_percent_nonmissing": _percent(unexpected, looked),
        }
    return found


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _quantiles(rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    values = [_number(row[1]) for row in rows]
    return {"observed_value": {"quantiles": [_number(row[0]) for row in rows], "values": values}}


def _aggregate(type_: str, facts: Mapping[str, list[Any]], columns: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Sets, most common values, extremes of texts, columns."""
    if type_.startswith("expect_column_distinct"):
        found: dict[str, Any] = {"observed_value": None}
        if "unexpected-count" in facts:
            found |= {
                "unexpected_count": facts["unexpected-count"][0],
                "partial_unexpected_list": facts.get("unexpected", []),
            }
        if "missing-values" in facts:
            found |= {
                "missing_count": facts["missing-values"][0],
                "partial_missing_list": facts.get("missing-value", []),
            }
        return found
    if type_.startswith(("expect_table_column", "expect_column_to_exist")):
        return _columns(type_, facts, columns)
    observed = [v for v in facts.get("observed-value", []) if v is not None]
    if "most_common" in type_:
        return {"observed_value": observed}
    return {"observed_value": observed[0]} if observed else {}


def _columns(type_: str, facts: Mapping[str, list[Any]], columns: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Columns found, and where they depart from what is expected."""
    lines = [{"problem": problem, "column": column, "file": file} for problem, column, file in columns]
    found: dict[str, Any] = {"details": {"departures": lines}} if lines else {}
    if type_ == "expect_column_to_exist" or not facts:
        return found
    counted = type_.startswith("expect_table_column_count")
    return {"observed_value": facts["column-count"][0] if counted else facts.get("observed-column", []), **found}


def _derived(row: Row) -> dict[str, Any]:
    """A rule of the contract itself, whose missing values the report does not count apart."""
    if row["metric"]["name"] == "row-count":
        return {"observed_value": _number(row["metric"]["value"])}
    examples = row["failures"]["examples"]
    return {
        "element_count": row["population"],
        "unexpected_count": row["failures"]["count"],
        "unexpected_percent": _percent(row["failures"]["count"], row["population"]),
        "partial_unexpected_list": [e["value"] for e in examples],
        "partial_unexpected_index_list": [{"file": e["file"], "record": e["record"]} for e in examples],
    }


def _number(text: str | int | None) -> int | float | None:
    if text is None or isinstance(text, int):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)
