"""One check's row of report.json: metric, target, tables and failures as JSON values.

Numbers that are not counts become decimal strings here and nowhere else. Long tables become files named by digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import rfc8785

from checks.kernel import CheckResult, Example, Failures, Interval, Metric, Number, Outcome, Table, Target
from include.reports.decimals import exact_of, integer, text_of
from include.reports.findings import FindingsFile

Document: TypeAlias = "str | int | bool | Sequence[Document] | Mapping[str, Document] | None"
Cell: TypeAlias = "str | int | Number | None"

INLINE_ROWS = 1000
"""The most rows that a detail table has inside the report."""

TEXT_LIMIT = 4096
"""A longer text of the data is cut: a label of a megabyte is shown by its beginning, and counted all the same."""


def check_row(result: CheckResult, findings: FindingsFile | None, inline: int) -> tuple[Document, dict[str, bytes]]:
    """The row of one result, and the files of its tables longer than `inline` rows by their path."""
    check, outcome = result.check, result.outcome
    files: dict[str, bytes] = {}
    row: dict[str, Document] = {
        "rule": whole(check.rule.name),
        "id": whole(check.rule.id),
        "check": check.id,
        "family": check.family,
        "verdict": result.verdict,
        "severity": check.rule.severity,
        "blocking": check.rule.blocking,
        "reason": None
        if result.reason is None
        else {"code": result.reason.code, "params": {k: text(v) for k, v in result.reason.params.items()}},
        "target": target(check.target),
        "standards": {key: text(value) for key, value in check.standards.items()},
    }
    return {**row, **_outcome(outcome, findings, inline, files)}, files


def _outcome(
    outcome: Outcome | None, findings: FindingsFile | None, inline: int, files: dict[str, bytes]
) -> dict[str, Document]:
    """What the check concluded; a check that could not conclude has nulls and empty lists in the same places."""
    if outcome is None:
        return {"metric": None, "violation": None, "population": None, "sample": None, "detail": [],
                "failures": failures(Failures(), None)}  # fmt: skip
    return {
        "metric": metric(outcome.metric),
        "violation": outcome.violation,
        "population": integer(outcome.population),
        "sample": None if outcome.sample is None else text(outcome.sample),
        "detail": [table(t, inline, files) for t in outcome.detail],
        "failures": failures(outcome.failures, findings),
    }


def metric(value: Metric) -> Document:
    """`value` at 12 digits, `exact` where that loses something, `undefined` the code where there is none."""
    return {
        "name": value.name,
        "value": None if value.value is None else text_of(value.value),
        "exact": None if value.value is None else exact_of(value.value),
        "undefined": value.undefined,
        "numerator": None if value.numerator is None else integer(value.numerator),
        "denominator": None if value.denominator is None else integer(value.denominator),
        "interval": None if value.interval is None else interval(value.interval),
    }


def interval(value: Interval) -> Document:
    """Both bounds with level and method."""
    return {"low": text_of(value.low), "high": text_of(value.high), "level": value.level, "method": value.method}


def target(value: Target) -> Document:
    """One bound is `value`; the two of (not-)between are `values`."""
    bounds = [text_of(v) for v in value.values]
    return {"op": value.op, "value": bounds[0]} if len(bounds) == 1 else {"op": value.op, "values": bounds}


def table(value: Table, inline: int, files: dict[str, bytes]) -> Document:
    """The table with its rows, or with the file that holds them (RFC 8785 lines, the columns first)."""
    columns = [text(c) for c in value.columns]
    if len(value.rows) <= inline:
        return {"name": value.name, "columns": columns, "rows": [[cell(c) for c in row] for row in value.rows]}
    lines = (rfc8785.dumps(line) + b"\n" for line in [columns, *([cell(c) for c in row] for row in value.rows)])
    data = b"".join(lines)
    digest = hashlib.sha256(data).hexdigest()
    name = f"tables/{digest}.jsonl"
    files[name] = data
    return {"name": value.name, "columns": columns, "file": {"sha256": digest, "rows": len(value.rows), "name": name}}


def failures(value: Failures, findings: FindingsFile | None) -> Document:
    """Exact count, masked examples, and the file of the complete list where there is one."""
    return {
        "count": integer(value.count),
        "examples": [example(e) for e in value.examples],
        "file": None
        if findings is None
        else {"sha256": findings.sha256, "name": findings.name, "complete": findings.complete},
    }


def example(value: Example) -> Document:
    """`record` counts from 1; null is the file as a whole."""
    return {
        "file": text(value.file),
        "record": integer(value.row + 1) if value.row >= 0 else None,
        "pointer": text(value.pointer),
        "value": text(value.value),
    }


def cell(value: Cell) -> str | int | None:
    """A table cell: text, count, decimal string or null."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Fraction | Decimal):
        return text_of(value)
    return None if value is None else integer(value)


def text(value: str) -> str:
    """Text of the data: cut after 4,096 characters with "…"."""
    return whole(value if len(value) <= TEXT_LIMIT else value[:TEXT_LIMIT] + "…")


def whole(value: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate becomes its escape. Names of rules are never cut, or two could meet."""
    return value.encode("utf-8", "backslashreplace").decode()
