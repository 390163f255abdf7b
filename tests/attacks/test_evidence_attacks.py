"""Attacks on signed documents, manifests, keyrings and packs: each by name, its asset beside, its one reason of refusal.

The assets are made by evidence_forge.py and pack_forge.py; one thing is corrupted at a time, the rest stays good.
"""

from __future__ import annotations

import base64
import importlib
import io
import json
import os
import random
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from include.errors import VerificationError
from include.evidence import envelope
from include.evidence.canonical import canonical
from include.evidence.envelope import PAYLOAD_TYPE
from include.evidence.folder import manifest_of
from include.evidence.keyring import Keyring, walk
from include.evidence.log.checkpoint import verify_checkpoint
from include.evidence.log.cosignature import cosigned_by, witnesses
from include.evidence.log.inclusion import verify_logged
from include.evidence.manifest import Manifest
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.refusals import REFUSALS
from include.evidence.verify import Verified, verify_envelope

sys.path.insert(0, str(Path(__file__).parent))
forge = importlib.import_module("evidence_forge")
packs = importlib.import_module("pack_forge")
logs = importlib.import_module("log_forge")
mutants = importlib.import_module("evidence_mutants")

VERIFIER, PAYLOAD, KEYRING, MALFORMED = forge.VERIFIER, forge.PAYLOAD, forge.KEYRING, forge.MALFORMED
sealed, restructured = forge.sealed, mutants.restructured
ATTACKS = {f"{attack.kind}: {attack.name}": attack for attack in forge.attacks()}

Told = Callable[[str, str, str], None]


def judge(data: bytes, role: str = "verifier") -> Verified | str:
    try:
        return verify_envelope(data, KEYRING, role=role)
    except VerificationError as error:
        return error.code


def code_of(call: Callable[[], object]) -> str:
    """The refusal that a call ends with."""
    with pytest.raises(VerificationError) as error:
        call()
    return error.value.code


def open_pack(data: bytes, keyring: bytes = packs.PACK_KEYRING) -> PackOutcome:
    outcome = PackOutcome()
    verify_pack(io.BytesIO(data), keyring, outcome)
    return outcome


SHOWN: dict[str, Callable[[bytes, str], object]] = {
    "document": lambda data, role: verify_envelope(data, KEYRING, role=role),
    "manifest": lambda data, _: Manifest.from_bytes(data),
    "keyring": lambda data, _: Keyring.from_bytes(forge.FIRST).update(data),
    "pack": lambda data, _: open_pack(data),
    "proof": lambda data, _: verify_logged(data, logs.RING, logs.DOCUMENT),
    "checkpoint": lambda data, _: verify_checkpoint(data, logs.RING),
    "cosignature": lambda data, _: cosigned_by(verify_checkpoint(data, logs.RING).note, witnesses(logs.RING)),
}


def test_the_good_ones_stand() -> None:
    for statement, role, person in (
        (forge.MANIFEST, "intake", forge.INTAKE),
        (forge.REPORT, "verifier", VERIFIER),
        (forge.DECISION, "gate", forge.GATE),
        (forge.REPORT, "verifier", forge.DER),
        (forge.REPORT, "verifier", forge.RAW),
        (forge.AUDIT, "verifier", VERIFIER),
        (forge.DESTROYED, "intake", forge.INTAKE),
    ):
        made = judge(sealed(statement.to_bytes(), person), role)
        assert isinstance(made, Verified)
        assert made.statement == statement
    assert Manifest.from_bytes(forge.LINE).objects == 1
    assert Keyring.from_bytes(forge.FIRST).update(forge.SECOND).version == 2
    assert open_pack(packs.GOOD_PACK).attempts
    assert verify_logged(logs.GOOD_PROOF, logs.RING, logs.DOCUMENT).witnessed_at == forge.NOW
    assert verify_checkpoint(logs.GOOD_HEAD, logs.RING).checkpoint.size == 5
    assert len(cosigned_by(verify_checkpoint(logs.GOOD_HEAD, logs.RING).note, witnesses(logs.RING))) == 1
    assert len(open_pack(packs.beside(packs.story(), packs.story(number=2)).pack()).attempts) == 2
    gone = open_pack(packs.story(left_out=packs.GONE, retained=(packs.DESTROYED,)).pack())
    assert (gone.attempts[0].findings_gone, [each.event for each in gone.kept]) == (1, ["destroyed"])
    told = tuple(sealed(each.to_bytes(), forge.INTAKE) for each in (packs.HELD, packs.LIFTED, packs.THEN_DESTROYED))
    gone = open_pack(packs.story(left_out=packs.GONE, retained=told).pack())
    assert [each.event for each in gone.kept] == ["hold", "lift", "destroyed"]


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str, told: Told) -> None:
    """From its asset, not from the program: what was attacked with stays the same."""
    attack = ATTACKS[name]
    told(attack.kind, attack.name, attack.code)
    assert code_of(lambda: SHOWN[attack.kind](attack.read(), attack.role)) == attack.code
    assert attack.code in REFUSALS


