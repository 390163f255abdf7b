"""The program that makes the attacks on signed documents, manifests, keyrings and packs: `python tests/attacks/evidence_forge.py`.

Keys are derived from their names, signatures are deterministic, so that the assets beside are these very bytes (a test
compares). One thing is corrupted at a time, the rest stays good. A thief who has a key signs what he likes; others don't.
Assets over 64 KiB are not kept as files: the test takes them from here.
"""

from __future__ import annotations

import base64
import json
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from include.evidence.canonical import canonical, digest
from include.evidence.envelope import PAYLOAD_TYPE, Envelope, Signature, pae
from include.evidence.keyring import KEYRING_TYPE, Body, Key, Keyring
from include.evidence.manifest import Entry
from include.evidence.predicates import (
    AuditPredicate,
    ByVerdict,
    Claims,
    Covered,
    DecisionPredicate,
    Finding,
    Gone,
    ManifestPredicate,
    ReportPredicate,
    RetentionPredicate,
)
from include.evidence.publickey import P256_ORDER, PublicKey
from include.evidence.resource import Resource
from include.evidence.statement import Statement

ASSETS = Path(__file__).parent / "assets"
LARGEST = 2**16

NOW = datetime(2026, 5, 4, tzinfo=UTC)
DAY = timedelta(days=1)
X = digest(b"x")
RESOURCE = Resource("V-1", "balance", "D-1")


class Ed:
    """An Ed25519 signer with its entry in the keyring."""

    def __init__(self, role: str, person: str, **changes: object) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(
            sha256(f"{role} {person} {sorted(changes)}".encode()).digest()
        )
        spki = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = replace(
            Key(
                PublicKey(spki, "ed25519", "raw"),
                role,
                person,
                "https://gate" if role == "gate" else None,
                NOW - DAY,
                NOW + DAY,
            ),
            **changes,
        )

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


class P256(Ed):
    """An ECDSA signer whose keyring entry says DER or raw; always the smaller s."""

    def __init__(self, role: str, person: str, encoding: str) -> None:
        self.private = ec.derive_private_key(
            int.from_bytes(sha256(f"{role} {person}".encode()).digest()[:31]), ec.SECP256R1()
        )
        spki = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = Key(PublicKey(spki, "ecdsa-p256", encoding), role, person, None, NOW - DAY, NOW + DAY)

    def pair(self, message: bytes) -> tuple[int, int]:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return r, min(s, P256_ORDER - s)

    def sign(self, message: bytes) -> bytes:
        r, s = self.pair(message)
        return raw(r, s) if self.key.public.encoding == "raw" else encode_dss_signature(r, s)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


ROOT, INTAKE, VERIFIER, GATE = (Ed(role, "kim") for role in ("root", "intake", "verifier", "gate"))
DER, RAW = P256("verifier", "der", "der"), P256("verifier", "raw", "raw")
REVOKED = Ed("verifier", "kim", revoked_at=NOW - DAY / 2)
EXPIRED = Ed("verifier", "kim", not_after=NOW - timedelta(hours=1))
EARLY = Ed("verifier", "kim", not_before=NOW + timedelta(hours=1))
STRANGER = Ed("verifier", "mallory")
WAIVER, WAIVER_AGAIN, WAIVER_LEE = Ed("waiver", "kim"), Ed("waiver", "kim", verifier=None), Ed("waiver", "lee")


def ring(*people: Ed, **thresholds: int) -> Keyring:
    body = Body(1, NOW - DAY / 2, {"root": 1, **thresholds}, tuple(p.key for p in (ROOT, *people)))
    unsigned = Envelope(body.to_bytes(), (), KEYRING_TYPE)
    return Keyring.from_bytes(replace(unsigned, signatures=(Signature("", ROOT.sign(unsigned.pae())),)).to_bytes())


KEYRING = ring(INTAKE, VERIFIER, GATE, DER, RAW, REVOKED, EXPIRED, EARLY, WAIVER, WAIVER_AGAIN, WAIVER_LEE, waiver=2)

