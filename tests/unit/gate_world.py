"""A world in which the gate releases: everything it is handed, unsigned, to be turned and then signed by `build`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from include.evidence.canonical import canonical, digest
from include.evidence.embedded import ensure_keys
from include.evidence.envelope import Envelope, Signature, parse
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Checkpoint, log_origin, sign_checkpoint
from include.evidence.log.entry import LogEntry
from include.evidence.log.note import raw_public
from include.evidence.log.prooffile import TlogProof
from include.evidence.log.tiles import Edge, TileReader
from include.evidence.log.tree import inclusion_path
from include.evidence.predicates import (
    ByVerdict,
    Claims,
    ManifestPredicate,
    Pinned,
    ReportPredicate,
    RunStartedPredicate,
)
from include.evidence.resource import Resource
from include.evidence.rules import RequiredRule, rules_digest
from include.evidence.signer import read_private
from include.evidence.statement import Statement
from include.evidence.statement import parse as parse_statement
from include.gate.case import AttemptFact, Decision, Evidence, Policy
from include.gate.decide import decide
from include.settings import Settings

NOW = datetime.now(UTC).replace(microsecond=0)
DUE = NOW.date() + timedelta(days=3)


@lru_cache
def keys() -> tuple[Keyring, dict[str, object]]:
    """A keyring and its private keys, made once a process."""
    with TemporaryDirectory() as folder:
        configured = Settings(home=Path(folder))
        keyring = ensure_keys(configured)
        return keyring, {
            key.role: (key.keyid, read_private(configured.keys_folder(), key.role)) for key in keyring.keys
        }


@lru_cache(maxsize=4096)
def signed(role: str, payload: bytes) -> bytes:
    keyid, private = keys()[1][role]
    return Envelope(payload, (Signature(keyid, private.sign(Envelope(payload, ()).pae())),)).to_bytes()


RESOURCE = Resource("V-1", "balance", "D-1")
SUBJECT, CONTRACT, PROGRAMME = digest(b"manifest"), digest(b"contract"), digest(b"programme")
RULES = (
    RequiredRule("records.alpha", "label-agreement", "agreement", "error", ">=", ("0.8",)),
    RequiredRule("records.rows", "row-count", "completeness", "error", "between", ("1", "10")),
    RequiredRule("records.note", "pattern", "schema", "warning", "=", ("0",)),
)


def row(rule: RequiredRule, verdict: str, value: str | None, reason: str | None = None) -> dict[str, object]:
    target = (
        {"op": rule.op, "value": rule.values[0]} if len(rule.values) == 1 else {"op": rule.op, "values": [*rule.values]}
    )
    return {
        "rule": rule.name, "id": rule.name.split(".")[-1], "check": rule.check, "family": rule.family,
        "verdict": verdict, "severity": rule.severity, "blocking": rule.severity == "error",
        "reason": None if reason is None else {"code": reason, "params": {}}, "violation": None, "target": target,
        "metric": {"name": "m", "value": value, "exact": None, "undefined": "empty" if value is None else None},
    }  # fmt: skip


CHECKS = {
    "PASS": [row(RULES[0], "PASS", "0.8"), row(RULES[1], "PASS", "10"), row(RULES[2], "WARN", "3", "target-missed")],
    "FAIL": [row(RULES[0], "FAIL", "0.5", "target-missed"), row(RULES[1], "PASS", "1"), row(RULES[2], "PASS", "0")],
    "ERROR": [row(RULES[0], "ERROR", None, "check-crashed"), row(RULES[1], "PASS", "1"), row(RULES[2], "PASS", "0")],
}


@dataclass
class World:
    """Everything the gate sees, unsigned: knobs turn fields, `build` signs what came of it."""

    verdict: str = "PASS"
    subject: str = SUBJECT
    manifest: ManifestPredicate = field(default_factory=lambda: ManifestPredicate(
        RESOURCE, Claims("V-1", "balance", "D-1", "final", "c", "1", "s"), digest(b"k"), digest(b"p"), digest(b"r"), 2, 99, NOW - timedelta(minutes=50)
    ))  # fmt: skip
    started: RunStartedPredicate = field(default_factory=lambda: RunStartedPredicate(
        RESOURCE, 2, "", Pinned("c", "1", CONTRACT), Pinned("p", "1", PROGRAMME), rules_digest(RULES), 3, "op", "", NOW - timedelta(minutes=40)
    ))  # fmt: skip
    report: ReportPredicate = field(default_factory=lambda: ReportPredicate(
        RESOURCE, 2, "", "PASS", ByVerdict(), "", 0, None, rules_digest(RULES), "op", "", NOW - timedelta(minutes=40), NOW - timedelta(minutes=30)
    ))  # fmt: skip
    body: dict[str, object] = field(default_factory=dict)
    body_edit: Callable[[bytes], bytes] = field(default=lambda data: data)
    roles: dict[str, str] = field(
        default_factory=lambda: {"manifest": "intake", "started": "verifier", "report": "verifier"}
    )
    evidence: dict[str, object] = field(default_factory=dict)
    policy: dict[str, object] = field(default_factory=dict)
    chain: bool = True

    def __post_init__(self) -> None:
        self.body = {
            "schema": "dambo/quality-report/v1", "verdict": self.verdict,
            "delivery": {"manifest": {"digest": SUBJECT, "objects": 2, "bytes": 99}},
            "contract": {"id": "c", "version": "1", "digest": CONTRACT},
            "programme": {"id": "p", "version": "1", "digest": PROGRAMME},
            "checks": copy.deepcopy(CHECKS[self.verdict]),
        }  # fmt: skip

    def build(self) -> tuple[Evidence, Policy]:
        manifest = Statement(self.subject, self.manifest)
        started = Statement(
            self.subject, replace(self.started, manifest=manifest.sha256 if self.chain else digest(b"?"))
        )
        data = canonical(self.body)
        groups = [
            tuple(c["rule"] for c in self.body["checks"] if c["verdict"] == v)
            for v in ("PASS", "WARN", "FAIL", "ERROR", "NOT_APPLICABLE")
        ]
        report = Statement(
            self.subject,
            replace(
                self.report, run_started=started.sha256, verdict=self.body["verdict"], report=digest(data),
                report_size=len(data), tests=ByVerdict(*(tuple(dict.fromkeys(g)) for g in groups)),
            ),
        )  # fmt: skip
        documents = (
            signed(self.roles["manifest"], manifest.to_bytes()),
            signed(self.roles["started"], started.to_bytes()),
            signed(self.roles["report"], report.to_bytes()),
        )
        evidence = Evidence(
            2,
            *documents,
            *proofs(*documents),
            report=self.body_edit(data),
            current_manifest=SUBJECT,
            attempts=(
                AttemptFact("D-1", 1, SUBJECT, CONTRACT, True, "ERROR"),
                AttemptFact("D-1", 2, SUBJECT, CONTRACT, True, self.verdict),
                AttemptFact("D-2", 1, digest(b"other"), CONTRACT, True, "PASS"),
            ),
            released=frozenset({"interim"}),
        )
        policy = Policy(
            resource=RESOURCE, contract=Pinned("c", "1", CONTRACT), programme=Pinned("p", "1", PROGRAMME),
            releasing_phases=("final", "remedy-*"), due_on=DUE, delay_accepted_until=None,
            delivered_at=NOW - timedelta(hours=1), gate_mode="blocking",
            required_families=frozenset({"agreement", "completeness"}), rules=RULES, exempt=frozenset(),
            max_attempts=5, amount_krw=30, paid_krw=70, voucher_krw=100, cap_krw=100, earlier_milestones=("interim",),
        )  # fmt: skip
        return replace(evidence, **self.evidence), replace(policy, **self.policy)


def proofs(*documents: bytes) -> list[bytes]:
    """A log of just these documents, with a proof of each."""
    entries = [entry_of(data) for data in documents]
    edge = Edge()
    store = dict(edge.add(entries))
    head = head_of(len(entries), edge.root())
    nodes = TileReader(store.__getitem__, len(entries)).node
    return [
        TlogProof(index, inclusion_path(nodes, index, len(entries)), head, entry).to_bytes()
        for index, entry in enumerate(entries)
    ]


@lru_cache(maxsize=4096)
def head_of(size: int, root: bytes) -> bytes:
    keyring, private = keys()
    keyid, log = private["log"]
    public = raw_public(next(key for key in keyring.keys if key.keyid == keyid).public.spki)
    return sign_checkpoint(Checkpoint(log_origin(keyring), size, root), public, log.sign)


def entry_of(data: bytes) -> bytes:
    envelope = parse(data)
    statement = parse_statement(envelope.payload)
    return LogEntry(
        statement.predicate.TYPE, digest(envelope.payload), digest(data), statement.subject,
        statement.predicate.resource.uri, envelope.signatures[0].keyid, NOW,
    ).to_bytes()  # fmt: skip


def judge(world: World) -> Decision:
    evidence, policy = world.build()
    return decide(evidence, keys()[0], policy, NOW)