def test_the_assets_are_what_the_program_makes() -> None:
    kept = [attack for attack in ATTACKS.values() if len(attack.data) <= forge.LARGEST]
    assert len({attack.asset for attack in kept}) == len(kept)
    assert {attack.asset for attack in kept} == {path for path in forge.ASSETS.rglob("*") if path.is_file()}
    assert [attack.name for attack in kept if attack.asset.read_bytes() != attack.data] == []


def test_twenty_kinds_of_malformed_envelopes_have_their_own_reasons() -> None:
    assert len(MALFORMED) >= 20
    assert len({code for _, code in MALFORMED.values()}) >= 19


def test_keyrings_that_part_are_told_apart(told: Told) -> None:
    told("keyring", "another second version, as well signed", "keyring-forked")
    other = forge.keyring_bytes(forge.body_of(2, forge.ROOT, forge.LEE, forge.GATE), forge.ROOT, forge.LEE)
    trusted = Keyring.from_bytes(forge.FIRST).update(forge.SECOND)
    assert code_of(lambda: walk(trusted, [forge.FIRST, other])) == "keyring-forked"


def test_an_old_pack_does_not_roll_back_the_readers_keyring(told: Told) -> None:
    told("pack", "keyring of before the revocation", "key-revoked")
    assert code_of(lambda: open_pack(packs.GOOD_PACK, packs.REVOKING)) == "key-revoked"


# --- the delivery itself


def edited(folder: Path) -> None:
    (folder / "가.txt").write_text("안녕!")


def renamed(folder: Path) -> None:
    (folder / "가.txt").rename(folder / "나.txt")


def spelled_otherwise(folder: Path) -> None:
    (folder / "가.txt").rename(folder / unicodedata.normalize("NFD", "가.txt"))


def swapped(folder: Path) -> None:
    (folder / "가.txt").rename(folder / "x")
    (folder / "b.txt").rename(folder / "가.txt")
    (folder / "x").rename(folder / "b.txt")


def added(folder: Path) -> None:
    (folder / "more").write_text("")


def removed(folder: Path) -> None:
    (folder / "b.txt").unlink()


def linked(folder: Path) -> None:
    (folder / "b.txt").rename(folder.parent / "b.txt")
    (folder / "b.txt").symlink_to(folder.parent / "b.txt")


def piped(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def not_unicode(folder: Path) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).write_text("")


DELIVERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a byte of a file": (edited, "delivery-differs"),
    "a file renamed": (renamed, "delivery-differs"),
    "a name in NFD instead of NFC": (spelled_otherwise, "delivery-differs"),
    "two files swapped": (swapped, "delivery-differs"),
    "a file more": (added, "delivery-differs"),
    "a file less": (removed, "delivery-differs"),
    "a file turned into a link": (linked, "delivery-unreadable"),
    "a pipe": (piped, "delivery-unreadable"),
    "a name that is not Unicode": (not_unicode, "manifest-path"),
}


