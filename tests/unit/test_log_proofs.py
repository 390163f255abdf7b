"""The log's pure half: published vectors, a real log of another maker, and every tree up to a size by definition."""

from __future__ import annotations

import ast
import base64
import json
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from include.errors import VerificationError
from include.evidence.canonical import digest
from include.evidence.keyring import Body, Key, Keyring
from include.evidence.log import note
from include.evidence.log.checkpoint import Checkpoint, log_origin, sign_checkpoint, verify_checkpoint
from include.evidence.log.cosignature import cosign, cosigned_by, witness_name, witnesses
from include.evidence.log.entry import LogEntry
from include.evidence.log.inclusion import verify_proof
from include.evidence.log.note import ED25519, NoteKey
from include.evidence.log.prooffile import TlogProof
from include.evidence.log.tiles import Edge, TileReader, bundle, bundle_path, tile_path, unbundle
from include.evidence.log.tree import consistency_path, fold, inclusion_path, verify_consistency, verify_inclusion
from include.evidence.merkle import EMPTY, leaf_hash, node_hash, root_hash
from include.evidence.publickey import PublicKey

SIGNING = Path(__file__).parents[2] / "../shared/data/signing"
NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)

needs_data = pytest.mark.skipif(not SIGNING.is_dir(), reason="the shared test data is not here")


def refused(call, *args, **more) -> str | None:
    try:
        call(*args, **more)
    except VerificationError as error:
        return error.code
    return None


# vectors


def _vectors(kind: str) -> list[Path]:
    return sorted((SIGNING / "merkle" / kind).rglob("*.json"))


def _bytes(vector, *names):
    return [base64.b64decode(vector[name] or "") for name in names]


@needs_data
def test_published_inclusion_vectors_are_all_judged_right():
    assert len(_vectors("inclusion")) > 20
    for path in _vectors("inclusion"):
        v = json.loads(path.read_text())
        root, leaf = _bytes(v, "root", "leafHash")
        proof = [base64.b64decode(p) for p in v["proof"] or ()]
        code = refused(verify_inclusion, v["leafIdx"], v["treeSize"], leaf, proof, root)
        assert (code is not None) == v["wantErr"], path


@needs_data
def test_published_consistency_vectors_are_all_judged_right():
    assert len(_vectors("consistency")) > 20
    for path in _vectors("consistency"):
        v = json.loads(path.read_text())
        roots = _bytes(v, "root1", "root2")
        proof = [base64.b64decode(p) for p in v["proof"] or ()]
        code = refused(verify_consistency, v["size1"], v["size2"], proof, *roots)
        assert (code is not None) == v["wantErr"], path


# a real log


def _vkey(text: str) -> tuple[str, bytes, Key]:
    name, key_id, encoded = text.split("+", 2)
    data = base64.b64decode(encoded)
    assert data[0] == ED25519
    assert note.key_id(name, ED25519, data[1:]).hex() == key_id
    spki = Ed25519PublicKey.from_public_bytes(data[1:]).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return name, data[1:], Key(PublicKey(spki, "ed25519", "raw"), "log", "p", None, NOW, NOW + timedelta(days=1))


TESSERA = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


@needs_data
def test_a_real_log_of_another_maker_is_read_whole():
    name, _, key = _vkey(TESSERA)
    folder = SIGNING / "tessera-log"

    def read(path: str) -> bytes:
        return (folder / path).read_bytes()

    heads = []
    for size in range(8):
        data = read(f"checkpoint.{size}")
        received = note.parse(data)
        assert received.to_bytes() == data
        assert [k.key for k in note.signed_by(received, [NoteKey(name, ED25519, key)])] == [key]
        head = Checkpoint.of(received.text)
        assert (head.origin, head.size, head.text()) == (name, size, received.text)
        edge = Edge.at(read, size)
        assert edge.root() == head.root
        heads.append(head)
        reader = TileReader(read, size)
        for index in range(size):
            path = inclusion_path(reader.node, index, size)
            verify_inclusion(index, size, leaf_hash(reader.entry(index)), path, head.root)
    reader = TileReader(read, 7)
    for old in heads:
        verify_consistency(old.size, 7, consistency_path(reader.node, old.size, 7), old.root, heads[-1].root)


