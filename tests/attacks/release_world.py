"""A world in which everything is right for a release: signed with real keys, told to a real registry, stored in a folder.

Each attack changes one thing of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from include.evidence.embedded import ensure_keys
from include.evidence.envelope import parse
from include.evidence.keyring import Keyring
from include.evidence.log.prover import prove
from include.evidence.log.writer import LogWriter
from include.evidence.predicates import DecisionPredicate
from include.evidence.resource import Resource
from include.evidence.signer import FileSigner
from include.evidence.statement import Statement
from include.gate.release import gate_signed, release
from include.registry import Attempt, Registry, Release, open_registry
from include.settings import Settings
from include.storage import Storage, open_storage

NOW = datetime.now(UTC).replace(microsecond=0)
CONTRACT, MANIFEST, REPORT = "c" * 64, "d" * 64, "e" * 64
VOUCHER = "V-2026-000123"


def milestone(name: str, sequence: int, amount: int, **changes: Any) -> dict[str, Any]:
    return {
        "voucher": VOUCHER,
        "programme": "ai-data-processing-voucher",
        "demand_firm": "수요기업",
        "supplier": "공급기업",
        "region": "전북",
        "sector": "농림수산",
        "milestone": name,
        "sequence": sequence,
        "amount_krw": amount,
        "due_on": f"2026-{sequence:02}-28",
        "contract_id": "1-014-046-NL",
        "contract_version": "1.0.0",
        "contract_sha256": CONTRACT,
    } | changes


@dataclass
class World:
    settings: Settings
    registry: Registry
    storage: Storage
    keyring: Keyring
    signer: FileSigner
    runs: int = 0
    release_this: Attempt | None = None
    envelope: bytes | None = None

    @classmethod
    def make(cls, folder: Path, url: str = "") -> World:
        settings = Settings(home=folder, registry=url)
        keyring = ensure_keys(settings)
        registry = open_registry(settings)
        registry.load_vouchers([milestone("interim", 1, 20_000_000), milestone("balance", 2, 30_000_000)])
        storage = open_storage(settings.storage_url(), settings)
        return cls(settings, registry, storage, keyring, FileSigner(settings.keys_folder(), keyring))

    def begin(self, delivery: str = "D-1", milestone: str | None = "interim", phase: str | None = "final") -> Attempt:
        self.runs += 1
        attempt = self.registry.begin_attempt(
            run_id=f"run-{self.runs}", voucher=VOUCHER, delivery=delivery, operator="kim", reason="", now=NOW
        )
        return self.registry.note(attempt.id, milestone=milestone, phase=phase)

    def verified(self, delivery: str = "D-1", milestone: str = "interim", **changes: Any) -> Attempt:
        attempt = self.begin(delivery, milestone, changes.get("phase", "final"))
        contract = changes.get("contract", CONTRACT)
        own = hashlib.sha256(f"{delivery}/{milestone}".encode()).hexdigest()  # every delivery its own content
        self.registry.note(attempt.id, manifest_sha256=changes.get("manifest", own), contract_sha256=contract)
        return self.registry.seal(attempt.id, changes.get("verdict", "PASS"), REPORT, NOW)

    def statement(self, attempt: Attempt, **changes: Any) -> Statement:
        decision = changes.get("decision", "RELEASE")
        predicate = DecisionPredicate(
            resource=changes.get("resource", Resource(attempt.voucher, attempt.milestone or "", attempt.delivery)),
            verifier=self.signer.verifier("gate") or "",
            verifier_version="0",
            time_verified=changes.get("time", NOW),
            policy_uri="urn:dambo:programme:x",
            policy="f" * 64,
            inputs=("a" * 64,),
            decision=decision,
            reasons=() if decision == "RELEASE" else ("late",),
            attempt=changes.get("number", attempt.number),
        )
        return Statement(changes.get("subject", attempt.manifest_sha256 or MANIFEST), predicate)

    def decide(self, attempt: Attempt, **changes: Any) -> bytes:
        """Sign a decision, file it, and make it the one that stands."""
        statement = self.statement(attempt, **changes)
        envelope = self.signer.sign("gate", statement.to_bytes())
        if changes.get("logged", True):
            self.log(statement, envelope)
        self.file(attempt, statement, envelope)
        word = statement.predicate.decision
        self.registry.add_decision(attempt.id, word, statement.predicate.reasons, statement.sha256, NOW)
        return envelope

    def log(self, statement: Statement, envelope: bytes) -> None:
        """Into the log, without the signer's own checks: attacks sign what no signer would."""
        log = LogWriter(self.registry, self.storage, self.keyring, self.signer, lambda: NOW)
        log.append(statement, envelope, parse(envelope).signatures[0].keyid)
        log.publish()

    def prove(self, statement_sha256: str) -> bytes:
        return prove(self.registry, self.storage, self.keyring, statement_sha256)

    def file(self, attempt: Attempt, statement: Statement, envelope: bytes) -> None:
        sha256 = hashlib.sha256(envelope).hexdigest()
        self.storage.put_once(f"evidence/{sha256}", envelope)
        self.registry.add_document(attempt.id, "decision", statement.sha256, sha256, f"evidence/{sha256}", NOW)

    def good(self, delivery: str = "D-1", milestone: str = "interim") -> Attempt:
        """An attempt that may be released."""
        attempt = self.verified(delivery, milestone)
        self.decide(attempt)
        return attempt

    def release(self, attempt: Attempt, envelope: bytes | None = None, now: datetime = NOW) -> Release:
        verify = gate_signed(self.keyring)
        return release(
            self.registry, self.storage, verify, self.prove, attempt_id=attempt.id, now=now, envelope=envelope
        )

    def outbox(self) -> dict[str, bytes]:
        return {info.key: self.storage.read(info.key) for info in self.storage.list("settlement/")}


LATER = NOW + timedelta(hours=1)
