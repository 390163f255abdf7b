"""The predicates of our statements: frozen types, their JSON and back. Shapes are held by `schemas/*.json`.

`from_json` takes what has passed its schema; what a schema cannot say (that a result follows from its verdict, that
times are in order) it checks itself and raises ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias, cast

from include.evidence.canonical import Json
from include.evidence.resource import Resource
from include.evidence.times import from_text, to_text

TYPES: Final = "https://dambo.example/attestation"
"""The name under which our predicate types stand. `.example` is reserved (RFC 2606): nobody can come to own it."""

Object: TypeAlias = dict[str, Json]
ReportVerdict: TypeAlias = Literal["PASS", "FAIL", "ERROR"]
Verdict: TypeAlias = Literal["RELEASE", "HOLD", "REJECT"]


def _object(value: Json) -> Object:
    assert isinstance(value, dict)
    return value


def _text(value: Json) -> str:
    assert isinstance(value, str)
    return value


def _texts(value: Json) -> tuple[str, ...]:
    assert isinstance(value, list)
    return tuple(_text(item) for item in value)


def _integer(value: Json) -> int:
    assert isinstance(value, int)
    return value


def _sha256(value: Json) -> str:
    return _text(_object(value)["sha256"])


@dataclass(frozen=True, slots=True)
class Claims:
    """What `_DELIVERED.json` says, word for word; None where it is silent. Nothing here is true because it stands here."""

    voucher: str | None
    milestone: str | None
    delivery: str | None
    phase: str | None
    contract_id: str | None
    contract_version: str | None
    supplier: str | None

    def to_json(self) -> Object:
        """As in the manifest statement."""
        return {
            "voucher": self.voucher,
            "milestone": self.milestone,
            "delivery": self.delivery,
            "phase": self.phase,
            "contract": {"id": self.contract_id, "version": self.contract_version},
            "supplier": self.supplier,
        }

    @classmethod
    def from_json(cls, value: Json) -> Claims:
        """Back."""
        said = cast("dict[str, str | None]", _object(value))
        contract = cast("dict[str, str | None]", _object(value)["contract"])
        return cls(
            said["voucher"], said["milestone"], said["delivery"], said["phase"],
            contract["id"], contract["version"], said["supplier"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pinned:
    """A contract or programme, by id, version and the sha256 (hex) of its bytes."""

    id: str
    version: str
    sha256: str

    def to_json(self) -> Object:
        """As in a statement."""
        return {"id": self.id, "version": self.version, "digest": {"sha256": self.sha256}}

    @classmethod
    def from_json(cls, value: Json) -> Pinned:
        """Back."""
        said = _object(value)
        return cls(_text(said["id"]), _text(said["version"]), _sha256(said["digest"]))


@dataclass(frozen=True, slots=True)
class ManifestPredicate:
    """What was picked up. `pins` and `marker`: sha256 of the pins file and of `_DELIVERED.json`; `merkle_root` RFC 6962."""

    TYPE: ClassVar = f"{TYPES}/manifest/v1"
    SCHEMA: ClassVar = "manifest"

    resource: Resource
    claims: Claims
    marker: str
    pins: str
    merkle_root: str
    objects: int
    bytes: int
    taken_at: datetime

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.taken_at

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "claims": self.claims.to_json(),
            "marker": {"sha256": self.marker},
            "pins": {"sha256": self.pins},
            "merkleRoot": {"sha256": self.merkle_root},
            "objects": self.objects,
            "bytes": self.bytes,
            "takenAt": to_text(self.taken_at),
        }

    @classmethod
    def from_json(cls, value: Object) -> ManifestPredicate:
        """Back."""
        return cls(
            resource=Resource.parse(_text(value["resourceUri"])),
            claims=Claims.from_json(value["claims"]),
            marker=_sha256(value["marker"]),
            pins=_sha256(value["pins"]),
            merkle_root=_sha256(value["merkleRoot"]),
            objects=_integer(value["objects"]),
            bytes=_integer(value["bytes"]),
            taken_at=from_text(_text(value["takenAt"])),
        )


@dataclass(frozen=True, slots=True)
class RunStartedPredicate:
    """What is going to be checked, said before it is: so that a dropped rule or a hidden attempt shows.

    `manifest`: identity (sha256 of the payload) of the manifest statement; `rules`: see include.evidence.rules.
    """

    TYPE: ClassVar = f"{TYPES}/run-started/v1"
    SCHEMA: ClassVar = "run-started"

    resource: Resource
    attempt: int
    manifest: str
    contract: Pinned
    programme: Pinned
    rules: str
    rule_count: int
    operator: str
    reason: str
    started_at: datetime

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.started_at

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "resourceUri": self.resource.uri,
            "attempt": self.attempt,
            "manifest": {"sha256": self.manifest},
            "contract": self.contract.to_json(),
            "programme": self.programme.to_json(),
            "rules": {"sha256": self.rules, "count": self.rule_count},
            "operator": self.operator,
            "reason": self.reason,
            "startedAt": to_text(self.started_at),
        }

    @classmethod
    def from_json(cls, value: Object) -> RunStartedPredicate:
        """Back."""
        return cls(
            resource=Resource.parse(_text(value["resourceUri"])),
            attempt=_integer(value["attempt"]),
            manifest=_sha256(value["manifest"]),
            contract=Pinned.from_json(value["contract"]),
            programme=Pinned.from_json(value["programme"]),
            rules=_sha256(value["rules"]),
            rule_count=_integer(_object(value["rules"])["count"]),
            operator=_text(value["operator"]),
            reason=_text(value["reason"]),
            started_at=from_text(_text(value["startedAt"])),
        )


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
            "findings": None if self.findings is None else {"sha256": self.findings},
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
            resource=Resource.parse(_text(value["resourceUri"])),
            attempt=_integer(value["attempt"]),
            run_started=_sha256(value["runStarted"]),
            verdict=cast("ReportVerdict", value["verdict"]),
            tests=ByVerdict(*(_texts(value[name]) for name in names)),
            report=_sha256(value["report"]),
            report_size=_integer(_object(value["report"])["size"]),
            findings=None if value["findings"] is None else _sha256(value["findings"]),
            rules=_sha256(value["rules"]),
            operator=_text(value["operator"]),
            reason=_text(value["reason"]),
            started_at=from_text(_text(value["startedAt"])),
            finished_at=from_text(_text(value["finishedAt"])),
        )
        if made.finished_at < made.started_at:
            raise ValueError("finishedAt before startedAt")
        return made


LEVEL: Final = "DAMBO_RELEASE"
EXTENSION: Final = f"{TYPES}/decision/v1"


@dataclass(frozen=True, slots=True)
class DecisionPredicate:
    """A SLSA verification summary: what payment reads. Only RELEASE is PASSED.

    `policy_uri` and `policy` (sha256) name the programme; `inputs` are the identities of the statements that were read.
    """

    TYPE: ClassVar = "https://slsa.dev/verification_summary/v1"
    SCHEMA: ClassVar = "decision"

    resource: Resource
    verifier: str
    verifier_version: str
    time_verified: datetime
    policy_uri: str
    policy: str
    inputs: tuple[str, ...]
    decision: Verdict
    reasons: tuple[str, ...]
    attempt: int

    @property
    def time(self) -> datetime:
        """The statement's own claim of when it was made."""
        return self.time_verified

    @property
    def released(self) -> bool:
        """The one question payment asks."""
        return self.decision == "RELEASE"

    def to_json(self) -> Object:
        """The predicate."""
        return {
            "verifier": {"id": self.verifier, "version": {"dambo": self.verifier_version}},
            "timeVerified": to_text(self.time_verified),
            "resourceUri": self.resource.uri,
            "policy": {"uri": self.policy_uri, "digest": {"sha256": self.policy}},
            "inputAttestations": [{"digest": {"sha256": each}} for each in self.inputs],
            "verificationResult": "PASSED" if self.released else "FAILED",
            "verifiedLevels": [LEVEL if self.released else "FAILED"],
            f"{EXTENSION}/decision": self.decision,
            f"{EXTENSION}/reasons": [*self.reasons],
            f"{EXTENSION}/attempt": self.attempt,
        }

    @classmethod
    def from_json(cls, value: Object) -> DecisionPredicate:
        """Back. Raises ValueError if the standard's fields and ours disagree."""
        verifier, policy = _object(value["verifier"]), _object(value["policy"])
        inputs = cast("list[Json]", value["inputAttestations"])
        made = cls(
            resource=Resource.parse(_text(value["resourceUri"])),
            verifier=_text(verifier["id"]),
            verifier_version=_text(_object(verifier["version"])["dambo"]),
            time_verified=from_text(_text(value["timeVerified"])),
            policy_uri=_text(policy["uri"]),
            policy=_sha256(policy["digest"]),
            inputs=tuple(_sha256(_object(each)["digest"]) for each in inputs),
            decision=cast("Verdict", value[f"{EXTENSION}/decision"]),
            reasons=_texts(value[f"{EXTENSION}/reasons"]),
            attempt=_integer(value[f"{EXTENSION}/attempt"]),
        )
        if made.released == bool(made.reasons):
            raise ValueError("a RELEASE has no reasons, any other decision has")
        return made


Predicate: TypeAlias = ManifestPredicate | RunStartedPredicate | ReportPredicate | DecisionPredicate

PREDICATES: Final = {kind.TYPE: kind for kind in (ManifestPredicate, RunStartedPredicate, ReportPredicate, DecisionPredicate)}  # fmt: skip

SIGNED_BY: Final = {
    ManifestPredicate.TYPE: "intake",
    RunStartedPredicate.TYPE: "verifier",
    ReportPredicate.TYPE: "verifier",
    DecisionPredicate.TYPE: "gate",
}
"""Which role signs which type. Waiver (two persons) and release (payment) join with the gate's own room."""
