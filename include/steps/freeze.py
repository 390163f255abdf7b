"""freeze: the delivery's manifest and pins, what was agreed, the shard plan, and two signed statements before any check."""

from __future__ import annotations

from include.contracts.model import Contract
from include.deliveries import intake, marker
from include.deliveries import shards as sharding
from include.deliveries.marker import Marker
from include.deliveries.progress import Progress, silent
from include.errors import DeliveryError, VerificationError
from include.evidence.manifest import Manifest
from include.evidence.predicates import (
    Claims,
    ManifestPredicate,
    Pinned,
    RunStartedPredicate,
)
from include.evidence.resource import Resource
from include.evidence.rules import rules_digest
from include.evidence.statement import Statement
from include.gate.required import required_rules
from include.programmes import programme_data
from include.registry import Attempt
from include.steps.context import (
    Line,
    agreed,
    fetch_of,
    identity_of,
    manifest_of,
    marker_of,
    prefix_of,
    resource_of,
    step,
)


def freeze(
    line: Line, *, voucher: str, delivery: str, run_id: str, operator: str, reason: str, progress: Progress = silent
) -> str:
    """Begin (or resume) the run's attempt: manifest and pins, what was agreed, the shard plan, two signed statements."""
    attempt = line.registry.begin_attempt(
        run_id=run_id, voucher=voucher, delivery=delivery, operator=operator, reason=reason, now=line.now()
    )
    if not attempt.sealed:
        with step(line, attempt.id):
            _take_manifest(line, attempt, progress)
            _start_run(line, line.registry.attempt(attempt.id))
    return attempt.id


def _take_manifest(line: Line, attempt: Attempt, progress: Progress) -> None:
    """Hash the delivery once; a resumed attempt keeps the manifest it has."""
    if line.filing.get(attempt.id, "manifest") is not None:
        return
    frozen = intake.freeze(line.storage, prefix_of(attempt.voucher, attempt.delivery), progress)
    if frozen.marker is None:
        raise DeliveryError(
            "delivery-incomplete", f"{marker.NAME} is not there", hint="put it last, when all files are there",
            ko=f"{marker.NAME} 이 없습니다", ko_hint="모든 파일을 올린 뒤 마지막에 올리십시오",
        )  # fmt: skip
    claim = marker.parse_marker(frozen.marker)
    line.registry.note(attempt.id, milestone=claim.milestone, phase=claim.phase, delivered_at=frozen.delivered_at)
    _unchanged(line, attempt, frozen.manifest.digest)
    line.filing.put(attempt.id, "manifest-lines", frozen.manifest.to_bytes())
    pins = line.filing.put(attempt.id, "pins", frozen.pins)
    said = line.filing.put(attempt.id, "marker", frozen.marker)
    predicate = ManifestPredicate(
        resource=Resource(attempt.voucher, claim.milestone, attempt.delivery),
        claims=_claims(claim),
        marker=said,
        pins=pins,
        merkle_root=frozen.manifest.root,
        objects=frozen.manifest.objects,
        bytes=frozen.manifest.bytes,
        taken_at=line.now(),
    )
    line.registry.note(attempt.id, manifest_sha256=frozen.manifest.digest)
    line.filing.sign(attempt.id, "manifest", "intake", lambda: Statement(frozen.manifest.digest, predicate))


def _claims(claim: Marker) -> Claims:
    return Claims(
        claim.voucher,
        claim.milestone,
        claim.delivery,
        claim.phase,
        claim.contract_id,
        claim.contract_version,
        claim.supplier or None,
    )


def _unchanged(line: Line, attempt: Attempt, digest: str) -> None:
    for earlier in line.registry.attempts(attempt.voucher, attempt.delivery):
        if earlier.manifest_sha256 not in {None, digest}:
            raise VerificationError(
                "delivery-changed",
                f"attempt {earlier.number} saw other content under this delivery",
                hint="deliver the changed data as a new delivery",
                ko=f"{earlier.number}차 시도 때와 납품 내용이 다릅니다",
                ko_hint="바뀐 데이터는 새 납품으로 제출하십시오",
            )


def _start_run(line: Line, attempt: Attempt) -> None:
    """Commit, signed, to what will be checked, before anything is."""
    manifest, claim = manifest_of(line, attempt.id), marker_of(line, attempt.id)
    found = agreed(line, attempt, claim)
    rules = required_rules(found.contract.checks)
    plan = _plan_shards(line, attempt, manifest, found.contract)
    line.filing.put(attempt.id, "contract", found.contract_data)  # what was agreed must be readable years later
    line.filing.put(attempt.id, "programme", programme_data(found.programme.id))
    line.registry.note(
        attempt.id,
        contract_sha256=found.contract.digest,
        programme_sha256=found.programme.digest,
        rules_sha256=rules_digest(rules),
        shard_plan=plan,
    )
    predicate = RunStartedPredicate(
        resource=resource_of(attempt),
        attempt=attempt.number,
        manifest=identity_of(line, attempt.id, "manifest"),
        contract=Pinned(found.contract.id, found.contract.version, found.contract.digest),
        programme=Pinned(found.programme.id, found.programme.version, found.programme.digest),
        rules=rules_digest(rules),
        rule_count=len(rules),
        operator=attempt.operator,
        reason=attempt.reason,
        started_at=line.now(),
    )
    line.filing.sign(attempt.id, "run-started", "verifier", lambda: Statement(manifest.digest, predicate))


def _plan_shards(line: Line, attempt: Attempt, manifest: Manifest, contract: Contract) -> str:
    """The sha256 of the attempt's shard plan, made once."""
    if attempt.shard_plan is not None:
        return attempt.shard_plan
    fetch = fetch_of(line, attempt)
    scratch = line.settings.scratch_folder() / attempt.id
    scratch.mkdir(parents=True, exist_ok=True)
    plan = sharding.plan_shards(
        manifest,
        contract,
        shard_bytes=line.settings.shard_bytes,
        most=line.settings.max_shards,
        locate=lambda entry: fetch(entry, scratch / "planning"),
    )
    (scratch / "planning").unlink(missing_ok=True)
    return line.filing.put(attempt.id, "shard-plan", sharding.dump_plan(plan))
