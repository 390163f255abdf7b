"""`dambo check --gx DIR`: the results as GX suites and validation results, from which GX builds its Data Docs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.assessment import Assessed


def export(folder: Path, agreed: bytes, assessed: Assessed) -> list[Path]:
    """`<object>.suite.json` and `<object>.validation.json` for each schema object of the contract `agreed`."""
    from checks.expectations.results import Run, validation_result
    from checks.expectations.suite import rule_of, suite_of
    from include.assessment import contract_of

    contract = contract_of(agreed)
    report = assessed.report
    rows: dict[str, Any] = {row["rule"]: row for row in report.document["checks"]}  # type: ignore[union-attr, index, call-overload, misc]
    notes = {"report_sha256": report.sha256, "verdict": report.verdict, "contract": contract.digest}
    now = datetime.now(UTC).isoformat()
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for spec in contract.objects:
        sources = {c.col.name: c.source for c in spec.columns if not c.source.startswith("/")}
        pairs = [(check, rule_of(check, sources)) for check in contract.checks if check.object == spec.name]
        told = [(rule, rows[check.rule.name]) for check, rule in pairs if rule is not None]
        lacking = [check.rule.name for check, rule in pairs if rule is None]
        suite = f"{contract.id}.{spec.name}"
        run = Run(suite, report.sha256[:12], now, notes)
        documents = {
            "suite": suite_of(suite, [rule for rule, _ in told]),
            "validation": validation_result(run, told, lacking),
        }
        for kind, document in documents.items():
            path = folder / f"{spec.name}.{kind}.json"
            path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
            written.append(path)
    return written
