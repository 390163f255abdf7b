"""What a signer reaches again before it signs: from the statement's digests, storage and registry, not from the asker's word.

manifest     the lines lie in storage under the subject and give its counts and root; pins and marker lie there and the
             marker makes the claims; an attempt of the registry took this manifest
run-started  its manifest is logged; the contract is the one of the registry, and its rules and programme are those named
report       its run is logged; report.json lies in storage, its checks are exactly the rules committed to, each verdict
             follows from its numbers and the report's verdict from its checks
retention    it follows the voucher's minutes in the log; a hold is not one twice, a lift ends one; what is destroyed
             belongs to the voucher, was due on the day it says, which is not in the future, and is needed by nobody else
audit        its count and checkpoint are the log's; the log and every filed document are read once more with the same findings
decision     RELEASE and REJECT rest on manifest, run and report of this very attempt, all logged, with the verdict
             reached once more; HOLD, which lets nothing go, needs only that there is such an attempt
No statement may claim a time later than the signer's clock shows.
Not reached again: the delivery's own bytes (`dambo verify --delivery --rerun` does), what an audit says of them, and the gate's conditions on
agreement and money, which release judges for itself.
Raises VerificationError "signer-refused" and those of the documents; StorageError, RegistryError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from include.contracts import load
from include.deliveries.marker import parse_marker
from include.errors import DamboError, StorageError, VerificationError
from include.evidence import retention
from include.evidence.audit import reached_again
from include.evidence.canonical import digest
from include.evidence.filing import evidence_key
from include.evidence.manifest import Manifest
from include.evidence.predicates import (
    AuditPredicate,
    Claims,
    DecisionPredicate,
    ManifestPredicate,
    Pinned,
    Predicate,
    ReportPredicate,
    RetentionPredicate,
    RunStartedPredicate,
)
from include.evidence.records import Records
from include.evidence.refusals import refuse
from include.evidence.rules import rules_digest
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope
from include.gate.body import Body, read_body
from include.gate.required import required_rules
from include.programmes import load_programme
from include.registry import Attempt, Registry

Kind = TypeVar("Kind", ManifestPredicate, RunStartedPredicate, ReportPredicate)

SKEW = timedelta(minutes=5)
"""How far another machine's clock may be ahead of the signer's."""

EXPECTED = {"RELEASE": "PASS", "REJECT": "FAIL"}


@dataclass(frozen=True)
class Recomputer:
    """Where everything is read again; `now`, since nothing is destroyed before its day."""

    records: Records
    now: Callable[[], datetime]

    @property
    def registry(self) -> Registry:
        """The registry of the records."""
        return self.records.registry

    def check(self, statement: Statement) -> None:
        """Raises unless the statement is what is reached again, and does not claim a time that is still to come."""
        if statement.predicate.time > self.now() + SKEW:
            raise refuse("signer-refused", "a time in the future")
        match statement.predicate:
            case ManifestPredicate() as says:
                self._manifest(statement.subject, says)
            case RunStartedPredicate() as says:
                self._run_started(statement.subject, says)
            case ReportPredicate() as says:
                self._report(statement.subject, says)
            case DecisionPredicate() as says:
                self._decision(statement.subject, says)
            case RetentionPredicate() as says:
                self._retention(says)
            case AuditPredicate() as says:
                self._follows(says)
                reached_again(self.records, statement.subject, says)

    def _manifest(self, subject: str, says: ManifestPredicate) -> None:
        lines = Manifest.from_bytes(self._object(subject))
        _same("counts", (lines.objects, lines.bytes, lines.root), (says.objects, says.bytes, says.merkle_root))
        self._object(says.pins)
        _same("claims", _claims(self._object(says.marker)), says.claims)
        if not any(
            a.manifest_sha256 == subject and a.milestone == says.resource.milestone for a in self._attempts(says)
        ):
            raise refuse("signer-refused", "no attempt took this manifest")

    def _run_started(self, subject: str, says: RunStartedPredicate) -> None:
        self._logged(says.manifest, ManifestPredicate, subject, says.resource.uri)
        _same("attempt", self._attempt(says).manifest_sha256, subject)
        agreed = self.registry.milestone(says.resource.voucher, says.resource.milestone)
        if agreed is None:
            raise refuse("signer-refused", "milestone")
        data = self._read(f"contracts/{agreed.contract_id}/{agreed.contract_version}.odcs.yaml")
        _same("contract", digest(data), agreed.contract_sha256)
        contract = load(data)
        _same("contract", Pinned(contract.id, contract.version, agreed.contract_sha256), says.contract)
        rules = required_rules(contract.checks)
        _same("rules", (rules_digest(rules), len(rules)), (says.rules, says.rule_count))
        programme = load_programme(contract.programme)
        _same("programme", Pinned(programme.id, programme.version, programme.digest), says.programme)

    def _report(self, subject: str, says: ReportPredicate) -> None:
        started = self._logged(says.run_started, RunStartedPredicate, subject, says.resource.uri)
        _same("run", (started.attempt, started.rules, started.operator, started.reason, started.started_at),
              (says.attempt, says.rules, says.operator, says.reason, says.started_at))  # fmt: skip
        data = self._object(says.report)
        _same("report size", len(data), says.report_size)
        body = _body(data)
        _same("manifest", body.manifest[0], subject)
        _same("agreement", (body.contract, body.programme), (started.contract, started.programme))
        _same("rules", rules_digest(row.required for row in body.rows), says.rules)
        if not all(row.follows() for row in body.rows):
            raise refuse("signer-refused", "a verdict does not follow from its numbers")
        _same("verdict", body.concluded(tuple(body.names())), says.verdict)
        _same("verdict", (body.verdict, body.by_verdict()), (says.verdict, says.tests))
        if says.findings is not None:
            _same("findings", digest(self._read(f"findings/{says.report}/findings/index.json")), says.findings)

    def _decision(self, subject: str, says: DecisionPredicate) -> None:
        attempt = self._attempt(says)
        wanted = EXPECTED.get(says.decision)
        if wanted is None:
            return
        match [self._input(sha256, subject, says.resource.uri) for sha256 in says.inputs]:
            case [ManifestPredicate(), RunStartedPredicate() as started, ReportPredicate() as report]:
                chain = (started.manifest, report.run_started, started.attempt, report.attempt)
                _same("inputs", chain, (*says.inputs[:2], says.attempt, says.attempt))
                _same(
                    "verdict", (report.verdict, attempt.verdict, attempt.report_sha256), (wanted, wanted, report.report)
                )
                self._report(subject, report)
            case _:
                raise refuse("signer-refused", "inputs")

    def _retention(self, says: RetentionPredicate) -> None:
        self._follows(says)
        if says.event != "destroyed":
            _same("hold", retention.held(self.records, says.voucher), says.event == "lift")
            return
        if says.at > self.now():
            raise refuse("signer-refused", "in the future")
        known = retention.terms(self.records, says.at.astimezone(retention.KST).date())
        due = {(each.key, each.sha256) for each in retention.due(known).get(says.voucher, ()) if not each.recorded}
        if not {(gone.key, gone.sha256) for gone in says.objects} <= due:
            raise refuse("signer-refused", "an object that is not due")

    def _follows(self, says: RetentionPredicate | AuditPredicate) -> None:
        """It is the next minute about its resource."""
        before = self.records.minutes(type(says)).get(says.resource.uri, [])
        _same("number", (says.number, says.before), (len(before) + 1, before[-1].sha256 if before else None))

    def _logged(self, sha256: str, kind: type[Kind], subject: str, resource: str) -> Kind:
        says = self._input(sha256, subject, resource)
        if not isinstance(says, kind):
            raise refuse("signer-refused", "another document")
        return says

    def _input(self, sha256: str, subject: str, resource: str) -> Predicate:
        """What a logged statement says; its signature is verified, since a row of a database is nobody's word."""
        row = self.registry.log_entry(sha256)
        if row is None:
            raise refuse("not-logged", sha256[:16])
        verified = verify_envelope(row.envelope, self.records.keyring)
        says = verified.statement.predicate
        about = (verified.statement_sha256, verified.statement.subject, says.resource.uri)
        _same("subject", about, (sha256, subject, resource))
        return says

    def _attempts(self, says: ManifestPredicate | RunStartedPredicate | DecisionPredicate) -> tuple[Attempt, ...]:
        return tuple(self.registry.attempts(says.resource.voucher, says.resource.delivery))

    def _attempt(self, says: RunStartedPredicate | DecisionPredicate) -> Attempt:
        for attempt in self._attempts(says):
            if attempt.number == says.attempt:
                return attempt
        raise refuse("signer-refused", "attempt")

    def _object(self, sha256: str) -> bytes:
        """Evidence by its digest."""
        data = self._read(evidence_key(sha256))
        _same("digest", digest(data), sha256)
        return data

    def _read(self, key: str) -> bytes:
        try:
            return self.records.storage.read(key)
        except StorageError as error:
            if error.code != "object-missing":
                raise
            raise refuse("signer-refused", "an object it names is not in storage") from None


def _same(what: str, reached: object, said: object) -> None:
    if reached != said:
        raise refuse("signer-refused", what)


def _claims(data: bytes) -> Claims:
    try:
        claim = parse_marker(data)
    except DamboError as error:
        raise refuse("signer-refused", error.code) from None
    return Claims(
        claim.voucher,
        claim.milestone,
        claim.delivery,
        claim.phase,
        claim.contract_id,
        claim.contract_version,
        claim.supplier or None,
    )


def _body(data: bytes) -> Body:
    try:
        return read_body(data)
    except (VerificationError, ValueError, KeyError, ArithmeticError) as error:
        raise refuse("signer-refused", f"report.json: {type(error).__name__}") from None
