"""report.json: from the results of the checks to RFC 8785 bytes, in the shape of docs/reference/report.md.

A pure function of delivery content, contract, programme and code. No time, attempt, operator, machine or shard plan may
enter here; what is signed is a statement that names these bytes by their sha256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import rfc8785

from checks.kernel import CheckResult, Rule
from include.contracts.model import NotChecked
from include.errors import DamboError
from include.reports.findings import Findings, build_findings
from include.reports.rows import INLINE_ROWS, Document, check_row, text, whole
from include.reports.schema import CAP, validate
from include.reports.verdict import ReportVerdict, report_verdict

SCHEMA = "dambo/quality-report/v1"


class Identified(Protocol):
    """What names a contract or a programme profile: `digest` is the sha256 (hex) of its bytes."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...

    @property
    def digest(self) -> str:
        """sha256 of its bytes, hex."""
        ...


class Named(Identified, Protocol):
    """A contract has a title for people too."""

    @property
    def name(self) -> str:
        """Its title."""
        ...


class Profile(Identified, Protocol):
    """A programme profile has a title in both languages."""

    @property
    def name_ko(self) -> str:
        """Its Korean title."""
        ...

    @property
    def name_en(self) -> str:
        """Its English title."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """The delivery's content by its manifest: sha256 (hex), number of objects, their bytes together."""

    manifest_sha256: str
    objects: int
    bytes: int


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What judged: version, digest (sha256, hex) of the code, and the libraries' versions by name."""

    version: str
    digest: str
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QualityReport:
    """A report with its bytes and the files that it names. `document` is what the bytes say."""

    document: Mapping[str, Document]
    data: bytes
    tables: Mapping[str, bytes]
    findings: Findings

    @property
    def verdict(self) -> ReportVerdict:
        """PASS, FAIL or ERROR."""
        return self.document["verdict"]  # type: ignore[return-value]

    @property
    def sha256(self) -> str:
        """Of the bytes, hex: what the statement names."""
        return hashlib.sha256(self.data).hexdigest()

    def to_bytes(self) -> bytes:
        """report.json."""
        return self.data

    def files(self) -> dict[str, bytes]:
        """Everything beside report.html, by path: report.json, tables/, findings/."""
        return {"report.json": self.data, **self.tables, **self.findings.files()}


def build_report(
    results: Sequence[CheckResult],
    *,
    delivery: DeliveryFacts,
    contract: Named,
    programme: Profile | None,
    code: CodeFacts,
    declared: Collection[str],
    not_checked: Sequence[NotChecked] = (),
) -> QualityReport:
    """The report of one verification. `declared`: the names of all rules that the contract compiled to, in order.

    Raises DamboError "report-too-large" beyond 64 MiB even with every detail table in its own file, "report-invalid"
    if the document is not of its own schema.
    """
    findings = build_findings(results)
    concluded = report_verdict([(r.check.rule, r.verdict) for r in results], declared)
    reason = concluded.reason
    head: dict[str, Document] = {
        "schema": SCHEMA,
        "verdict": concluded.verdict,
        "reason": None if reason is None else {"code": reason.code, "params": {k: text(v) for k, v in reason.params.items()}},
        "delivery": {"manifest": {"digest": delivery.manifest_sha256, "objects": delivery.objects, "bytes": delivery.bytes}},
        "contract": {**_identity(contract), "name": text(contract.name)},
        "programme": None if programme is None else _profile(programme),
        "code": {"version": code.version, "digest": code.digest, "libraries": dict(code.libraries)},
        "missing": _missing([r.check.rule for r in results], declared),
        "not_checked": [{"rule": whole(n.rule), "reason": text(n.reason), "by": text(n.by)} for n in not_checked],
    }  # fmt: skip
    for inline in (INLINE_ROWS, 100, 0):
        rows = [check_row(r, findings.by_rule.get(r.check.rule.name), inline) for r in results]
        document = {**head, "checks": [row for row, _ in rows]}
        data = rfc8785.dumps(document)
        if len(data) <= CAP:
            validate(document)
            return QualityReport(document, data, {name: b for _, files in rows for name, b in files.items()}, findings)
    raise DamboError(
        "report-too-large",
        f"the report has {len(data)} bytes, more than {CAP}",
        hint="divide the contract into several, or check fewer classes with one rule",
        ko=f"보고서가 {len(data)}바이트로 한도 {CAP}바이트를 넘습니다",
        ko_hint="계약 명세를 나누거나 한 규칙이 다루는 클래스 수를 줄이십시오",
    )


def _identity(named: Identified) -> dict[str, Document]:
    return {"id": text(named.id), "version": text(named.version), "digest": named.digest}


def _profile(programme: Profile) -> Document:
    return {**_identity(programme), "name": {"ko": text(programme.name_ko), "en": text(programme.name_en)}}


def _missing(rules: Sequence[Rule], declared: Collection[str]) -> list[Document]:
    found = {rule.name for rule in rules}
    return [whole(name) for name in declared if name not in found]