MANIFEST = Statement(X, ManifestPredicate(RESOURCE, Claims(*[None] * 7), X, X, X, 1, 1, NOW))
REPORT = Statement(X, ReportPredicate(RESOURCE, 1, X, "PASS", ByVerdict(("a",)), X, 9, None, X, "op", "", NOW, NOW))
DECISION = Statement(X, DecisionPredicate(RESOURCE, "https://gate", "1", NOW, "urn:p", X, (X,), "RELEASE", (), 1))
FOUND = (Finding("V-1/D-1 #1 delivery", "delivery-changed"), Finding("V-1/D-1 #1 report", "document-changed"))
AUDIT = Statement(X, AuditPredicate(2, X, NOW, NOW, 4, Covered(1, 4, 1), 2, FOUND))
PAYLOAD = REPORT.to_bytes()


def retained(number: int, before: str | None, event: str, *gone: bytes, voucher: str = "V-1") -> Statement:
    """A statement of a hold, its end or a destruction."""
    objects = tuple(sorted(Gone(f"findings/{digest(data)}", digest(data)) for data in gone))
    says = RetentionPredicate(voucher, number, before, event, NOW, "kim", "제26조의5", objects)
    return Statement(says.subject, says)


DESTROYED = retained(1, None, "destroyed", b"findings")


def sealed(payload: bytes, *people: Ed, kind: str = PAYLOAD_TYPE) -> bytes:
    return Envelope(payload, tuple(Signature(p.key.keyid, p.sign(pae(kind, payload))) for p in people), kind).to_bytes()


GOOD = sealed(PAYLOAD, VERIFIER)


def edit(change: Callable[[dict[str, object]], object]) -> bytes:
    """The good envelope with its JSON changed."""
    value = json.loads(GOOD)
    change(value)
    return json.dumps(value).encode()


def said(change: Callable[[dict[str, object]], object], statement: Statement = REPORT, by: Ed = VERIFIER) -> bytes:
    """A statement with its JSON changed, properly signed."""
    value = json.loads(statement.to_bytes())
    change(value)
    return sealed(canonical(value), by)


def edited(envelope: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    """An envelope whose payload's JSON was changed under its old signature."""
    value = json.loads(envelope)
    payload = json.loads(base64.b64decode(value["payload"]))
    change(payload)
    return json.dumps({**value, "payload": base64.b64encode(canonical(payload)).decode()}).encode()


def sig(change: Callable[[dict[str, object]], object]) -> bytes:
    return edit(lambda e: change(e["signatures"][0]))


def spelled(payload: bytes) -> bytes:
    """Bytes that our signer would refuse, signed all the same: the thief has the key."""
    return sealed(payload, VERIFIER)


def twin() -> bytes:
    """The same signature with the larger s: a second form that a lax verifier takes."""
    r, s = RAW.pair(pae(PAYLOAD_TYPE, PAYLOAD))
    return Envelope(PAYLOAD, (Signature("", raw(r, P256_ORDER - s)),)).to_bytes()


MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not-json"),
    "over 1 MiB": (GOOD + b" " * 2**20, "too-large"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "not-utf8"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "byte-order-mark"),
    "two envelopes in a row": (GOOD + GOOD, "trailing-bytes"),
    "payload twice": (GOOD[:-1] + b',"payload":"AAAA"}', "duplicate-key"),
    "NaN beside": (GOOD[:-1] + b',"x":NaN}', "not-a-number"),
    "float beside": (GOOD[:-1] + b',"x":1.5}', "float-number"),
    "huge integer beside": (GOOD[:-1] + b',"x":' + b"9" * 999 + b"}", "integer-range"),
    "lone surrogate beside": (GOOD[:-1] + b',"x":"\\ud800"}', "lone-surrogate"),
    "deep nesting beside": (GOOD[:-1] + b',"x":' + b"[" * 90_000 + b"]" * 90_000 + b"}", "too-deep"),
    "an array": (b"[" + GOOD + b"]", "envelope-shape"),
    "no signatures": (edit(lambda e: e.update(signatures=[])), "no-signature"),
    "17 signatures": (edit(lambda e: e.update(signatures=e["signatures"] * 17)), "too-many-signatures"),
    "a signature is a string": (edit(lambda e: e.update(signatures=["AAAA"])), "signature-shape"),
    "another payload type": (edit(lambda e: e.update(payloadType="application/json")), "payload-type"),
    "payload type in capitals": (edit(lambda e: e.update(payloadType=PAYLOAD_TYPE.upper())), "payload-type"),
    "base64 without padding": (sig(lambda s: s.update(sig=s["sig"].rstrip("="))), "bad-base64"),
    "base64 with a line break": (sig(lambda s: s.update(sig=s["sig"][:8] + "\n" + s["sig"][8:])), "bad-base64"),
    "base64 of two alphabets": (sig(lambda s: s.update(sig="+_" * 44)), "bad-base64"),
    "base64 with loose last bits": (sig(lambda s: s.update(sig="AB==")), "bad-base64"),
    "signature empty": (sig(lambda s: s.update(sig="")), "empty-signature"),
    "signature of a kilobyte": (sig(lambda s: s.update(sig="A" * 1368)), "signature-length"),
    "payload empty": (edit(lambda e: e.update(payload="")), "empty-payload"),
    "payload a number": (edit(lambda e: e.update(payload=1)), "envelope-shape"),
    "keyid a number": (sig(lambda s: s.update(keyid=7)), "signature-shape"),
}

