"""The quality report's statement: the end of a run, whatever came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, cast

from include.evidence.predicates.fields import (
    TYPES,
    Object,
    ReportVerdict,
    maybe_sha256,
    named,
    to_int,
    to_object,
    to_sha256,
    to_str,
    to_texts,
)
from include.evidence.resource import Resource
from include.evidence.times import from_text, to_text


@dataclass(frozen=True, slots=True)
class ByVerdict:
    """The rules' names by outcome, in the report's order. The first three mirror in-toto's test-result."""

    passed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    errored: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportPredicate:
    """The end of a run, FAIL and ERROR too. `report` and `findings` are sha256; `run_started` a statement's identity."""

    TYPE: ClassVar = f"{TYPES}/quality-report/v1"
    SUBJECT: ClassVar = "manifest"
    SCHEMA: ClassVar = "quality-report"

    resource: Resource
    attempt: int
    run_started: str
    verdict: ReportVerdict
    tests: ByVerdict
    report: str
    report_size: int
    findings: str | None
    rules: str
    operator: str
    reason: str
    started_at: datetime
    finished_at: datetime

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.finished_at

    @property
    def result(self) -> str:
        """in-toto test-result's word for the verdict: whatever is not PASS is FAILED."""
        if self.verdict != "PASS":
            return "FAILED"
        return "WARNED" if self.tests.warned else "PASSED"

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "attempt": self.attempt,
            "runStarted": {"sha256": self.run_started},
            "verdict": self.verdict,
            "result": self.result,
            "passedTests": [*self.tests.passed],
            "warnedTests": [*self.tests.warned],
            "failedTests": [*self.tests.failed],
            "erroredTests": [*self.tests.errored],
            "exemptTests": [*self.tests.exempt],
            "report": {"sha256": self.report, "size": self.report_size},
            "findings": named(self.findings),
            "rules": {"sha256": self.rules},
            "operator": self.operator,
            "reason": self.reason,
            "startedAt": to_text(self.started_at),
            "finishedAt": to_text(self.finished_at),
        }

    @classmethod
    def from_json(cls, value: Object) -> ReportPredicate:
        """Back. Raises ValueError if `result` does not follow from the verdict or the times run backwards."""
        names = ("passedTests", "warnedTests", "failedTests", "erroredTests", "exemptTests")
        made = cls(
            resource=Resource.parse(to_str(value["resourceUri"])),
            attempt=to_int(value["attempt"]),
            run_started=to_sha256(value["runStarted"]),
            verdict=cast("ReportVerdict", value["verdict"]),
            tests=ByVerdict(*(to_texts(value[name]) for name in names)),
            report=to_sha256(value["report"]),
            report_size=to_int(to_object(value["report"])["size"]),
            findings=maybe_sha256(value["findings"]),
            rules=to_sha256(value["rules"]),
            operator=to_str(value["operator"]),
            reason=to_str(value["reason"]),
            started_at=from_text(to_str(value["startedAt"])),
            finished_at=from_text(to_str(value["finishedAt"])),
        )
        if made.finished_at < made.started_at:
            raise ValueError("finishedAt before startedAt")
        return made
