"""Verification of one signed document. It raises VerificationError and nothing else, whatever bytes it is given.

What must hold, in this order; each step below carries its number:
 1. the envelope is a DSSE envelope: at most 1 MiB of strict JSON, our payloadType, 1 to 16 signatures, strict base64;
 2. signatures over the received bytes verify, by algorithm and encoding as the keyring has them for the key;
 3. the keys that signed bear the role that must sign, and belong to as many persons as its threshold says;
 4. the payload is strict JSON in its one RFC 8785 form;
 5. it is an in-toto statement of a known type and of its schema, without contradiction;
 6. its type is one that this role may sign;
 7. each key was valid, and not revoked, at the reference time; those that remain still meet the threshold;
 8. a decision names the verifier id that the keyring gives to the key.
Of a delivery or a report that is handed in too:
 9. the delivery's files give the manifest that is the statement's subject;
10. report.json has the size and sha256 that the statement names.

No clock, no network, no storage; standard library, `cryptography` and `rfc8785` alone: this is what an auditor runs
(`python -m include.evidence.verify FILE --keyring FILE`). The keyring is verified when it is read, and trusted because
the reader compared its digest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from include.evidence import envelope, statement
from include.evidence.canonical import digest, require_canonical, verification_only
from include.evidence.keyring import Key, Keyring, persons, signers
from include.evidence.manifest import Manifest
from include.evidence.predicates import SIGNED_BY, DecisionPredicate, ReportPredicate
from include.evidence.refusals import refuse
from include.evidence.statement import Statement

Passed = Callable[[int], None]
"""Told the number of each step that held; the one refused is the next."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A document that stands. `payload`: the very bytes that were verified, the only ones to hand on.

    `time`: the reference time of step 7; `witnessed` says whether it came from outside or is the document's own claim.
    """

    payload: bytes
    statement: Statement
    statement_sha256: str
    role: str
    persons: frozenset[str]
    keyids: tuple[str, ...]
    time: datetime
    witnessed: bool


@verification_only
def verify_envelope(
    data: bytes,
    keyring: Keyring,
    *,
    role: str | None = None,
    at: datetime | None = None,
    passed: Passed = lambda _: None,
) -> Verified:
    """The document of an envelope, if every step above holds.

    `role`: who must have signed; None asks of the keyring alone whose document it is. `at`: the time at which it is
    known from outside to have existed; None takes the document's own claim, and then a key revoked at any time is
    refused, since a thief writes whatever time he likes.
    """
    signed = envelope.parse(data)
    passed(1)
    keys = signers(keyring.keys, signed)
    if not keys:
        raise refuse("signature-invalid")
    passed(2)
    role, keys = _of_role(keys, role)
    _enough(keyring, role, keys)
    passed(3)
    made = _statement(signed.payload, passed)
    if SIGNED_BY[made.predicate.TYPE] != role:
        raise refuse("wrong-document", role)
    passed(6)
    time = made.predicate.time if at is None else at
    keys = _valid(keyring, role, keys, time, witnessed=at is not None)
    passed(7)
    _same_verifier(made, keys)
    passed(8)
    return Verified(
        payload=signed.payload,
        statement=made,
        statement_sha256=digest(signed.payload),
        role=role,
        persons=persons(keys),
        keyids=tuple(sorted(key.keyid for key in keys)),
        time=time,
        witnessed=at is not None,
    )


def _of_role(keys: tuple[Key, ...], role: str | None) -> tuple[str, tuple[Key, ...]]:
    """Step 3: the role (that of the first key, if none was demanded) and the keys that bear it."""
    role = role or keys[0].role
    bearing = tuple(key for key in keys if key.role == role)
    if not bearing:
        raise refuse("wrong-role", f"{keys[0].role}, not {role}")
    return role, bearing


def _enough(keyring: Keyring, role: str, keys: tuple[Key, ...]) -> None:
    least = keyring.body.threshold(role)
    if len(persons(keys)) < least:
        raise refuse("threshold", f"{len(persons(keys))} < {least}")


def _statement(payload: bytes, passed: Passed) -> Statement:
    """Steps 4 and 5. The signed bytes are parsed here for the first time."""
    value = require_canonical(payload)
    passed(4)
    made = statement.from_json(value)
    passed(5)
    return made


def _valid(keyring: Keyring, role: str, keys: tuple[Key, ...], time: datetime, *, witnessed: bool) -> tuple[Key, ...]:
    """Step 7: the keys that could sign at `time`; the first reason against one if too few could."""
    reasons = {key.keyid: _invalid(key, time, witnessed=witnessed) for key in keys}
    good = tuple(key for key in keys if reasons[key.keyid] is None)
    for key in keys:
        reason = reasons[key.keyid]
        if reason is not None and len(persons(good)) < keyring.body.threshold(role):
            raise refuse(reason, key.keyid[:16])
    return good


def _invalid(key: Key, time: datetime, *, witnessed: bool) -> str | None:
    if key.revoked_at is not None and (not witnessed or key.revoked_at <= time):
        return "key-revoked"
    if time < key.not_before:
        return "key-not-yet-valid"
    return "key-expired" if time > key.not_after else None


def _same_verifier(made: Statement, keys: tuple[Key, ...]) -> None:
    """Step 8."""
    if isinstance(made.predicate, DecisionPredicate) and any(key.verifier != made.predicate.verifier for key in keys):
        raise refuse("wrong-verifier")


@verification_only
def verify_keys_at(verified: Verified, keyring: Keyring, time: datetime) -> None:
    """Step 7 once more, at another time: whoever acts on a document now wants its keys to be good now as well."""
    keys = tuple(key for key in keyring.keys if key.keyid in verified.keyids)
    _valid(keyring, verified.role, keys, time, witnessed=True)


@verification_only
def verify_delivery(verified: Verified, delivered: Manifest) -> None:
    """Step 9."""
    if delivered.digest != verified.statement.subject:
        raise refuse("delivery-differs", f"{delivered.objects} files hash to {delivered.digest}")


@verification_only
def verify_report(verified: Verified, report: bytes) -> None:
    """Step 10."""
    predicate = verified.statement.predicate
    if not isinstance(predicate, ReportPredicate):
        raise refuse("not-a-report")
    if len(report) != predicate.report_size or digest(report) != predicate.report:
        raise refuse("report-differs")


if __name__ == "__main__":
    import sys

    from include.evidence.offline import main

    sys.exit(main())
