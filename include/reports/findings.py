"""The complete list of failing records, one file a rule, beside the report. Places only: no value ever stands here.

Deterministic: the same results give the same bytes. Names and cells cannot leave their folder, start a spreadsheet
formula or steer a terminal.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import rfc8785

from checks.kernel import CheckResult, Failures
from include.reports.visible import visible

INDEX = "findings/index.json"
HEADER = ("rule", "file", "first_record", "last_record")
DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


@dataclass(frozen=True, slots=True)
class FindingsFile:
    """One rule's list: its path beside the report, its bytes, and whether the size limit cut it."""

    rule: str
    name: str
    data: bytes
    ranges: int
    count: int
    complete: bool

    @property
    def sha256(self) -> str:
        """Of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Findings:
    """All lists of a report, by rule."""

    by_rule: Mapping[str, FindingsFile]

    def index(self) -> bytes:
        """The manifest of the lists, RFC 8785."""
        rows = [
            {"rule": f.rule, "name": f.name, "sha256": f.sha256, "bytes": len(f.data), "ranges": f.ranges,
             "count": f.count, "complete": f.complete}
            for f in self.by_rule.values()
        ]  # fmt: skip
        data: bytes = rfc8785.dumps({"schema": "dambo/findings/v1", "files": rows})
        return data

    @property
    def digest(self) -> str:
        """sha256 of the index: binds every list. The `findings.sha256` of the report's statement."""
        return hashlib.sha256(self.index()).hexdigest()

    def files(self) -> dict[str, bytes]:
        """Path beside the report -> bytes, the index among them."""
        return {**{f.name: f.data for f in self.by_rule.values()}, INDEX: self.index()}


def build_findings(results: Sequence[CheckResult]) -> Findings:
    """The lists of all rules that have failing records, in the order of the results."""
    made = (_file(r.check.rule.name, r.outcome.failures) for r in results if r.outcome is not None)
    return Findings({f.rule: f for f in made if f is not None})


def _file(rule: str, failures: Failures) -> FindingsFile | None:
    if not failures.ranges:
        return None
    data = _csv(rule, failures.ranges)
    return FindingsFile(rule, file_name(rule), data, len(failures.ranges), failures.count, failures.complete)


def _csv(rule: str, ranges: Sequence[tuple[str, int, int]]) -> bytes:
    """UTF-8 with BOM (spreadsheets read Korean so), every cell quoted. Records count from 1; empty: the whole file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    for file, first, last in ranges:
        writer.writerow((cell(rule), cell(file), _record(first), _record(last)))
    return out.getvalue().encode("utf-8-sig")


def _record(row: int) -> str:
    return str(row + 1) if row >= 0 else ""


def cell(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe before = + - @ (OWASP, CSV injection)."""
    shown = visible(text, limit=4096)
    return f"'{shown}" if shown.lstrip()[:1] in {"=", "+", "-", "@"} else shown


def file_name(rule: str) -> str:
    """`findings/<rule>.csv` in lower-case ASCII; a name that had to change carries part of its digest, so none clash."""
    safe = re.sub(r"[^a-z0-9._-]", "_", rule.lower())[:100].strip(".") or "_"
    if safe != rule or DEVICES.match(safe) or safe == "index":
        safe = f"_{safe}-{hashlib.sha256(rule.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
    return f"findings/{safe}.csv"
