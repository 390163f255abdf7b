"""Keys, keyring and signer: what may sign, who must, and how keys come to be."""

from __future__ import annotations

import base64
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from include.errors import SignerError, VerificationError
from include.evidence import envelope
from include.evidence.canonical import canonical, digest
from include.evidence.embedded import ROLES, ensure_keys
from include.evidence.envelope import Envelope, Signature
from include.evidence.keyring import KEYRING_TYPE, Body, Key, Keyring, signers
from include.evidence.predicates import Claims, DecisionPredicate, ManifestPredicate
from include.evidence.publickey import FIELD, LOW_ORDER_Y, ORDER_8, P256_ORDER, PublicKey
from include.evidence.resource import Resource
from include.evidence.signer import FileSigner, open_keyring, open_signer, signer_at
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope
from include.settings import Settings

SHARED = Path(__file__).parents[2] / "../shared/data/signing"
NOW = datetime(2026, 5, 4, tzinfo=UTC)
YEAR = timedelta(days=365)


def spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def ed_spki(raw: bytes) -> bytes:
    return bytes.fromhex("302a300506032b6570032100") + raw


def code_of(call: object, *args: object, **kwargs: object) -> str | None:
    try:
        call(*args, **kwargs)
    except (VerificationError, SignerError) as error:
        return error.code
    return None


# --- public keys


def test_wycheproof_ed25519() -> None:
    path = SHARED / "wycheproof/ed25519_test.json"
    if not path.exists():
        pytest.skip("no ../shared/data")
    judged = 0
    for group in json.loads(path.read_bytes())["testGroups"]:
        key = PublicKey(bytes.fromhex(group["publicKeyDer"]), "ed25519", "raw")
        for test in group["tests"]:
            good = key.verifies(bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]))
            assert good == (test["result"] == "valid"), test["comment"]
            judged += 1
    assert judged == 151


def test_published_dsse_vector() -> None:
    path = SHARED / "dsse/vector.json"
    if not path.exists():
        pytest.skip("no ../shared/data")
    vector = json.loads(path.read_bytes())
    public = ec.EllipticCurvePublicNumbers(int(vector["x"]), int(vector["y"]), ec.SECP256R1()).public_key()
    key = PublicKey(spki(public), "ecdsa-p256", "raw")
    signed = envelope.parse(json.dumps(vector["envelope"]).encode(), payload_type=vector["payloadType"])
    assert signed.pae() == vector["pae"].encode()
    assert signed.payload == vector["body"].encode()
    assert key.verifies(signed.signatures[0].sig, signed.pae())
    assert not replace(key, encoding="der").verifies(signed.signatures[0].sig, signed.pae())


def low_order_encodings() -> Iterator[bytes]:
    """All 14: y and, where it fits into 255 bits, y + p; each with both signs of x."""
    for y in LOW_ORDER_Y:
        for spelled in (y, y + FIELD):
            if spelled < 2**255:
                for sign in (0, 1):
                    yield (spelled | sign << 255).to_bytes(32, "little")


def test_the_low_order_points_are_those_of_the_curve() -> None:
    """-x^2 + y^2 = 1 + d x^2 y^2: doubling a point of order 8 twice gives y = -1, three times the identity (y = 1)."""
    d = -121665 * pow(121666, -1, FIELD) % FIELD

    def double_y(y: int) -> int:
        xx = (y * y - 1) * pow(d * y * y + 1, -1, FIELD) % FIELD
        return (y * y + xx) * pow(1 - d * xx * y * y, -1, FIELD) % FIELD

    assert double_y(ORDER_8) == 0
    assert double_y(double_y(ORDER_8)) == FIELD - 1
    assert double_y(double_y(double_y(FIELD - ORDER_8))) == 1


def test_all_low_order_keys_are_refused() -> None:
    encodings = set(low_order_encodings())
    assert len(encodings) == 14
    for raw in encodings:
        key = PublicKey(ed_spki(raw), "ed25519", "raw")
        assert code_of(key.check) == "low-order-key"
        assert code_of(key.verifies, bytes(64), b"anything") == "low-order-key"


