"""seal: sign the statement that names the report, draw the page, close the attempt."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from include.evidence.envelope import parse as parse_envelope
from include.evidence.predicates import (
    ByVerdict,
    ReportPredicate,
    RunStartedPredicate,
)
from include.evidence.statement import Statement, parse
from include.registry import Attempt
from include.reports.page import render_html
from include.reports.schema import read_report
from include.steps.context import (
    Line,
    identity_of,
    manifest_of,
    resource_of,
    statement_of,
    step,
)


def seal(line: Line, attempt_id: str) -> None:
    """Sign the report's statement, draw the page, close the attempt: from here on nothing of it changes."""
    if line.registry.attempt(attempt_id).sealed:
        return
    with step(line, attempt_id):
        attempt = line.registry.attempt(attempt_id)
        data = line.filing.need(attempt_id, "report-json")
        report = read_report(data)
        manifest = manifest_of(line, attempt_id)
        envelope = line.filing.sign(
            attempt_id,
            "report",
            "verifier",
            lambda: Statement(manifest.digest, _report_predicate(line, attempt, data, report)),
        )
        statement = parse(parse_envelope(envelope).payload)
        line.filing.put(attempt_id, "report-html", render_html(report, statement=statement.to_json()))
        line.registry.seal(attempt_id, report["verdict"], sha256(data).hexdigest(), line.now())


def _report_predicate(line: Line, attempt: Attempt, data: bytes, report: Mapping[str, Any]) -> ReportPredicate:
    started = statement_of(line, attempt.id, "run-started").predicate
    assert isinstance(started, RunStartedPredicate)
    index = line.registry.documents(attempt.id, "findings:findings/index.json")
    by_verdict = {v: tuple(c["rule"] for c in report["checks"] if c["verdict"] == v) for v in VERDICTS}
    return ReportPredicate(
        resource=resource_of(attempt),
        attempt=attempt.number,
        run_started=identity_of(line, attempt.id, "run-started"),
        verdict=report["verdict"],
        tests=ByVerdict(*(by_verdict[v] for v in VERDICTS)),
        report=sha256(data).hexdigest(),
        report_size=len(data),
        findings=index[-1].sha256 if index else None,
        rules=started.rules,
        operator=attempt.operator,
        reason=attempt.reason,
        started_at=started.started_at,
        finished_at=max(line.now(), started.started_at),
    )


VERDICTS = ("PASS", "WARN", "FAIL", "ERROR", "NOT_APPLICABLE")
