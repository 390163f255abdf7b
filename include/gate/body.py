"""report.json as the gate reads it: the few fields a decision rests on, strictly, and the verdicts reached again.

Not trusted though signed: a check's verdict must follow from its own metric and target, the report's from its checks.
The exact fraction is compared where the report has one, so that rounding never turns a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, cast

from checks.kernel import Op, Rule, Severity, Target
from include.evidence.canonical import Json, strict_parse
from include.evidence.predicates import ByVerdict, Pinned
from include.evidence.rules import RequiredRule
from include.reports.verdict import report_verdict

REPORT_LIMIT: Final = 64 * 2**20
SCHEMA: Final = "dambo/quality-report/v1"
DECIMAL: Final = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?(E[+-]?[0-9]{1,4})?")
EXACT: Final = re.compile(r"-?[0-9]{1,4000}/[0-9]{1,4000}")
OPERATORS: Final = ("=", "!=", ">", ">=", "<", "<=", "between", "not-between")
VERDICTS: Final = ("PASS", "FAIL", "WARN", "ERROR", "NOT_APPLICABLE")


@dataclass(frozen=True, slots=True)
class Row:
    """One check. `value` is None where the metric is undefined; `broken`: a violation stands; `reason`: its code."""

    required: RequiredRule
    id: str
    verdict: str
    value: Fraction | None
    broken: bool
    reason: str | None

    @property
    def blocking(self) -> bool:
        """Only severity error blocks."""
        return self.required.severity == "error"

    def follows(self) -> bool:
        """Does the verdict follow from what stands beside it?"""
        if self.verdict == "PASS":
            return self.met() and not self.broken and self.reason is None
        if self.verdict in {"FAIL", "WARN"}:
            return (self.verdict == "FAIL") == self.blocking and self._explained()
        return self.reason is not None

    def _explained(self) -> bool:
        if self.reason == "target-missed":
            return self.value is not None and not self.met()
        return self.reason is not None

    def met(self) -> bool:
        """Is there a value, and does it meet the target?"""
        if self.value is None:
            return False
        bounds = tuple(Decimal(v) for v in self.required.values)
        return Target(cast("Op", self.required.op), bounds).met(self.value)


@dataclass(frozen=True, slots=True)
class Body:
    """The report."""

    verdict: str
    manifest: tuple[str, int, int]
    contract: Pinned
    programme: Pinned | None
    rows: tuple[Row, ...]

    def names(self) -> list[str]:
        """The rules' names, in order, twice if they stand twice."""
        return [row.required.name for row in self.rows]

    def by_verdict(self) -> ByVerdict:
        """As the signed statement lists them."""
        groups = (tuple(r.required.name for r in self.rows if r.verdict == verdict) for verdict in
                  ("PASS", "WARN", "FAIL", "ERROR", "NOT_APPLICABLE"))  # fmt: skip
        return ByVerdict(*groups)

    def concluded(self, declared: tuple[str, ...]) -> str:
        """The report's verdict from its rows, by the one table there is."""
        rules = ((Rule(r.required.name, r.id, cast("Severity", r.required.severity)), r.verdict) for r in self.rows)
        return report_verdict(rules, declared).verdict


def read_body(data: bytes) -> Body:
    """Raises VerificationError for what is not strict JSON, ValueError for what is not such a report."""
    report = _object(strict_parse(data, limit=REPORT_LIMIT))
    if report.get("schema") != SCHEMA:
        raise ValueError("not a quality report")
    manifest = _object(_object(report["delivery"])["manifest"])
    programme = report["programme"]
    return Body(
        verdict=_text(report["verdict"]),
        manifest=(_text(manifest["digest"]), _count(manifest["objects"]), _count(manifest["bytes"])),
        contract=_pinned(report["contract"]),
        programme=None if programme is None else _pinned(programme),
        rows=tuple(_row(_object(row)) for row in _list(report["checks"])),
    )


def _row(row: Mapping[str, Json]) -> Row:
    target = _object(row["target"])
    op = _one_of(target["op"], OPERATORS)
    values = _list(target["values"]) if op.endswith("between") else [target["value"]]
    if len(values) != (2 if op.endswith("between") else 1):
        raise ValueError("target")
    bounds = tuple(_text(value) for value in values)
    for bound in bounds:
        _decimal(bound)
    severity = _one_of(row["severity"], ("info", "warning", "error"))
    if row["blocking"] is not (severity == "error"):
        raise ValueError("blocking")
    reason = row["reason"]
    return Row(
        required=RequiredRule(_text(row["rule"]), _text(row["check"]), _text(row["family"]), severity, op, bounds),
        id=_text(row["id"]),
        verdict=_one_of(row["verdict"], VERDICTS),
        value=None if row["metric"] is None else _value(_object(row["metric"])),
        broken=row["violation"] is not None,
        reason=None if reason is None else _text(_object(reason)["code"]),
    )


def _value(metric: Mapping[str, Json]) -> Fraction | None:
    """The metric's number, exact; the decimal string must be what the exact fraction rounds to."""
    shown, exact = metric["value"], metric["exact"]
    if (shown is None) == (metric["undefined"] is None):
        raise ValueError("metric")
    if shown is None:
        return None
    value = _decimal(_text(shown))
    if exact is None:
        return value
    if EXACT.fullmatch(_text(exact)) is None:
        raise ValueError("exact")
    fraction = Fraction(_text(exact))
    if abs(fraction - value) * 10**11 > abs(fraction):
        raise ValueError("value is not the exact fraction")
    return fraction


def _decimal(text: str) -> Fraction:
    if DECIMAL.fullmatch(text) is None:
        raise ValueError("decimal")
    return Fraction(text)


def _pinned(value: Json) -> Pinned:
    said = _object(value)
    return Pinned(_text(said["id"]), _text(said["version"]), _text(said["digest"]))


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ValueError("object")  # noqa: TRY004 - bad data, not a caller's mistake
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError("array")  # noqa: TRY004 - bad data, not a caller's mistake
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("string")  # noqa: TRY004 - bad data, not a caller's mistake
    return value


def _count(value: Json) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("count")
    return value


def _one_of(value: Json, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError("word")
    return str(value)
