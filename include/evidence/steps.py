"""Verification step by step, each noted as held or refused (include.evidence.outcome). The checks are verify.py's own."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from include.errors import VerificationError
from include.evidence import envelope
from include.evidence.folder import manifest_of
from include.evidence.keyring import Keyring
from include.evidence.log.inclusion import Logged, verify_logged, verify_proof
from include.evidence.log.prooffile import PROOF_LIMIT
from include.evidence.outcome import PROOF, STEPS, Outcome, State
from include.evidence.rerunning import compare
from include.evidence.verify import Verified, verify_delivery, verify_envelope, verify_report

REPORT_LIMIT: Final = 64 * 2**20


def run(
    document: bytes,
    keyring: bytes,
    *,
    delivery: Path | None = None,
    report: bytes | None = None,
    again: Callable[[], bytes] | None = None,
    proof: bytes | None = None,
) -> Outcome:
    """All steps that the arguments ask for; `again` runs the checks anew. Whatever the bytes, it answers.

    A `proof` whose checkpoint an outside witness cosigned gives the time of step 7.
    """
    held: list[int] = []
    trusted: Keyring | None = None
    verified: Verified | None = None
    logged: Logged | None = None
    refusal: VerificationError | None = None
    try:
        trusted = Keyring.from_bytes(keyring)
        held.append(0)
        verified = verify_envelope(document, trusted, at=_witnessed(proof, trusted), passed=held.append)
        if delivery is not None:
            verify_delivery(verified, manifest_of(delivery))
            held.append(9)
        if report is not None:
            verify_report(verified, report)
            held.append(10)
        if again is not None and report is not None:
            compare(report, again())
            held.append(11)
        if proof is not None:
            logged = verify_logged(proof, trusted, verified, passed=lambda number: held.append(PROOF + number))
    except VerificationError as error:
        refusal = error
    asked = {*range(9), *([9] if delivery else []), *([10] if report is not None else []), *([11] if again else [])}
    asked |= {*range(PROOF + 1, len(STEPS))} if proof is not None else set()
    states = _states(asked, held, refused=refusal is not None)
    return Outcome(states, refusal, trusted, verified if refusal is None else None, logged)


def _witnessed(proof: bytes | None, keyring: Keyring) -> datetime | None:
    """When an outsider saw the document's checkpoint. A proof that does not hold says nothing; its own steps refuse it."""
    try:
        return None if proof is None else verify_proof(proof, keyring).witnessed_at
    except VerificationError:
        return None


def _states(asked: set[int], held: list[int], *, refused: bool) -> tuple[State, ...]:
    """The step after the last that held is the one that refused."""
    broken = min(asked - {*held}) if refused else None

    def state(number: int) -> State:
        if number not in asked:
            return "not-asked"
        if number in held:
            return "passed"
        return "refused" if number == broken else "not-reached"

    return tuple(state(number) for number in range(len(STEPS)))


def read_limited(path: Path, limit: int) -> bytes:
    """At most `limit` + 1 bytes: enough to be refused as too large, whatever lies there. Raises OSError."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def run_files(
    document: Path,
    keyring: Path,
    *,
    delivery: Path | None = None,
    report: Path | None = None,
    again: Callable[[], bytes] | None = None,
    proof: Path | None = None,
) -> Outcome:
    """The same from files. Raises OSError for one that cannot be read: unusable input, not a refusal."""
    if delivery is not None and not delivery.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(delivery))
    return run(
        read_limited(document, envelope.ENVELOPE_LIMIT),
        read_limited(keyring, envelope.ENVELOPE_LIMIT),
        delivery=delivery,
        report=None if report is None else read_limited(report, REPORT_LIMIT),
        again=again,
        proof=None if proof is None else read_limited(proof, PROOF_LIMIT),
    )
