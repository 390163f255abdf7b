"""kill -9 at random moments of sign-and-log: nothing is signed twice, nothing is lost, nothing unlogged is released."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import killed
from support.world import World, contract, jsonl, records

from include.errors import VerificationError
from include.evidence import envelope
from include.evidence.log.audit import audit
from include.evidence.log.inclusion import verify_logged
from include.evidence.log.prover import prove
from include.evidence.statement import parse
from include.evidence.verify import verify_envelope

ROOT = Path(__file__).parents[2]
LINE_KILLS = int(os.environ.get("DAMBO_LINE_KILLS", "12"))
"""More in a longer night: each costs about a second."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.make(tmp_path / "home")


def kill(world: World, kills: int, work: str, seed: int = 1) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "support.killed", str(world.home), str(kills), work, str(seed)],
        capture_output=True, text=True, timeout=280, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def envelopes(line) -> list[bytes]:
    """Every signed document that lies in storage, logged or not."""
    found = []
    for info in line.storage.list("evidence/"):
        data = line.storage.read(info.key)
        try:
            envelope.parse(data)
        except VerificationError:
            continue
        found.append(data)
    return found


def test_a_hundred_kills_while_signing(world: World) -> None:
    at_work = kill(world, 100, "signing")
    assert at_work > 5
    killed.signing(world.home)  # to the end
    line = world.line()
    found = audit(line.registry, line.storage, line.keyring)
    assert found.head is not None
    assert (found.head.size, found.unpublished) == (killed.COUNT, 0)
    said = []
    for data in envelopes(line):
        document = verify_envelope(data, line.keyring)
        said += document.statement.predicate.reasons
        proof = prove(line.registry, line.storage, line.keyring, document.statement_sha256)
        verify_logged(proof, line.keyring, document)
    assert sorted(said) == sorted(f"reason-{n}" for n in range(killed.COUNT))  # each once: none twice, none lost


def test_kills_along_the_whole_line(world: World) -> None:
    world.voucher(contract())
    world.deliver({"a.jsonl": jsonl(records())})
    for seed in range(LINE_KILLS // 3):
        kill(world, 3, "running", seed)
        line = world.line()
        for release in line.registry.releases():
            statement = release.decision_sha256
            document = verify_envelope(line.registry.log_entry(statement).envelope, line.keyring, role="gate")
            verify_logged(prove(line.registry, line.storage, line.keyring, statement), line.keyring, document)
    killed.running(world.home)
    line = world.line()
    (attempt,) = line.registry.attempts("V-1")
    assert line.registry.latest_decision(attempt.id).decision == "RELEASE"
    assert len(world.outbox()) == 1
    found = audit(line.registry, line.storage, line.keyring)
    signed = [parse(envelope.parse(data).payload).predicate.TYPE for data in envelopes(line)]
    assert found.head.size == len(signed) == len(set(signed)) + len(line.registry.decisions(attempt.id)) - 1
    for kind in ("manifest", "run-started", "report", "decision"):
        for listed in line.registry.documents(attempt.id, kind):
            assert line.registry.log_entry(listed.sha256).envelope_sha256 == listed.envelope_sha256
