"""One attempt of an evidence pack: its signed documents, their chain, their attachments, their times.

What must hold, in this order; each yields its place in the numbered trail:
 1. the manifest statement stands, and manifest, pins and marker are the ones it names;
 2. the run-started statement stands, follows from it, and contract and programme are the ones it names;
 3. the report statement stands, follows from that, and report.json, tables and findings are the ones it names;
 4. every decision stands, is about these very documents, and a RELEASE rests on a PASS;
 5. all are about this voucher, delivery and attempt, and their times run forward.
An attempt that broke off has the first of these only; never a later one without the one before. Findings may be gone
if a signed statement says so (include.evidence.pack_retention); nothing else may. Log proofs, where there are any, must hold and give the time from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

from include.evidence.canonical import Json, strict_parse
from include.evidence.keyring import Keyring
from include.evidence.manifest import Manifest
from include.evidence.pack_index import Index, Item, split_attempt
from include.evidence.pack_proofs import Proofs, Read
from include.evidence.predicates import DecisionPredicate, ManifestPredicate, ReportPredicate, RunStartedPredicate
from include.evidence.refusals import refuse
from include.evidence.resource import Resource
from include.evidence.verify import Verified, verify_report

T = TypeVar("T", ManifestPredicate, RunStartedPredicate, ReportPredicate, DecisionPredicate)

REPORT_LIMIT: Final = 64 * 2**20
NO_SUBJECT: Final = "0" * 64
"""In a decision on an attempt that never came to a manifest."""

STEPS: Final = (
    ("명세 진술서가 유효하고, 명세·저장소 판·표지가 그것이 가리키는 것이다", "the manifest statement stands; manifest, pins and marker are the ones it names"),
    ("검사 개시 진술서가 유효하고 이어지며, 계약과 사업 프로필이 그것이 가리키는 것이다", "run-started stands and follows; contract and programme are the ones it names"),
    ("보고서 진술서가 유효하고 이어지며, report.json·세부표·부적합 목록이 그것이 가리키는 것이다", "the report stands and follows; report.json, tables and findings are the ones it names"),
    ("모든 결정이 유효하고 이 문서들에 대한 것이며, 지급가능은 적합에 근거한다", "every decision stands and is about these documents; a RELEASE rests on a PASS"),
    ("같은 바우처·납품·시도의 문서이고 시각이 순서에 맞는다", "all are about this voucher, delivery and attempt; their times run forward"),
)  # fmt: skip


@dataclass
class AttemptFacts:
    """What an attempt is proven to be. Filled step by step; what is None is not in the pack."""

    name: str
    manifest: Verified | None = None
    started: Verified | None = None
    report: Verified | None = None
    decisions: list[Verified] = field(default_factory=list)
    report_json: bytes | None = None
    contract: bytes | None = None
    gone: set[str] = field(default_factory=set)
    proven: int = 0

    def documents(self) -> list[Verified]:
        """All signed documents, in the order of the line."""
        return [each for each in (self.manifest, self.started, self.report, *self.decisions) if each is not None]

    @property
    def findings_gone(self) -> int:
        """How many lists of findings are not there any more; one, if even their index is gone."""
        return len(self.gone)

    @property
    def subject(self) -> str | None:
        """The manifest's sha256."""
        return None if self.manifest is None else self.manifest.statement.subject