ATTACKS: dict[str, tuple[bytes, str, str]] = {
    # what is signed
    "one bit of the payload": (edit(lambda e: e.update(payload="A" + e["payload"][1:])), "verifier", "signature-invalid"),
    "signature over the payload without PAE": (Envelope(PAYLOAD, (Signature("", VERIFIER.sign(PAYLOAD)),)).to_bytes(), "verifier", "signature-invalid"),
    "signature over a PAE that counts characters": (
        Envelope("{\"담\":1}".encode(), (Signature("", VERIFIER.sign(b"DSSEv1 28 " + PAYLOAD_TYPE.encode() + b" 7 " + "{\"담\":1}".encode())),)).to_bytes(),
        "verifier", "signature-invalid",
    ),
    "the keyring passed off as a statement": (
        Envelope(PAYLOAD, (Signature("", VERIFIER.sign(pae(KEYRING_TYPE, PAYLOAD))),)).to_bytes(), "verifier", "signature-invalid",
    ),
    "signed with a stranger's key, hint of a good one": (
        Envelope(PAYLOAD, (Signature(VERIFIER.key.keyid, STRANGER.sign(pae(PAYLOAD_TYPE, PAYLOAD))),)).to_bytes(), "verifier", "signature-invalid",
    ),
    # who signed
    "report signed by intake": (sealed(PAYLOAD, INTAKE), "verifier", "wrong-role"),
    "decision signed by the verifier": (sealed(DECISION.to_bytes(), VERIFIER), "gate", "wrong-role"),
    "report signed by root": (sealed(PAYLOAD, ROOT), "verifier", "wrong-role"),
    "manifest passed off as a report": (sealed(MANIFEST.to_bytes(), VERIFIER), "verifier", "wrong-document"),
    "decision by the verifier, as verifier": (sealed(DECISION.to_bytes(), VERIFIER), "verifier", "wrong-document"),
    "one person twice, one key": (sealed(PAYLOAD, WAIVER, WAIVER), "waiver", "threshold"),
    "one person twice, two keys": (sealed(PAYLOAD, WAIVER, WAIVER_AGAIN), "waiver", "threshold"),
    "decision in another verifier's name": (said(lambda v: v["predicate"]["verifier"].update(id="https://other"), DECISION, GATE), "gate", "wrong-verifier"),
    # keys in time
    "revoked key": (sealed(PAYLOAD, REVOKED), "verifier", "key-revoked"),
    "revoked key, clock turned back": (
        said(lambda v: v["predicate"].update(startedAt="2026-05-03T01:00:00Z", finishedAt="2026-05-03T01:00:00Z"), by=REVOKED), "verifier", "key-revoked",
    ),
    "expired key": (sealed(PAYLOAD, EXPIRED), "verifier", "key-expired"),
    "key of tomorrow": (sealed(PAYLOAD, EARLY), "verifier", "key-not-yet-valid"),
    # algorithm and encoding
    "P1363 where the keyring says DER": (Envelope(PAYLOAD, (Signature("", raw(*DER.pair(pae(PAYLOAD_TYPE, PAYLOAD)))),)).to_bytes(), "verifier", "signature-invalid"),
    "DER where the keyring says P1363": (
        Envelope(PAYLOAD, (Signature("", encode_dss_signature(*RAW.pair(pae(PAYLOAD_TYPE, PAYLOAD)))),)).to_bytes(), "verifier", "signature-invalid",
    ),
    "(r, n-s) twin": (
        twin(), "verifier", "signature-invalid",
    ),
    "r and s zero": (Envelope(PAYLOAD, (Signature("", bytes(64)),)).to_bytes(), "verifier", "signature-invalid"),
    # what is said
    "payload not canonical": (spelled(b" " + PAYLOAD), "verifier", "not-canonical"),
    "payload with a duplicate key": (spelled(b'{"_type":1,' + PAYLOAD[1:]), "verifier", "duplicate-key"),
    "unknown predicate type": (said(lambda v: v.update(predicateType="https://example.com/v1")), "verifier", "statement-type"),
    "predicate type of a report on a manifest": (said(lambda v: v.update(predicateType=ManifestPredicate.TYPE)), "verifier", "statement-shape"),
    "two subjects": (said(lambda v: v.update(subject=v["subject"] * 2)), "verifier", "statement-shape"),
    "another digest beside sha256": (said(lambda v: v["subject"][0]["digest"].update(sha512="0")), "verifier", "statement-shape"),
    "PASSED on a FAIL": (said(lambda v: v["predicate"].update(verdict="FAIL")), "verifier", "statement-contradiction"),
    "HOLD that payment would read as PASSED": (
        said(lambda v: v["predicate"].update({"https://dambo.example/attestation/decision/v1/decision": "HOLD", "https://dambo.example/attestation/decision/v1/reasons": ["late"]}), DECISION, GATE),
        "gate", "statement-contradiction",
    ),
}  # fmt: skip
ATTACKS |= {
    # audits and retention
    "audit: its findings taken out": (edited(sealed(AUDIT.to_bytes(), VERIFIER), lambda v: v["predicate"].update(found=0, findings=[], verdict="PASS")), "verifier", "signature-invalid"),
    "audit: a finding left out, signed": (said(lambda v: v["predicate"]["findings"].pop(), AUDIT), "verifier", "statement-contradiction"),
    "audit: PASS over findings, signed": (said(lambda v: v["predicate"].update(verdict="PASS"), AUDIT), "verifier", "statement-contradiction"),
    "audit: findings not in order": (said(lambda v: v["predicate"]["findings"].reverse(), AUDIT), "verifier", "statement-contradiction"),
    "audit: a first one that follows another": (said(lambda v: v["predicate"].update(number=1), AUDIT), "verifier", "statement-contradiction"),
    "audit: signed by intake": (sealed(AUDIT.to_bytes(), INTAKE), "verifier", "wrong-role"),
    "audit: passed off as a hold by intake": (sealed(AUDIT.to_bytes(), INTAKE), "intake", "wrong-document"),
    "clock: an audit that ended before it began": (said(lambda v: v["predicate"].update(startedAt="2026-05-04T00:00:01Z"), AUDIT), "verifier", "statement-contradiction"),
    "retention: an object taken out of a destruction": (edited(sealed(DESTROYED.to_bytes(), INTAKE), lambda v: v["predicate"].update(objects=[])), "intake", "signature-invalid"),
    "retention: a destruction of nothing, signed": (said(lambda v: v["predicate"].update(objects=[]), DESTROYED, INTAKE), "intake", "statement-contradiction"),
    "retention: a subject that is not its list": (said(lambda v: v["subject"][0]["digest"].update(sha256=X), DESTROYED, INTAKE), "intake", "statement-contradiction"),
    "retention: a hold that lists objects": (said(lambda v: v["predicate"].update(event="hold"), DESTROYED, INTAKE), "intake", "statement-contradiction"),
    "retention: an object that is no finding": (said(lambda v: v["predicate"]["objects"][0].update(key="evidence/sha256/aa/x"), DESTROYED, INTAKE), "intake", "statement-shape"),
    "retention: signed by the gate": (sealed(DESTROYED.to_bytes(), GATE), "intake", "wrong-role"),
}  # fmt: skip
ATTACKS |= {f"malformed: {name}": (data, "verifier", code) for name, (data, code) in MALFORMED.items()}


