"""The gate reads what the report's builder writes: real checks, results and rules, through real bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import pytest

from checks.columns import Col
from checks.completeness.row_count import RowCount
from checks.kernel import CheckResult, Declaration, Metric, Outcome, Reason, Rule, Target
from include.evidence.canonical import digest
from include.gate.body import Body, read_body
from include.gate.required import required_rules
from include.reports.quality_report import CodeFacts, DeliveryFacts, build_report

THIRD = Fraction(1, 3)


@dataclass(frozen=True)
class Named:
    id: str
    version: str = "1"
    digest: str = digest(b"x")
    name: str = "이름"
    name_ko: str = "이름"
    name_en: str = "name"


def check(name: str, target: Target, severity: str = "error") -> RowCount:
    rule = Rule(f"records.{name}", name, severity)
    return RowCount.build(Declaration(rule, "records", dict[str, Col](), {}, target))


CHECKS = {
    "third": check("third", Target(">=", (Decimal("0.333333333333"),))),
    "between": check("between", Target("between", (Decimal(1), Decimal("2.50")))),
    "note": check("note", Target("=", (Decimal(0),)), "warning"),
}


def result(name: str, verdict: str, value: Fraction | None, reason: str | None = None) -> CheckResult:
    metric = Metric("m", value) if value is not None else Metric("m", undefined="empty")
    return CheckResult(CHECKS[name], verdict, None if reason is None else Reason(reason), Outcome(metric, 3))


GOOD = (
    result("third", "PASS", THIRD),
    result("between", "PASS", Fraction(5, 2)),
    result("note", "WARN", Fraction(4), "target-missed"),
)


def built(*results: CheckResult) -> Body:
    made = build_report(
        results,
        delivery=DeliveryFacts(digest(b"m"), 2, 99),
        contract=Named("c"),
        programme=Named("p"),
        code=CodeFacts("1", digest(b"code")),
        declared=[c.rule.name for c in CHECKS.values()],
    )
    return read_body(made.to_bytes())


def test_a_real_report_is_reproduced() -> None:
    body = built(*GOOD)
    required = required_rules(CHECKS.values())
    assert tuple(row.required for row in body.rows) == required
    assert [row.value for row in body.rows] == [THIRD, Fraction(5, 2), Fraction(4)]
    assert all(row.follows() for row in body.rows)
    assert body.verdict == "PASS" == body.concluded(tuple(rule.name for rule in required))
    assert body.by_verdict().warned == ("records.note",)
    assert (body.manifest, body.contract.id, body.programme.id) == ((digest(b"m"), 2, 99), "c", "p")


@pytest.mark.parametrize(
    ("bad", "verdict"),
    [
        (result("third", "FAIL", Fraction(1, 4), "target-missed"), "FAIL"),
        (result("third", "FAIL", None, "undefined"), "FAIL"),
        (CheckResult(CHECKS["third"], "ERROR", Reason("check-crashed"), None), "ERROR"),
        (CheckResult(CHECKS["third"], "FAIL", Reason("column-absent"), None), "FAIL"),
    ],
)
def test_real_failures_follow_too(bad: CheckResult, verdict: str) -> None:
    body = built(bad, *GOOD[1:])
    assert all(row.follows() for row in body.rows)
    assert body.verdict == verdict == body.concluded(tuple(body.names()))


@pytest.mark.parametrize(
    "lie",
    [
        result("third", "PASS", Fraction(1, 4)),
        result("third", "PASS", None),
        result("third", "PASS", THIRD, "target-missed"),
        result("third", "FAIL", THIRD, "target-missed"),
        result("third", "FAIL", Fraction(1, 4)),
        result("third", "WARN", Fraction(1, 4), "target-missed"),
        result("note", "FAIL", Fraction(4), "target-missed"),
        CheckResult(CHECKS["third"], "PASS", None, replace(GOOD[0].outcome, violation="class-outside")),
        CheckResult(CHECKS["third"], "ERROR", None, None),
    ],
)
def test_verdicts_that_do_not_follow(lie: CheckResult) -> None:
    names = [r.check.rule.name for r in GOOD]
    results = [lie if r.check.rule.name == lie.check.rule.name else r for r in GOOD]
    body = built(*results)
    assert not body.rows[names.index(lie.check.rule.name)].follows()