@needs_data
def test_our_writer_makes_the_same_tiles_byte_for_byte():
    folder = SIGNING / "tessera-log"
    entries = unbundle((folder / "tile/entries/000.p/7").read_bytes(), 7)
    edge, made = Edge(), {}
    for entry in entries:
        made.update(edge.add([entry]))
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob("tile/**/*") if p.is_file()}
    assert made == found


@needs_data
def test_a_flipped_bit_in_a_real_checkpoint_is_refused():
    name, _, key = _vkey(TESSERA)
    data = (SIGNING / "tessera-log/checkpoint.7").read_bytes()
    for place in range(len(data)):
        turned = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            signed = note.signed_by(note.parse(turned), [NoteKey(name, ED25519, key)])
        except VerificationError:
            continue
        assert signed == (), place


# every small tree, by RFC 6962's own words


def mth(leaves: tuple[bytes, ...]) -> bytes:
    """RFC 6962, section 2.1, literally."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def leaves(count: int) -> tuple[bytes, ...]:
    return tuple(b"leaf %d" % n for n in range(count))


def nodes(count: int):
    @lru_cache(None)
    def node(level: int, index: int) -> bytes:
        return mth(leaves(count)[index << level : (index + 1) << level])

    return node


@pytest.mark.parametrize("size", range(1, 35))
def test_every_proof_of_small_trees(size):
    data, node, root = leaves(size), nodes(size), mth(leaves(size))
    assert fold(map(leaf_hash, data)) == root == root_hash(data)
    for index in range(size):
        path = inclusion_path(node, index, size)
        verify_inclusion(index, size, leaf_hash(data[index]), path, root)
        for other in (index - 1, index + 1):
            assert refused(verify_inclusion, other, size, leaf_hash(data[index]), path, root) == "proof-inclusion"
    for old in range(size + 1):
        path = consistency_path(node, old, size)
        verify_consistency(old, size, path, mth(data[:old]), root)
        wrong = mth((*data[:old], b"x"))
        assert refused(verify_consistency, old, size, path, wrong, root) == "proof-consistency"


def test_no_proof_of_what_is_not_there():
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_path(nodes(3), 3, 3)
    with pytest.raises(ValueError, match="only grows"):
        consistency_path(nodes(3), 4, 3)
    assert refused(verify_consistency, 3, 2, (), EMPTY, EMPTY) == "proof-consistency"
    assert refused(verify_consistency, 3, 5, (), EMPTY, EMPTY) == "proof-consistency"


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
def test_tiles_of_any_growth_lead_to_the_same_root_and_proofs(batches):
    store, edge, data = {}, Edge(), leaves(sum(batches))
    at = 0
    for count in batches:
        for path, made in edge.add(data[at : at + count]):
            assert store.setdefault(path, made) == made
        at += count
        assert edge.root() == root_hash(data[:at])
        assert Edge.at(store.__getitem__, at) == edge
    reader = TileReader(store.__getitem__, at)
    for index in {0, at // 2, at - 1}:
        assert reader.entry(index) == data[index]
        path = inclusion_path(reader.node, index, at)
        verify_inclusion(index, at, leaf_hash(data[index]), path, edge.root())
    for old in (batches[0], at // 2):
        path = consistency_path(reader.node, old, at)
        verify_consistency(old, at, path, root_hash(data[:old]), edge.root())


def test_a_log_of_more_than_two_levels():
    """65,793 leaves: a full level-1 tile and its hash on level 2."""
    edge, store = Edge(), {}
    data = [b"%d" % n for n in range(256 * 256 + 257)]
    store.update(edge.add(data))
    assert edge.root() == root_hash(data)
    assert {tile_path(1, 0), tile_path(2, 0, 1), tile_path(1, 1, 1), tile_path(0, 257, 1)} <= store.keys()
    reader = TileReader(store.__getitem__, len(data))
    verify_inclusion(70, len(data), leaf_hash(b"70"), inclusion_path(reader.node, 70, len(data)), edge.root())
    assert Edge.at(store.__getitem__, len(data)) == edge


def test_paths():
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(1, 1234067, 8) == "tile/1/x001/x234/067.p/8"
    assert bundle_path(1000) == "tile/entries/x001/000"


def test_bundles_are_whole_or_refused():
    entries = (b"a", b"", b"b" * 300)
    assert unbundle(bundle(entries), 3) == entries
    for broken in (bundle(entries)[:-1], bundle(entries) + b"\0", bundle(entries[:2])):
        assert refused(unbundle, broken, 3) == "tile-shape"


def test_a_tile_of_another_length_is_refused():
    assert refused(TileReader(lambda _: b"x" * 31, 1).node, 0, 0) == "tile-shape"


# checkpoints, cosignatures and proof files under a keyring


class Hand:
    """A keyring with a log and a witness, and their private keys."""

    def __init__(self, **changes) -> None:
        self.private = {role: Ed25519PrivateKey.generate() for role in ("log", "witness")}
        keys = tuple(self._key(role, **changes.get(role, {})) for role in self.private)
        self.keyring = Keyring(Body(1, NOW, {}, keys), "0" * 64)
        self.log, self.witness = keys

    def _key(self, role, **changes) -> Key:
        spki = self.private[role].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        facts = {"not_before": NOW - timedelta(days=1), "not_after": NOW + timedelta(days=1), "revoked_at": None}
        return Key(PublicKey(spki, "ed25519", "raw"), role, role, None, **(facts | changes))

    def public(self, role) -> bytes:
        return note.raw_public(getattr(self, role).public.spki)

    def head(self, data, **changes) -> bytes:
        origin = changes.get("origin", log_origin(self.keyring))
        made = Checkpoint(origin, changes.get("size", len(data)), changes.get("root", root_hash(data)))
        return sign_checkpoint(made, self.public("log"), self.private["log"].sign)

    def cosign(self, head: bytes, time: datetime) -> bytes:
        received = note.parse(head)
        name = witness_name(self.witness.keyid)
        line = cosign(received.text, name, self.public("witness"), time, self.private["witness"].sign)
        return received.joined([line]).to_bytes()


ENTRY = LogEntry("t", "a" * 64, "b" * 64, "c" * 64, "urn:dambo:voucher:V:milestone:m:delivery:d", "d" * 64, NOW)


def proof_of(hand: Hand, index: int = 2, head: bytes | None = None) -> TlogProof:
    data = [*leaves(index), ENTRY.to_bytes(), b"after"]
    node_of = TileReader(dict(Edge().add(data)).__getitem__, len(data)).node
    return TlogProof(index, inclusion_path(node_of, index, len(data)), head or hand.head(data), ENTRY.to_bytes())


def test_a_proof_file_proves_its_entry_and_when_it_was_seen():
    hand = Hand()
    proof = proof_of(hand)
    assert TlogProof.from_bytes(proof.to_bytes()) == proof
    logged = verify_proof(proof.to_bytes(), hand.keyring, at=NOW)
    assert (logged.entry, logged.index, logged.checkpoint.size, logged.witnessed_at) == (ENTRY, 2, 4, None)
    later, earlier = NOW + timedelta(minutes=9), NOW + timedelta(minutes=3)
    seen = hand.cosign(hand.cosign(proof.checkpoint, later), earlier)
    logged = verify_proof(proof_of(hand, head=seen).to_bytes(), hand.keyring)
    assert logged.witnessed_at == earlier
    assert [w.key for w in logged.witnesses] == [hand.witness] * 2


def test_the_entry_in_the_proof_is_what_was_hashed():
    hand = Hand()
    other = LogEntry(**{f: getattr(ENTRY, f) for f in ENTRY.__slots__} | {"statement": "e" * 64})
    swapped = TlogProof(**{f: getattr(proof_of(hand), f) for f in TlogProof.__slots__} | {"extra": other.to_bytes()})
    assert refused(verify_proof, swapped.to_bytes(), hand.keyring) == "proof-inclusion"
    bare = TlogProof(**{f: getattr(proof_of(hand), f) for f in TlogProof.__slots__} | {"extra": None})
    assert refused(verify_proof, bare.to_bytes(), hand.keyring) == "proof-shape"


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"revoked_at": NOW}, None, "key-revoked"),
        ({"revoked_at": NOW + timedelta(hours=1)}, NOW, "key-revoked"),
        ({}, NOW + timedelta(days=2), "key-expired"),
        ({}, NOW - timedelta(days=2), "key-not-yet-valid"),
        ({}, NOW, None),
        ({}, None, None),
    ],
)
def test_log_keys_that_are_not_good(changes, at, code):
    hand = Hand(log=changes)
    assert refused(verify_checkpoint, hand.head(leaves(3)), hand.keyring, at=at) == code


def test_checkpoints_of_others_are_refused():
    hand = Hand()
    assert refused(verify_checkpoint, hand.head(leaves(3), origin="other/log"), hand.keyring) == "checkpoint-origin"
    stranger = Hand()
    stranger.keyring = hand.keyring
    assert refused(verify_checkpoint, stranger.head(leaves(3)), hand.keyring) == "checkpoint-unsigned"
    without = Keyring(Body(1, NOW, {}, (hand.witness,)), "0" * 64)
    assert refused(verify_checkpoint, hand.head(leaves(3)), without) == "checkpoint-unsigned"
    forged = hand.head(leaves(3)).replace(b"\n3\n", b"\n4\n")
    assert refused(verify_checkpoint, forged, hand.keyring) == "note-signature"


def test_a_witness_does_not_sign_for_the_log():
    hand = Hand()
    text = Checkpoint(log_origin(hand.keyring), 3, root_hash(leaves(3))).text()
    line = cosign(text, witness_name(hand.witness.keyid), hand.public("witness"), NOW, hand.private["witness"].sign)
    alone = note.Note(text, (line,)).to_bytes()
    assert refused(verify_checkpoint, alone, hand.keyring) == "checkpoint-unsigned"


@pytest.mark.parametrize("changes", [{"revoked_at": NOW}, {"not_after": NOW - timedelta(hours=1)}])
def test_a_witness_whose_key_is_not_good_says_nothing(changes):
    hand = Hand(witness=changes)
    seen = note.parse(hand.cosign(hand.head(leaves(3)), NOW))
    assert cosigned_by(seen, witnesses(hand.keyring)) == ()


def test_a_cosignature_over_another_head_or_time_is_refused():
    hand = Hand()
    seen = note.parse(hand.cosign(hand.head(leaves(3)), NOW))
    moved = note.Note(note.parse(hand.head(leaves(4))).text, seen.signatures)
    assert refused(cosigned_by, moved, witnesses(hand.keyring)) == "note-signature"
    line = seen.signatures[1]
    back = note.NoteSignature(line.name, line.key_id, b"\0" * 8 + line.data[8:])
    assert refused(cosigned_by, note.Note(seen.text, (back,)), witnesses(hand.keyring)) == "note-signature"
    far = note.NoteSignature(line.name, line.key_id, b"\xff" * 8 + line.data[8:])
    assert refused(cosigned_by, note.Note(seen.text, (far,)), witnesses(hand.keyring)) == "note-signature"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "note-shape"),
        (b"text\n", "note-shape"),
        (b"text\n\n", "note-shape"),
        (b"text\n\nsigned\n", "note-shape"),
        ("text\n\n— a+b AAAAAAAA\n".encode(), "note-shape"),
        ("text\n\n— a AAAA\n".encode(), "note-shape"),
        ("text\n\n— a AAAAAB==\n".encode(), "bad-base64"),
        ("text\n\n— a !!!!\n".encode(), "bad-base64"),
        ("te\txt\n\n— a AAAAAAAA\n".encode(), "note-shape"),
        (b"\xff\n\n", "not-utf8"),
        (b"x" * 70000, "too-large"),
        (b"t\n\n" + "— a AAAAAAAA\n".encode() * 33, "too-many-signatures"),
    ],
)
def test_what_is_not_a_note(data, code):
    assert refused(note.parse, data) == code


@pytest.mark.parametrize(
    "text",
    ["", "o\n", "o\n1\n", "\n1\nAAAA\n", "o\n01\nAAAA\n", "o\n-1\nAAAA\n", "o\n1\nAAAA\n", "o\n1\n" + "A" * 43 + "=", "o\n1e3\nAAAA\n"],
)  # fmt: skip
def test_what_is_not_a_checkpoint(text):
    assert refused(Checkpoint.of, text) == "checkpoint-shape"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"proof@v1", b"proof@v2"),
        (b"index 2", b"index 02"),
        (b"index 2", b"index -2"),
        (b"index 2\n", b""),
        (b"extra ", b"extra  "),
        (b"\n\n", b"\nAAAA\n\n"),
        (b"\n\n", b"\n" + b"A" * 43 + b"=\n" * 65 + b"\n"),
    ],
)
def test_what_is_not_a_proof(old, new):
    hand = Hand()
    data = proof_of(hand).to_bytes()
    turned = data.replace(old, new, 1)
    assert turned != data
    assert refused(verify_proof, turned, hand.keyring) in {"proof-shape", "bad-base64"}


def test_entries_have_one_form_and_hold_digests_only():
    assert LogEntry.from_bytes(ENTRY.to_bytes()) == ENTRY
    said = json.loads(ENTRY.to_bytes())
    assert sorted(said) == sorted(
        ["v", "type", "statementSha256", "envelopeSha256", "subjectSha256", "resourceUri", "keyid", "loggedAt"]
    )
    for key, wrong in (("v", 2), ("statementSha256", "x"), ("loggedAt", "2026-13-01T00:00:00Z"), ("more", 1)):
        data = json.dumps({**said, key: wrong}, sort_keys=True, separators=(",", ":")).encode()
        assert refused(LogEntry.from_bytes, data) == "entry-shape", key
    assert refused(LogEntry.from_bytes, json.dumps(said).encode()) == "not-canonical"
    assert digest(ENTRY.to_bytes()) != ENTRY.leaf.hex()


# hostile bytes


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to three changes: a bit, a byte, a piece taken out, doubled, moved or cut off."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at, end = sorted((chance.randrange(len(made) + 1), chance.randrange(len(made) + 1)))
        match chance.randrange(5):
            case 0 if at < len(made):
                made[at] ^= 1 << chance.randrange(8)
            case 1:
                made[at:at] = bytes([chance.randrange(256)])
            case 2:
                del made[at : min(end, at + 40)]
            case 3:
                made[end:end] = made[at:end]
            case _:
                made = made[: max(at, 1)]
    return bytes(made)


@pytest.mark.parametrize("seed", range(4))
def test_mutated_proofs_and_checkpoints_are_never_accepted(seed):
    """Nothing but VerificationError, and no time to speak of: 10,000 of them in all."""
    hand, chance = Hand(), random.Random(seed)
    proof = proof_of(hand, head=hand.cosign(proof_of(hand).checkpoint, NOW))
    head, file = proof.checkpoint, proof.to_bytes()
    good = verify_proof(file, hand.keyring)
    for _ in range(1250):
        for data, verify in ((file, verify_proof), (head, verify_checkpoint)):
            turned = mutated(data, chance)
            try:
                verified = verify(turned, hand.keyring)
            except VerificationError:
                continue
            # lines of signers whom the keyring does not know are not ours to judge; what is signed is the same
            assert (verified.entry == good.entry) if verify is verify_proof else verified.checkpoint == good.checkpoint


def test_the_verifying_half_needs_two_libraries():
    """What an auditor runs: nothing of the registry, of storage or of settings."""
    names = ["tree", "note", "checkpoint", "cosignature", "entry", "tiles", "prooffile", "inclusion"]
    code = "\n".join(f"import include.evidence.log.{name}" for name in names) + (
        "\nimport sys\ntops = {m.split('.')[0] for m in sys.modules} - sys.stdlib_module_names"
        "\nprint(sorted(t for t in tops if not t.startswith('_')))"
        "\nprint(sorted(m for m in sys.modules if m.startswith('include.') and not m.startswith('include.evidence')))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    libraries, rooms = map(ast.literal_eval, done.stdout.splitlines())
    assert set(libraries) - {"cryptography", "rfc8785", "include", "cffi"} == set()
    assert rooms == ["include.errors"]