# --- manifests

LINE = Entry("b", 1, X).line() + b"\n"


def line_of(path: str) -> bytes:
    """A line with any path, spelled as RFC 8785 would."""
    return (
        json.dumps({"path": path, "sha256": X, "size": 1}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    )


MANIFESTS: dict[str, tuple[bytes, str]] = {
    "path traversal": (line_of("../b"), "manifest-path"),
    "absolute path": (line_of("/etc/passwd"), "manifest-path"),
    "dot segment": (line_of("a/./b"), "manifest-path"),
    "NUL in a path": (line_of("a\0b").replace(b"\0", b"\\u0000"), "manifest-path"),
    "lone surrogate in a path": (LINE.replace(b'"b"', b'"\\ud800"'), "manifest-path"),
    "path of 5,000 bytes": (line_of("x" * 5000), "manifest-path"),
    "a path twice": (LINE + LINE, "manifest-duplicate"),
    "lines out of order": (LINE + Entry("a", 1, X).line() + b"\n", "manifest-order"),
    "NFC before NFD": (b"".join(sorted((line_of("가"), line_of(unicodedata.normalize("NFD", "가"))), reverse=True)), "manifest-order"),
    "second spelling by escape": (LINE.replace(b'"b"', b'"\\u0062"'), "manifest-line"),
    "second spelling by blank": (LINE.replace(b":1", b": 1"), "manifest-line"),
    "size a float": (LINE.replace(b":1", b":1.0"), "manifest-line"),
    "size negative": (LINE.replace(b":1", b":-1"), "manifest-line"),
    "size beyond 2^53": (LINE.replace(b":1", b":9007199254740992"), "manifest-line"),
    "size of 5,000 digits": (LINE.replace(b":1", b":" + b"9" * 5000), "manifest-line"),
    "digest in capitals": (LINE.replace(X.encode(), X.upper().encode()), "manifest-line"),
    "size twice": (LINE.replace(b"}", b',"size":2}'), "manifest-line"),
    "one member more": (LINE.replace(b"}", b',"z":1}'), "manifest-line"),
    "carriage return": (LINE.replace(b"\n", b"\r\n"), "manifest-line"),
    "last line cut": (LINE[:-1], "manifest-line"),
    "byte order mark": (b"\xef\xbb\xbf" + LINE, "manifest-line"),
    "deep nesting": (b"[" * 20_000 + b"\n", "manifest-line"),
}  # fmt: skip

# --- keyrings: two root persons, both must sign

LEE = Ed("root", "lee")
KIM_AGAIN = Ed("root", "kim", verifier=None)
MALLORY, TRUDY = Ed("root", "mallory"), Ed("root", "trudy")
OLD_ROOT = Ed("root", "lee", not_after=NOW - DAY * 2 / 3)


def body_of(version: int, *people: Ed, root: int = 2, at: datetime = NOW - DAY / 2, **thresholds: int) -> Body:
    return Body(version, at, {"root": root, **thresholds}, tuple(p.key for p in people))


def keyring_bytes(body: Body | bytes, *people: Ed) -> bytes:
    return sealed(body if isinstance(body, bytes) else body.to_bytes(), *people, kind=KEYRING_TYPE)


def without(body: Body, change: Callable[[dict[str, object]], object]) -> bytes:
    """A body whose JSON was changed, in canonical form."""
    value = json.loads(body.to_bytes())
    change(value)
    return canonical(value)


FIRST = keyring_bytes(body_of(1, ROOT, LEE, KIM_AGAIN, GATE), ROOT, LEE)
SECOND_BODY = body_of(2, ROOT, LEE, GATE, VERIFIER)
SECOND = keyring_bytes(SECOND_BODY, ROOT, LEE)


def entry(key: Key, **changes: object) -> dict[str, object]:
    return {**key.to_json(), **changes}


def with_entry(**changes: object) -> bytes:
    """The next keyring, well signed, with one bad entry."""
    bad = entry(VERIFIER.key, **changes)
    return keyring_bytes(without(SECOND_BODY, lambda v: v["keys"].__setitem__(3, bad)), ROOT, LEE)


def low_order(encoding: str) -> bytes:
    """The next keyring with a key for which anybody can forge."""
    spki = bytes.fromhex("302a300506032b6570032100" + encoding)
    return with_entry(spki=base64.b64encode(spki).decode(), keyid=digest(spki))


# The 14 encodings of points of low order, as they are known from curve25519's literature: an asset of its own, not
# computed by the code under test.
LOW_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


def loose(data: bytes) -> str:
    """Base64 whose unused last bits are not zero: another text for the same bytes."""
    text = base64.b64encode(data).decode()
    return text[:-2] + chr(ord(text[-2]) + 1) + "="


SECOND_SPELLING = bytes.fromhex("302a300506032b6570032100") + (2**255 - 19 + 3).to_bytes(32, "little")

KEYRINGS: dict[str, tuple[bytes, str]] = {
    "rolled back to the version in force": (FIRST, "keyring-version"),
    "a version skipped": (keyring_bytes(body_of(3, ROOT, LEE, GATE), ROOT, LEE), "keyring-version"),
    "issued before the one it replaces": (keyring_bytes(body_of(2, ROOT, LEE, GATE, at=NOW - DAY * 3 / 4), ROOT, LEE), "keyring-version"),
    "signed by one of two persons": (keyring_bytes(SECOND_BODY, ROOT), "keyring-root"),
    "signed by one person with two keys": (keyring_bytes(body_of(2, ROOT, LEE, KIM_AGAIN, GATE), ROOT, KIM_AGAIN), "keyring-root"),
    "signed by the new roots only": (keyring_bytes(body_of(2, MALLORY, TRUDY, GATE), MALLORY, TRUDY), "keyring-root"),
    "signed by the old roots only": (keyring_bytes(body_of(2, MALLORY, TRUDY, GATE), ROOT, LEE), "keyring-root"),
    "threshold lowered and signed by one": (keyring_bytes(body_of(2, ROOT, LEE, GATE, root=1), ROOT), "keyring-root"),
    "signed by the gate": (keyring_bytes(SECOND_BODY, GATE, VERIFIER), "keyring-root"),
    "signed by a root key that it revokes": (keyring_bytes(Body(2, NOW - DAY / 2, {"root": 1}, (replace(ROOT.key, revoked_at=NOW), LEE.key)), ROOT, LEE), "keyring-root"),
    "signed by a root key after its end": (keyring_bytes(body_of(2, ROOT, OLD_ROOT, GATE), ROOT, OLD_ROOT), "keyring-root"),
    "signed over the payload of a statement": (sealed(SECOND_BODY.to_bytes(), ROOT, LEE), "payload-type"),
    "threshold of nobody": (keyring_bytes(without(SECOND_BODY, lambda v: v["thresholds"].update(root=0)), ROOT, LEE), "keyring-shape"),
    "threshold of more persons than there are": (keyring_bytes(body_of(2, ROOT, LEE, GATE, gate=2), ROOT, LEE), "keyring-threshold"),
    "an unknown role": (with_entry(role="king"), "keyring-shape"),
    "a field too many": (with_entry(trusted=True), "keyring-shape"),
    "keyid of another key": (with_entry(keyid=GATE.key.keyid), "keyring-keyid"),
    "keyid of nobody": (with_entry(keyid="0" * 64), "keyring-keyid"),
    "one key in two roles": (keyring_bytes(without(SECOND_BODY, lambda v: v["keys"].append(entry(GATE.key, role="verifier"))), ROOT, LEE), "keyring-duplicate"),
    "P-256 passed off as Ed25519": (with_entry(**{k: RAW.key.to_json()[k] for k in ("spki", "keyid")}), "keyring-key"),
    "Ed25519 with DER signatures": (with_entry(encoding="der"), "keyring-encoding"),
    "P-256 for the log": (with_entry(**entry(RAW.key, role="log")), "keyring-key"),
    "a second spelling of a key": (with_entry(spki=base64.b64encode(SECOND_SPELLING).decode(), keyid=digest(SECOND_SPELLING)), "keyring-key"),
    "base64 with loose last bits": (with_entry(spki=loose(VERIFIER.key.public.spki)), "bad-base64"),
    "validity turned round": (with_entry(notBefore="2026-05-05T00:00:00Z", notAfter="2026-05-03T00:00:00Z"), "keyring-validity"),
    "30 February": (with_entry(notAfter="2026-02-30T00:00:00Z"), "keyring-validity"),
    "body not canonical": (keyring_bytes(b" " + SECOND_BODY.to_bytes(), ROOT, LEE), "not-canonical"),
    **{f"low-order key {number}": (low_order(encoding), "low-order-key") for number, encoding in enumerate(LOW_ORDER, 1)},
}  # fmt: skip

ATTACKS |= {
    "clock: finished before it started": (said(lambda v: v["predicate"].update(startedAt="2026-05-04T00:00:01Z")), "verifier", "statement-contradiction"),
    "clock: 30 February": (said(lambda v: v["predicate"].update(finishedAt="2026-02-30T00:00:00Z")), "verifier", "statement-contradiction"),
    "clock: local time": (said(lambda v: v["predicate"].update(finishedAt="2026-05-04T09:00:00+09:00")), "verifier", "statement-shape"),
    "clock: after the key's end": (said(lambda v: v["predicate"].update(finishedAt="2026-05-06T00:00:00Z")), "verifier", "key-expired"),
    "clock: before the key's beginning": (said(lambda v: v["predicate"].update(startedAt="2026-05-01T00:00:00Z", finishedAt="2026-05-01T00:00:00Z")), "verifier", "key-not-yet-valid"),
}  # fmt: skip


# --- assets


SUFFIXES = {
    "document": "dsse.json",
    "manifest": "jsonl",
    "keyring": "json",
    "pack": "zip",
    "proof": "tlog-proof",
    "checkpoint": "txt",
    "cosignature": "txt",
}


@dataclass(frozen=True)
class Attack:
    """One attack: what it is on, its name, the bytes, the code that must refuse it, the role it is shown to."""

    kind: str
    name: str
    data: bytes
    code: str
    role: str = ""

    @property
    def asset(self) -> Path:
        """The file that holds it."""
        slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in self.name.lower())
        while "--" in slug:
            slug = slug.replace("--", "-")
        suffix = SUFFIXES[self.kind]
        return ASSETS / self.kind / f"{slug.strip('-')}.{suffix}"

    def read(self) -> bytes:
        """The asset's bytes; those too large for a file are made here."""
        return self.data if len(self.data) > LARGEST else self.asset.read_bytes()


