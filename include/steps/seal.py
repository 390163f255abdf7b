"""seal: sign the statement that names the report, draw the page, close the attempt."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from include.errors import StorageError, VerificationError
from include.evidence.envelope import parse as parse_envelope
from include.evidence.predicates import (
    ByVerdict,
    ReportPredicate,
    RunStartedPredicate,
)
from include.evidence.statement import Statement, parse
from include.pictures import pictures
from include.registry import Attempt
from include.reports.page import render_html
from include.reports.schema import read_report
from include.steps.context import (
    Line,
    agreed,
    fetch_of,
    identity_of,
    manifest_of,
    marker_of,
    resource_of,
    scratch_of,
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
        _with_pictures(line, attempt, report, statement, sha256(data).hexdigest())
        line.registry.seal(attempt_id, report["verdict"], sha256(data).hexdigest(), line.now())


def _with_pictures(
    line: Line, attempt: Attempt, report: Mapping[str, Any], statement: Statement, report_sha256: str
) -> None:
    """The same page with pictures of delivered data, where findings go, to be destroyed with them.

    Pictures are an aid: a delivery that cannot be read any more is the gate's business, and the page does without.
    """
    found = agreed(line, attempt, marker_of(line, attempt.id))
    try:
        with scratch_of(line, attempt.id) as scratch:
            drawn = pictures(report, found.contract, manifest_of(line, attempt.id), fetch_of(line, attempt), scratch)
    except (StorageError, VerificationError) as error:
        logging.getLogger(__name__).warning("no pictures in the report: %s", error.code)
        return
    if drawn:
        page = render_html(report, statement=statement.to_json(), pictures=drawn)
        key = f"findings/{report_sha256}/pictures-{sha256(page).hexdigest()}.html"
        line.filing.put(attempt.id, "report-pictures", page, key=key)


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