def test_second_spellings_of_a_key_are_refused() -> None:
    assert code_of(PublicKey(ed_spki((FIELD + 3).to_bytes(32, "little")), "ed25519", "raw").check) == "keyring-key"
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    compressed = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    short = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + compressed
    assert code_of(PublicKey(short, "ecdsa-p256", "der").check) == "keyring-key"
    assert code_of(PublicKey(spki(public) + b"\0", "ecdsa-p256", "der").check) == "keyring-key"
    assert code_of(PublicKey(spki(public), "ecdsa-p256", "der").check) is None


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()])
def test_other_curves_are_refused(curve: ec.EllipticCurve) -> None:
    key = PublicKey(spki(ec.generate_private_key(curve).public_key()), "ecdsa-p256", "der")
    assert code_of(key.check) == "keyring-key"


def test_ecdsa_has_one_form_of_signature() -> None:
    """DER or r||s as the keyring says, and of (r, s), (r, n-s) the smaller."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = PublicKey(spki(private.public_key()), "ecdsa-p256", "der")
    r, s = decode_dss_signature(private.sign(b"m", ec.ECDSA(SHA256())))
    low, high = sorted((s, P256_ORDER - s))
    der, raw = encode_dss_signature(r, low), r.to_bytes(32, "big") + low.to_bytes(32, "big")
    assert key.verifies(der, b"m")
    assert replace(key, encoding="raw").verifies(raw, b"m")
    bad = [
        raw,
        encode_dss_signature(r, high),
        der + b"\0",
        b"",
        b"\x30",
        encode_dss_signature(0, low),
        encode_dss_signature(r, 0),
    ]
    assert not any(key.verifies(sig, b"m") for sig in bad)
    wide = b"\x30" + bytes([len(der) - 1]) + b"\x02" + bytes([der[3] + 1]) + b"\0" + der[4:]
    assert not key.verifies(wide, b"m")
    raw_bad = [der, r.to_bytes(32, "big") + high.to_bytes(32, "big"), raw + b"\0", raw[:-1], bytes(64), b"\xff" * 64]
    assert not any(replace(key, encoding="raw").verifies(sig, b"m") for sig in raw_bad)


# --- keyrings


class Person:
    """A private key with its entry in a keyring."""

    def __init__(self, role: str, person: str = "kim", **changes: object) -> None:
        self.private = Ed25519PrivateKey.generate()
        public = PublicKey(spki(self.private.public_key()), "ed25519", "raw")
        self.key = replace(Key(public, role, person, None, NOW - YEAR, NOW + YEAR), **changes)

    def signature(self, payload: bytes, kind: str = envelope.PAYLOAD_TYPE) -> Signature:
        return Signature(self.key.keyid, self.private.sign(envelope.pae(kind, payload)))


def body(*people: Person, version: int = 1, **thresholds: int) -> Body:
    return Body(version, NOW, {"root": 1, **thresholds}, tuple(p.key for p in people))


def signed(payload: bytes, *people: Person, kind: str = KEYRING_TYPE) -> bytes:
    return Envelope(payload, tuple(p.signature(payload, kind) for p in people), kind).to_bytes()


ROOT, OTHER = Person("root"), Person("root", "lee")
INTAKE, INTAKE_2, INTAKE_LEE = Person("intake"), Person("intake"), Person("intake", "lee")


def keyring(*people: Person, **thresholds: int) -> Keyring:
    return Keyring.from_bytes(signed(body(ROOT, *people, **thresholds).to_bytes(), ROOT))


def test_a_keyring_is_its_bytes() -> None:
    payload = body(ROOT, INTAKE).to_bytes()
    made = Keyring.from_bytes(signed(payload, ROOT))
    assert made.body.to_bytes() == payload
    assert made.sha256 == digest(payload)
    assert made.keys == (ROOT.key, INTAKE.key)


def edited(**changes: object) -> bytes:
    """A keyring whose payload says something else, properly signed by root."""
    said = json.loads(body(ROOT, INTAKE).to_bytes())
    for path, value in changes.items():
        if path.startswith("key_"):
            said["keys"][1][path[4:]] = value
        else:
            said[path] = value
    return signed(canonical(said), ROOT)


P256 = ec.derive_private_key(7, ec.SECP256R1()).public_key()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: signed(body(ROOT, INTAKE).to_bytes(), OTHER), "keyring-root"),
        (lambda: signed(body(ROOT, INTAKE).to_bytes(), INTAKE), "keyring-root"),
        (lambda: signed(body(ROOT, OTHER, root=2).to_bytes(), ROOT), "keyring-root"),
        (lambda: signed(body(ROOT, Person("root"), root=2).to_bytes(), ROOT), "keyring-threshold"),
        (lambda: signed(body(ROOT, intake=1).to_bytes(), ROOT), "keyring-threshold"),
        (lambda: signed(body(ROOT, INTAKE, INTAKE).to_bytes(), ROOT), "keyring-duplicate"),
        (lambda: signed(body(ROOT, INTAKE).to_bytes(), ROOT, kind=envelope.PAYLOAD_TYPE), "payload-type"),
        (lambda: signed(b" " + body(ROOT, INTAKE).to_bytes(), ROOT), "not-canonical"),
        (lambda: edited(type="other"), "keyring-shape"),
        (lambda: edited(version=0), "keyring-shape"),
        (lambda: edited(more=1), "keyring-shape"),
        (lambda: edited(thresholds={"root": 0}), "keyring-shape"),
        (lambda: edited(thresholds={}), "keyring-shape"),
        (lambda: edited(key_role="king"), "keyring-shape"),
        (lambda: edited(key_person="Kim"), "keyring-shape"),
        (lambda: edited(key_person="kim\n"), "keyring-shape"),
        (lambda: edited(key_keyid="0" * 64), "keyring-keyid"),
        (lambda: edited(key_algorithm="ecdsa-p256"), "keyring-key"),
        (lambda: edited(key_encoding="der"), "keyring-encoding"),
        (lambda: edited(key_spki="AAAA"), "keyring-key"),
        (lambda: edited(key_spki="AAA"), "bad-base64"),
        (lambda: edited(key_spki=base64.b64encode(ed_spki(bytes(32))).decode()), "low-order-key"),
        (lambda: edited(key_notAfter="2020-01-01T00:00:00Z"), "keyring-validity"),
        (lambda: edited(key_notAfter="2020-13-01T00:00:00Z"), "keyring-validity"),
        (
            lambda: edited(
                key_spki=base64.b64encode(spki(P256)).decode(), key_keyid=digest(spki(P256)),
                key_algorithm="ecdsa-p256", key_role="log",
            ),
            "keyring-key",
        ),
    ],
)  # fmt: skip
def test_keyrings_that_are_refused(data: object, code: str) -> None:
    assert code_of(Keyring.from_bytes, data()) == code


def test_a_root_key_out_of_its_time_vouches_for_nothing() -> None:
    for change in (
        {"not_after": NOW - timedelta(days=1)},
        {"not_before": NOW + timedelta(days=1)},
        {"revoked_at": NOW},
    ):
        root = Person("root", **change)
        assert code_of(Keyring.from_bytes, signed(body(root, INTAKE).to_bytes(), root)) == "keyring-root"


def test_updates_follow_the_tuf_rule() -> None:
    old = keyring(INTAKE)
    rotated = body(OTHER, INTAKE, version=2).to_bytes()
    assert old.update(signed(rotated, ROOT, OTHER)).version == 2
    assert code_of(old.update, signed(rotated, OTHER)) == "keyring-root"
    assert code_of(old.update, signed(rotated, ROOT)) == "keyring-root"
    for version in (1, 3):
        wrong = body(ROOT, INTAKE, version=version).to_bytes()
        assert code_of(old.update, signed(wrong, ROOT)) == "keyring-version"
    backwards = replace(body(ROOT, INTAKE, version=2), issued_at=NOW - timedelta(days=1)).to_bytes()
    assert code_of(old.update, signed(backwards, ROOT)) == "keyring-version"


def test_a_root_key_that_is_taken_back_does_not_vouch_for_it() -> None:
    thief = Keyring.from_bytes(signed(body(ROOT, OTHER, INTAKE).to_bytes(), ROOT))
    revoked = Person("root")
    revoked.private, revoked.key = ROOT.private, replace(ROOT.key, revoked_at=NOW)
    new = body(revoked, OTHER, INTAKE, version=2).to_bytes()
    assert code_of(thief.update, signed(new, ROOT)) == "keyring-root"
    assert thief.update(signed(new, OTHER)).version == 2


def test_a_hint_is_only_a_hint() -> None:
    payload = b"payload"
    lying = Envelope(
        payload,
        (
            Signature(INTAKE_LEE.key.keyid, INTAKE.signature(payload).sig),
            Signature("", INTAKE_2.signature(payload).sig),
        ),
    )
    found = signers((INTAKE.key, INTAKE_2.key, INTAKE_LEE.key), lying)
    assert found == (INTAKE.key, INTAKE_2.key)


# --- verification by role, person and time


def document(**changes: object) -> Statement:
    says = ManifestPredicate(Resource("V", "m", "D"), Claims(*[None] * 7), *[digest(b"x")] * 3, 1, 1, NOW)
    return Statement(digest(b"m"), replace(says, **changes))


PAYLOAD = document().to_bytes()


def by(*people: Person, payload: bytes = PAYLOAD) -> bytes:
    return signed(payload, *people, kind=envelope.PAYLOAD_TYPE)


def test_a_document_that_stands() -> None:
    made = verify_envelope(by(INTAKE), keyring(INTAKE), role="intake")
    assert made.payload == PAYLOAD
    assert made.statement == document()
    assert made.statement_sha256 == digest(PAYLOAD) == made.statement.sha256
    assert (made.persons, made.keyids, made.role, made.time, made.witnessed) == (
        {"kim"},
        (INTAKE.key.keyid,),
        "intake",
        NOW,
        False,
    )
    assert verify_envelope(by(INTAKE), keyring(INTAKE)).role == "intake"


def test_steps_are_told_in_order() -> None:
    held: list[int] = []
    verify_envelope(by(INTAKE), keyring(INTAKE), role="intake", passed=held.append)
    assert held == [*range(1, 9)]


def test_thresholds_count_persons() -> None:
    trusted = keyring(INTAKE, INTAKE_2, INTAKE_LEE, intake=2)
    assert code_of(verify_envelope, by(INTAKE), trusted, role="intake") == "threshold"
    assert code_of(verify_envelope, by(INTAKE, INTAKE), trusted, role="intake") == "threshold"
    assert code_of(verify_envelope, by(INTAKE, INTAKE_2), trusted, role="intake") == "threshold"
    assert verify_envelope(by(INTAKE, INTAKE_LEE), trusted, role="intake").persons == {"kim", "lee"}


@pytest.mark.parametrize(
    ("change", "at", "code"),
    [
        ({}, None, None),
        ({"not_after": NOW - timedelta(seconds=1)}, None, "key-expired"),
        ({"not_after": NOW}, None, None),
        ({"not_before": NOW + timedelta(seconds=1)}, None, "key-not-yet-valid"),
        ({"revoked_at": NOW + YEAR}, None, "key-revoked"),
        ({"revoked_at": NOW + YEAR}, NOW + timedelta(days=1), None),
        ({"revoked_at": NOW}, NOW, "key-revoked"),
        ({}, NOW + 2 * YEAR, "key-expired"),
        ({}, NOW - 2 * YEAR, "key-not-yet-valid"),
    ],
)
def test_keys_count_in_their_time(change: dict[str, object], at: datetime | None, code: str | None) -> None:
    intake = Person("intake", **change)
    assert code_of(verify_envelope, by(intake), keyring(intake), role="intake", at=at) == code


def test_of_two_persons_the_one_whose_key_is_revoked_does_not_count() -> None:
    gone = Person("intake", "lee", revoked_at=NOW)
    trusted = keyring(INTAKE, gone, intake=2)
    assert code_of(verify_envelope, by(INTAKE, gone), trusted) == "key-revoked"
    assert verify_envelope(by(INTAKE, gone), keyring(INTAKE, gone)).persons == {"kim"}


def test_a_decision_speaks_for_its_keys_verifier() -> None:
    gate = Person("gate", verifier="https://gate")
    for verifier, code in (("https://gate", None), ("https://other", "wrong-verifier")):
        says = DecisionPredicate(
            Resource("V", "m", "D"), verifier, "1", NOW, "urn:p", digest(b"p"), (), "HOLD", ("late",), 1
        )
        payload = Statement(digest(b"m"), says).to_bytes()
        assert code_of(verify_envelope, by(gate, payload=payload), keyring(gate), role="gate") == code


# --- the embedded default and the file signer


def configured(folder: Path) -> Settings:
    return Settings(home=folder / "home")


def test_keys_are_made_once_and_sign(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    made = ensure_keys(settings)
    assert [key.role for key in made.keys] == [*ROLES]
    assert ensure_keys(settings) == made == open_keyring(settings)
    assert settings.keys_folder().stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in settings.keys_folder().iterdir()} == {0o600}
    payload = document(taken_at=datetime.now(UTC).replace(microsecond=0)).to_bytes()
    assert verify_envelope(open_signer(settings).sign("intake", payload), made, role="intake").payload == payload
    assert list(tmp_path.rglob(".*")) == []


def _race(folder: str, gate: object, answers: object) -> None:
    gate.wait()
    answers.put(ensure_keys(configured(Path(folder))).sha256)


def test_many_processes_make_one_keyring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(8), context.Queue()
    racers = [context.Process(target=_race, args=(str(tmp_path), gate, answers)) for _ in range(8)]
    for racer in racers:
        racer.start()
    made = {answers.get(timeout=60) for _ in racers}
    for racer in racers:
        racer.join()
    assert made == {open_keyring(configured(tmp_path)).sha256}
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["keyring.json", "keys"]


def test_a_crash_before_the_keyring_was_published_is_mended(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    made = ensure_keys(settings)
    settings.keyring_file().unlink()
    assert ensure_keys(settings) == made


def test_keys_without_keyring_are_not_overwritten(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    settings.keys_folder().mkdir(parents=True)
    (settings.keys_folder() / "gate.pem").write_text("precious")
    assert code_of(ensure_keys, settings) == "keyring-missing"
    assert [p.name for p in settings.keys_folder().iterdir()] == ["gate.pem"]


def test_a_keyring_that_is_no_keyring_is_not_replaced(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    settings.keyring_file().parent.mkdir()
    settings.keyring_file().write_text("{}")
    assert code_of(ensure_keys, settings) == "envelope-shape"
    assert settings.keyring_file().read_text() == "{}"
    assert code_of(open_keyring, configured(tmp_path / "none")) == "keyring-unreadable"


@pytest.mark.parametrize(("path", "mode"), [("keys", 0o750), ("keys/intake.pem", 0o640), ("keys/intake.pem", 0o604)])
def test_a_key_that_others_can_reach_signs_nothing(tmp_path: Path, path: str, mode: int) -> None:
    settings = configured(tmp_path)
    ensure_keys(settings)
    (settings.folder() / path).chmod(mode)
    assert code_of(open_signer(settings).sign, "intake", PAYLOAD) == "key-exposed"


def test_the_signer_refuses_what_the_role_does_not_sign(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    ensure_keys(settings)
    signer = open_signer(settings)
    assert code_of(signer.sign, "gate", PAYLOAD) == "not-this-role"
    assert code_of(signer.sign, "intake", PAYLOAD + b" ") == "not-a-statement"
    assert code_of(signer.sign, "intake", b"hello") == "not-a-statement"
    for name in ("gate", "intake"):
        (settings.keys_folder() / f"{name}.pem").rename(settings.keys_folder() / f"{name}.old")
    assert code_of(signer.sign, "intake", PAYLOAD) == "key-unreadable"
    os.link(settings.keys_folder() / "gate.old", settings.keys_folder() / "intake.pem")
    assert code_of(signer.sign, "intake", PAYLOAD) == "key-not-in-keyring"


def test_a_file_key_is_ed25519_or_p256(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    ensure_keys(settings)
    path = settings.keys_folder() / "intake.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    assert code_of(open_signer(settings).sign, "intake", PAYLOAD) == "key-algorithm"
    path.write_bytes(b"not a key")
    assert code_of(open_signer(settings).sign, "intake", PAYLOAD) == "key-unreadable"


def test_signers_are_found_by_scheme(tmp_path: Path) -> None:
    trusted = keyring(INTAKE)
    assert isinstance(signer_at((tmp_path / "a b").as_uri(), trusted), FileSigner)
    assert code_of(signer_at, "awskms:1", trusted) == "signer-scheme"