@pytest.mark.parametrize("name", DELIVERIES)
def test_data_swapped_after_it_was_checked(name: str, tmp_path: Path, told: Told) -> None:
    attack, code = DELIVERIES[name]
    told("delivery", name, code)
    folder = tmp_path / "D-1"
    folder.mkdir()
    (folder / "가.txt").write_text("안녕")
    (folder / "b.txt").write_text("b")
    manifest = manifest_of(folder)
    signed = forge.Statement(manifest.digest, forge.MANIFEST.predicate)
    document = tmp_path / "m.dsse.json"
    document.write_bytes(sealed(signed.to_bytes(), forge.INTAKE))
    keyring = tmp_path / "k.json"
    keyring.write_bytes(forge.keyring_bytes(forge.body_of(1, forge.ROOT, forge.INTAKE, root=1), forge.ROOT))
    run_files = importlib.import_module("include.evidence.steps").run_files
    assert run_files(document, keyring, delivery=folder).refusal is None
    attack(folder)
    assert run_files(document, keyring, delivery=folder).refusal.code == code


def test_why_low_order_keys_are_refused() -> None:
    """`cryptography` verifies one made-up signature over anything under the identity point: R = identity, S = 0."""
    identity = "01" + "00" * 31
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(identity))
    for message in (b"PASS", b"pay 70,000,000"):
        key.verify(bytes.fromhex(identity) + bytes(32), message)
    with pytest.raises(InvalidSignature):
        key.verify(bytes(64), b"PASS")


# --- mutations

EACH = 10_000
MUTATIONS = [(kind, seed, EACH // 2) for kind in mutants.KINDS for seed in (1, 2)]


@pytest.mark.parametrize(("kind", "seed", "count"), MUTATIONS)
def test_ten_thousand_mutations_say_nothing_new(kind: str, seed: int, count: int) -> None:
    """None is accepted as something else, none raises anything but VerificationError, none takes a second or 200 MB."""
    program = Path(__file__).parent / "evidence_mutants.py"
    done = subprocess.run(
        [sys.executable, program, kind, str(seed), str(count)], capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    assert sum(told["codes"].values()) == count
    assert told["codes"].get("the same", 0) < count / 4
    assert len(told["codes"]) >= mutants.LEAST_CODES.get(kind, 8)
    assert told["slowest"] < 1
    assert told["megabytes"] < 200


def test_there_are_ten_thousand_of_each() -> None:
    assert {kind for kind, _, _ in MUTATIONS} == {"envelope", "proof", "checkpoint", "keyring", "pack"}
    for kind in mutants.KINDS:
        assert sum(count for each, _, count in MUTATIONS if each == kind) == 10_000


def test_mutated_payloads_that_are_signed_are_statements_or_refused() -> None:
    """The thief signs what he likes: it is refused, or it is a statement that says so plainly."""
    random_ = random.Random(7)
    for _ in range(300):
        payload = canonical_or_not(restructured(json.loads(PAYLOAD), random_))
        made = judge(sealed(payload, VERIFIER))
        if isinstance(made, Verified):
            assert made.payload == payload == made.statement.to_bytes()
        else:
            assert made in REFUSALS.keys() - {"verifier-failure"}


def canonical_or_not(value: object) -> bytes:
    try:
        return canonical(value)
    except ValueError:
        return json.dumps(value).encode()


def test_sixteen_signatures_over_a_megabyte_are_quick() -> None:
    """The most work an envelope can ask for stays under a second."""
    padding = base64.b64encode(b"x" * 700_000).decode()
    data = json.dumps(
        {
            "payload": padding,
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(bytes([i]) * 64).decode()} for i in range(16)],
        }
    ).encode()
    assert len(data) < envelope.ENVELOPE_LIMIT
    begun = time.process_time()
    assert judge(data) == "signature-invalid"
    assert time.process_time() - begun < 2
