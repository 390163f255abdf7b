"""The signed statement that belongs to a report.json: found among the files beside it by the digest that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from include.errors import VerificationError
from include.evidence import envelope, statement
from include.evidence.canonical import digest
from include.evidence.predicates import ReportPredicate

SCHEMA: Final = '"schema":"dambo/quality-report/v1"'
MOST: Final = 1000
"""Files looked at in the folder."""


def is_report(data: bytes) -> bool:
    """Does it look like a report.json? Only to choose the way; nothing is believed."""
    return not data.startswith(b"PK") and SCHEMA.encode() in data and b'"payloadType"' not in data[:4096]


def statement_beside(report: Path, data: bytes) -> Path | None:
    """The envelope in the report's folder whose statement names this report; None if there is none. Raises OSError."""
    wanted = digest(data)
    files = [path for path in sorted(report.parent.iterdir()) if path.suffix == ".json" and path != report]
    for path in files[:MOST]:
        if path.is_file() and path.stat().st_size <= envelope.ENVELOPE_LIMIT and _names(path.read_bytes(), wanted):
            return path
    return None


def _names(data: bytes, report: str) -> bool:
    if not _looks_signed(data):
        return False
    try:
        says = statement.parse(envelope.parse(data).payload).predicate
    except VerificationError:
        return False
    return isinstance(says, ReportPredicate) and says.report == report


def _looks_signed(data: bytes) -> bool:
    return json.dumps(envelope.PAYLOAD_TYPE).encode() in data