class AttemptVerifier:
    """Verifies one attempt of an index, step by step. Raises VerificationError."""

    def __init__(self, index: Index, name: str, keyring: Keyring, read: Read) -> None:
        self.facts = AttemptFacts(name)
        self._index, self._name, self._read = index, name, read
        self._proofs = Proofs(keyring, read)

    def steps(self) -> tuple[Callable[[], None], ...]:
        """In the order of STEPS."""
        return (self._manifest, self._started, self._report, self._decisions, self._together)

    def _manifest(self) -> None:
        self._proofs.take(self._all("proof"))
        self.facts.manifest = found = self._document("manifest", "intake")
        if found is None:
            self._none("manifest-lines", "pins", "marker", "run-started", "report", "report-json")
            return
        says = _says(found, ManifestPredicate)
        lines = Manifest.from_bytes(self._read(self._one("manifest-lines")))
        counted = (lines.digest, lines.root, lines.objects, lines.bytes)
        if counted != (found.statement.subject, says.merkle_root, says.objects, says.bytes):
            raise refuse("pack-attachment", "manifest")
        self._attached("pins", says.pins)
        self._attached("marker", says.marker)

    def _started(self) -> None:
        self.facts.started = found = self._document("run-started", "verifier")
        if found is None:
            self._none("report", "report-json", "report-html", "table", "findings-index", "finding")
            return
        before, says = self.facts.manifest, _says(found, RunStartedPredicate)
        if before is None:
            raise refuse("pack-incomplete", "run-started")
        _follows(found, before, says.manifest)
        self.facts.contract = self._attached("contract", says.contract.sha256)
        self._attached("programme", says.programme.sha256)

    def _report(self) -> None:
        self.facts.report = found = self._document("report", "verifier")
        if found is None:
            return
        before, says = self.facts.started, _says(found, ReportPredicate)
        if before is None:
            raise refuse("pack-incomplete", "report")
        _follows(found, before, says.run_started)
        started = _says(before, RunStartedPredicate)
        if (says.rules, says.attempt) != (started.rules, started.attempt):
            raise refuse("pack-chain", "rules or attempt")
        self.facts.report_json = data = self._read(self._one("report-json"))
        verify_report(found, data)
        self._inside(data, says, started)
        self._findings(says)

    def _inside(self, data: bytes, says: ReportPredicate, started: RunStartedPredicate) -> None:
        """What report.json says of itself agrees with the statements, and its tables are there."""
        document = strict_parse(data, limit=REPORT_LIMIT)
        try:
            value = cast("dict[str, Any]", document)
            told = (value["verdict"], value["contract"]["digest"], value["delivery"]["manifest"]["digest"])
            tables = _tables(value["checks"])
        except (KeyError, TypeError, AttributeError):
            raise refuse("pack-attachment", "report.json is no report") from None
        if told != (says.verdict, started.contract.sha256, self.facts.subject):
            raise refuse("pack-attachment", "report.json tells another story")
        if {item.sha256 for item in self._all("table")} != tables:
            raise refuse("pack-attachment", "tables")

    def _findings(self, says: ReportPredicate) -> None:
        """The findings that are still there are those that the signed index of findings names."""
        listed = self._all("findings-index")
        there = {item.sha256 for item in self._all("finding")}
        if not listed:
            self.facts.gone = set() if says.findings is None else {says.findings}
            if there:
                raise refuse("pack-attachment", "findings without their index")
            return
        if len(listed) != 1 or listed[0].sha256 != says.findings:
            raise refuse("pack-attachment", "index of findings")
        value = strict_parse(self._read(listed[0]), limit=REPORT_LIMIT)
        try:
            files = cast("list[dict[str, str]]", cast("dict[str, Json]", value)["files"])
            named = {each["sha256"] for each in files}
        except (KeyError, TypeError):
            raise refuse("pack-attachment", "index of findings") from None
        if there - named:
            raise refuse("pack-attachment", "findings")
        self.facts.gone = named - there

    def _decisions(self) -> None:
        for item in self._all("decision"):
            found = self._verified(item, "gate")
            says = _says(found, DecisionPredicate)
            known = {document.statement_sha256 for document in self.facts.documents()}
            if found.statement.subject != (self.facts.subject or NO_SUBJECT) or not {*says.inputs} <= known:
                raise refuse("pack-chain", "decision")
            report = self.facts.report
            passed = report is not None and _says(report, ReportPredicate).verdict == "PASS"
            if says.released and (not passed or report is None or report.statement_sha256 not in says.inputs):
                raise refuse("pack-decision")
            self.facts.decisions.append(found)
        self.facts.decisions.sort(key=lambda found: (found.statement.predicate.time, found.statement_sha256))

    def _together(self) -> None:
        if not self.facts.documents():
            raise refuse("pack-incomplete", "an attempt without a signed document")
        delivery, number = split_attempt(self._name)
        milestones = set[str]()
        for document in self.facts.documents():
            predicate = document.statement.predicate
            about = predicate.resource
            if not isinstance(about, Resource):
                raise refuse("wrong-document", document.role)
            milestones.add(about.milestone)
            attempt = getattr(predicate, "attempt", number)
            if (about.voucher, about.delivery, attempt) != (self._index.voucher, delivery, number):
                raise refuse("pack-another-delivery")
        if len(milestones) != 1:
            raise refuse("pack-another-delivery", "milestone")
        times = [document.statement.predicate.time for document in self.facts.documents()]
        if times != sorted(times):
            raise refuse("pack-clock")
        self._proofs.none_astray(self.facts.documents())

    def _document(self, kind: str, role: str) -> Verified | None:
        """The one document of a kind, verified as `role`'s; None if there is none."""
        items = self._all(kind)
        if not items:
            return None
        return self._verified(self._one(kind), role)

    def _verified(self, item: Item, role: str) -> Verified:
        found = self._proofs.verified(item, role)
        self.facts.proven = self._proofs.proven
        return found

    def _attached(self, kind: str, sha256: str) -> bytes:
        item = self._one(kind)
        if item.sha256 != sha256:
            raise refuse("pack-attachment", kind)
        return self._read(item)

    def _one(self, kind: str) -> Item:
        found = self._all(kind)
        if len(found) != 1:
            raise refuse("pack-file-missing" if not found else "pack-index", kind)
        return found[0]

    def _all(self, kind: str) -> tuple[Item, ...]:
        return self._index.of_kind(kind, self._name)

    def _none(self, *kinds: str) -> None:
        """Nothing of a later step without the one before."""
        for kind in kinds:
            if self._all(kind):
                raise refuse("pack-incomplete", kind)


def _says(document: Verified, kind: type[T]) -> T:
    says = document.statement.predicate
    if not isinstance(says, kind):
        raise refuse("wrong-document", document.role)
    return says


def _follows(document: Verified, before: Verified, named: str) -> None:
    if named != before.statement_sha256 or document.statement.subject != before.statement.subject:
        raise refuse("pack-chain")


def _tables(checks: Iterable[dict[str, Json]]) -> set[str]:
    """Digests of the detail tables that lie in files of their own."""
    found = set()
    for check in checks:
        for table in cast("list[dict[str, Json]]", check["detail"]):
            if "file" in table:
                found.add(cast("dict[str, str]", table["file"])["sha256"])
    return found
