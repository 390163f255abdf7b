"""Results as the engine hands them over, for the tests of the report: one set that passes, one that fails, one that errs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, ClassVar

from checks.kernel import (
    Check,
    CheckResult,
    Example,
    Failures,
    Interval,
    Metric,
    Outcome,
    Reason,
    Rule,
    Table,
    Target,
    rounded,
)
from include.contracts.model import NotChecked
from include.reports.quality_report import CodeFacts, DeliveryFacts, QualityReport, build_report


@dataclass(frozen=True)
class Sample(Check):
    """A check that was judged elsewhere: only its identity counts here."""

    id: ClassVar[str] = "sample"
    family: ClassVar[str] = "schema"
    params: ClassVar[dict[str, Any]] = {}

    @classmethod
    def build(cls, decl):
        raise NotImplementedError

    def analyzers(self):
        return ()

    def judge(self, states):
        raise NotImplementedError


def check(rule: str, check_id: str, family: str, target: Target, severity: str = "error", **standards: str) -> Check:
    kind = type("Sample", (Sample,), {"id": check_id, "family": family, "standards": standards})
    return kind(Rule(rule, rule.rsplit(".", 1)[-1], severity), "records", target)


def at_least(value: str) -> Target:
    return Target(">=", (Decimal(value),))


ZERO = Target("=", (Decimal(0),))
LABELS = ("entailment", "neutral", "contradiction")
RATERS = ("author", "label2", "label3", "label4", "label5")


def agreement(
    value: Fraction, verdict: str = "PASS", reason: Reason | None = None, rule: str = "records.label-agreement"
) -> CheckResult:
    pairs = sorted(
        (
            (a, b, 3000, Fraction(2600 + 17 * i - 5 * j, 3000), Fraction(8000 + 130 * i - 41 * j, 10_007))
            for i, a in enumerate(RATERS)
            for j, b in enumerate(RATERS)
            if i < j
        ),
        key=lambda row: row[4],
    )
    confusion = tuple(
        (a, *(Fraction(36_400 + 160 * i if i == j else 1720 + 221 * abs(i - j), 4) for j in range(3)))
        for i, a in enumerate(LABELS)
    )
    quantities = (("items", 3000), ("raters", 5), ("unanimous-items", 2289), ("unanimous-share", Fraction(763, 1000)))
    beside = (
        ("krippendorff-alpha", "nominal", None, value, None),
        ("percent-agreement", "nominal", None, Fraction(2677, 3000), None),
        ("cohen-kappa", "nominal", None, None, "too-many-raters"),
    )
    per_class = tuple(
        (c, 5000 - 7 * i, Fraction(1, 3), Fraction(8 + i, 11), Fraction(7 + i, 11)) for i, c in enumerate(LABELS)
    )
    per_rater = tuple(
        (r, 3000, 3000, Fraction(2700 + i, 3000), 2950, Fraction(2800 + i, 2950)) for i, r in enumerate(RATERS)
    )
    detail = (
        Table("ratings", ("quantity", "value"), quantities),
        Table("coefficients", ("coefficient", "level", "weights", "value", "undefined"), beside),
        Table("per-class", ("class", "ratings", "share", "specific-agreement", "alpha"), per_class),
        Table("confusion", ("coincidences", *LABELS), confusion),
        Table("per-rater", ("rater", "ratings", "shared", "agreement-with-others", "majorities", "agreement-with-majority"), per_rater),
        Table("per-pair", ("rater", "other-rater", "items", "agreement", "krippendorff-alpha"), tuple(pairs)),
    )  # fmt: skip
    low, high = rounded(float(value) - 0.0119), rounded(float(value) + 0.0119)
    metric = Metric(
        "krippendorff-alpha",
        value,
        interval=Interval(low, high, "0.95", "delta method over 3000 items, Student t with 2999 degrees of freedom"),
    )
    made = check(
        rule, "label-agreement", "agreement", at_least("0.8"), **{"iso-5259-2": "Con-ML-2", "nia": "라벨 정확성"}
    )
    return CheckResult(made, verdict, reason, Outcome(metric, 3000, detail))


def balance(
    counts: tuple[int, ...],
    verdict: str = "PASS",
    reason: Reason | None = None,
    classes: tuple[str, ...] = LABELS,
    violation: str | None = None,
) -> CheckResult:
    total = sum(counts)
    shares = [Fraction(n, total) for n in counts]
    target = [Decimal("0.33"), Decimal("0.33"), Decimal("0.34"), Decimal(0)][: len(counts)]
    overlap = sum((min(p, Fraction(q)) for p, q in zip(shares, target, strict=True)), Fraction(0))
    distribution = Table(
        "distribution",
        ("class", "count", "share", "target-share"),
        tuple(zip(classes, counts, shares, target, strict=True)),
    )
    made = check("records.class-balance", "class-balance", "balance", at_least("0.9"), nia="통계적 다양성")
    return CheckResult(
        made, verdict, reason, Outcome(Metric("overlap", overlap), total, (distribution,), violation=violation)
    )


def rows(count: int, verdict: str = "PASS", reason: Reason | None = None) -> CheckResult:
    made = check("records.rowCount", "row-count", "completeness", Target("=", (Decimal(3000),)), nia="통계적 충분성")
    return CheckResult(made, verdict, reason, Outcome(Metric.count("row-count", count), count))


def types(bad: int) -> CheckResult:
    examples = tuple(Example("data/part-0.csv", 11 * i + 3, f"row {11 * i + 4}", "99aaa") for i in range(min(bad, 20)))
    ranges = tuple(("data/part-0.csv", 11 * i + 3, 11 * i + 3) for i in range(bad))
    made = check("records.age.type", "type", "schema", ZERO, nia="구문정확성")
    return CheckResult(
        made,
        "FAIL" if bad else "PASS",
        Reason("target-missed") if bad else None,
        Outcome(
            Metric("type-rows", Fraction(bad), numerator=bad, denominator=3000),
            3000,
            failures=Failures(bad, examples, ranges),
        ),
    )


def strangers() -> CheckResult:
    made = check("files.unclaimed", "unclaimed-files", "schema", ZERO, "warning")
    failures = Failures(1, (Example("readme.txt", -1, "", ""),), (("readme.txt", -1, -1),))
    return CheckResult(
        made, "WARN", Reason("target-missed"), Outcome(Metric.count("file-defects", 1), 4, failures=failures)
    )


def exempt() -> CheckResult:
    made = check("records.gold-agreement", "label-accuracy", "agreement", at_least("0.95"))
    return CheckResult(made, "NOT_APPLICABLE", Reason("exempt", {"by": "programme"}), None)


def crashed() -> CheckResult:
    made = check("records.guid.unique", "unique", "uniqueness", ZERO)
    return CheckResult(made, "ERROR", Reason("check-crashed", {"error": "MemoryError", "digest": "ab" * 8}), None)


def absent() -> CheckResult:
    made = check("records.gold_label.required", "required", "completeness", ZERO)
    return CheckResult(
        made, "FAIL", Reason("column-absent", {"column": "gold_label", "files": "1", "file": "data/part-1.csv"}), None
    )


ALPHA = Fraction(838_217_000_019, 1_000_000_000_007)
NOT_CHECKED = (NotChecked("records.naturalness", "text rule: read by people, not by programs", "contract"),)

PASSING = (agreement(ALPHA), balance((1000, 990, 1010)), rows(3000), types(0), strangers(), exempt())
FAILING = (
    agreement(Fraction(126, 1001), "FAIL", Reason("target-missed")),
    balance((1500, 1100, 390, 10), "FAIL", Reason("class-outside-target"), (*LABELS, "기타"), "class-outside-target"),
    rows(3000),
    types(37),
    absent(),
    strangers(),
    exempt(),
)  # fmt: skip
ERRING = (agreement(ALPHA), rows(3000), crashed(), types(2), exempt())


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def report(results=PASSING, **changed: Any) -> QualityReport:
    given: dict[str, Any] = {
        "delivery": DeliveryFacts(sha("manifest"), 3, 1_234_567),
        "contract": SimpleNamespace(
            id="1-014-046-NL", version="1.0.0", name="자연어추론 검증셋", digest=sha("contract")
        ),
        "programme": SimpleNamespace(
            id="ai-data-processing-voucher",
            version="1",
            digest=sha("programme"),
            name_ko="AI데이터 가공바우처",
            name_en="AI data processing voucher",
        ),
        "code": CodeFacts("0.1.0", sha("code"), {"numpy": "2.4.0", "pyarrow": "23.0.0"}),
        "declared": [r.check.rule.name for r in results],
        "not_checked": NOT_CHECKED,
    }
    return build_report(results, **{**given, **changed})