def attacks() -> list[Attack]:
    """All of them, in the order of the table."""
    from log_forge import CHECKPOINTS, COSIGNED, PROOFS
    from pack_forge import PACKS

    return [
        *(Attack("document", name, data, code, role) for name, (data, role, code) in ATTACKS.items()),
        *(Attack("manifest", name, data, code) for name, (data, code) in MANIFESTS.items()),
        *(Attack("keyring", name, data, code) for name, (data, code) in KEYRINGS.items()),
        *(Attack("pack", name, data, code) for name, (data, code) in PACKS.items()),
        *(Attack("proof", name, data, code) for name, (data, code) in PROOFS.items()),
        *(Attack("checkpoint", name, data, code) for name, (data, code) in CHECKPOINTS.items()),
        *(Attack("cosignature", name, data, code) for name, (data, code) in COSIGNED.items()),
    ]


def main() -> None:
    """Write every asset anew."""
    for attack in attacks():
        if len(attack.data) <= LARGEST:
            attack.asset.parent.mkdir(parents=True, exist_ok=True)
            attack.asset.write_bytes(attack.data)
    print(f"{sum(len(a.data) <= LARGEST for a in attacks())} assets in {ASSETS.name}/", file=sys.stderr)


if __name__ == "__main__":
    sys.modules["evidence_forge"] = sys.modules["__main__"]
    main()
