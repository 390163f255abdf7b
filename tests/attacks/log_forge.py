"""The program that makes the attacks on log proofs and checkpoints: what a thief, an operator or a witness could hand over."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from evidence_forge import DAY, GATE, INTAKE, MANIFEST, NOW, PAYLOAD, REPORT, VERIFIER, Ed, ring, sealed

from include.evidence.canonical import canonical, digest, strict_parse
from include.evidence.log import note
from include.evidence.log.checkpoint import Checkpoint, log_origin, sign_checkpoint
from include.evidence.log.cosignature import cosign, witness_name
from include.evidence.log.entry import LogEntry
from include.evidence.log.prooffile import TlogProof
from include.evidence.log.tiles import Edge, TileReader
from include.evidence.log.tree import inclusion_path
from include.evidence.merkle import root_hash
from include.evidence.statement import Statement
from include.evidence.verify import verify_envelope

LOG = Ed("log", "kim", not_before=NOW - DAY * 2)
STOLEN = Ed("log", "kim", revoked_at=NOW - DAY / 2)
WITNESS = Ed("witness", "choi")
OTHER_LOG = Ed("log", "lee")

RING = ring(INTAKE, VERIFIER, GATE, LOG, STOLEN, WITNESS)
ORIGIN = log_origin(RING)
DOCUMENT = verify_envelope(sealed(PAYLOAD, VERIFIER), RING, role="verifier")


def entry_of(statement: Statement, person: Ed) -> LogEntry:
    """What our log would have taken down."""
    envelope = sealed(statement.to_bytes(), person)
    says = statement.predicate
    return LogEntry(says.TYPE, statement.sha256, digest(envelope), statement.subject, says.resource.uri, person.key.keyid, NOW)  # fmt: skip


ENTRY = entry_of(REPORT, VERIFIER)
LEAVES = [entry_of(MANIFEST, INTAKE).to_bytes(), b"another", ENTRY.to_bytes(), b"after", b"last"]
NODE = TileReader(dict(Edge().add(LEAVES)).__getitem__, len(LEAVES)).node


def public(person: Ed) -> bytes:
    return note.raw_public(person.key.public.spki)


def head(by: Ed = LOG, *, leaves: list[bytes] = LEAVES, **changes: object) -> bytes:
    """A checkpoint signed by `by`, in the name of the keyring's log unless `origin` says otherwise."""
    made = Checkpoint(ORIGIN, len(leaves), root_hash(leaves))
    return sign_checkpoint(replace(made, **changes), public(by), by.sign)


def seen(data: bytes = b"", at: datetime = NOW, text: str = "") -> bytes:
    """The same with the witness's line; `text`: over another head."""
    received = note.parse(data or head())
    line = cosign(text or received.text, witness_name(WITNESS.key.keyid), public(WITNESS), at, WITNESS.sign)
    return received.joined([line]).to_bytes()


def proof(index: int = 2, checkpoint: bytes = b"", **changes: object) -> bytes:
    made = TlogProof(index, inclusion_path(NODE, index, len(LEAVES)), checkpoint or seen(), LEAVES[index])
    return replace(made, **changes).to_bytes()


GOOD_PROOF, GOOD_HEAD = proof(), seen()
PATH = inclusion_path(NODE, 2, len(LEAVES))


def relogged(change: Callable[[dict[str, object]], object]) -> bytes:
    """The entry changed, and logged so by a thief of the log's key."""
    value = strict_parse(ENTRY.to_bytes())
    change(value)
    leaves = [*LEAVES[:2], canonical(value), *LEAVES[3:]]
    node = TileReader(dict(Edge().add(leaves)).__getitem__, len(leaves)).node
    return TlogProof(2, inclusion_path(node, 2, len(leaves)), seen(head(leaves=leaves)), leaves[2]).to_bytes()


def cut(data: bytes, old: bytes, new: bytes) -> bytes:
    """One thing replaced, which must be there."""
    assert old in data
    return data.replace(old, new, 1)


def written(text: str) -> bytes:
    """Any text, signed by the log's key."""
    key = note.key_id(ORIGIN, note.ED25519, public(LOG))
    return note.Note(text, (note.NoteSignature(ORIGIN, key, LOG.sign(text.encode())),)).to_bytes()


def without_log_line(data: bytes) -> bytes:
    received = note.parse(data)
    return replace(received, signatures=received.signatures[1:]).to_bytes()


def set_back(data: bytes) -> bytes:
    """The witness's line says an hour earlier than was signed."""
    received = note.parse(data)
    line = received.signatures[1]
    early = int((NOW - timedelta(hours=1)).timestamp()).to_bytes(8, "big")
    return replace(received, signatures=(received.signatures[0], replace(line, data=early + line.data[8:]))).to_bytes()


PROOFS: dict[str, tuple[bytes, str]] = {
    "of another document": (proof(0), "entry-differs"),
    "of a statement that another key signed": (relogged(lambda v: v.update(keyid=GATE.key.keyid)), "entry-differs"),
    "of the same statement under another type": (relogged(lambda v: v.update(type=MANIFEST.predicate.TYPE)), "entry-differs"),
    "of the same statement for another voucher": (relogged(lambda v: v.update(resourceUri="urn:dambo:voucher:V-2:milestone:balance:delivery:D-1")), "entry-differs"),
    "of the same statement on another manifest": (relogged(lambda v: v.update(subjectSha256="0" * 64)), "entry-differs"),
    "the entry exchanged": (proof(extra=LEAVES[0]), "proof-inclusion"),
    "index of another entry": (proof(index=2, path=inclusion_path(NODE, 1, 5)), "proof-inclusion"),
    "index beyond the log": (cut(GOOD_PROOF, b"index 2\n", b"index 7\n"), "proof-inclusion"),
    "a hash left out": (proof(path=PATH[:-1]), "proof-inclusion"),
    "a hash too many": (proof(path=(*PATH, bytes(32))), "proof-inclusion"),
    "two hashes swapped": (proof(path=(PATH[1], PATH[0], *PATH[2:])), "proof-inclusion"),
    "under a smaller checkpoint, truly signed": (proof(checkpoint=head(leaves=LEAVES[:2])), "proof-inclusion"),
    "under the checkpoint of a fork, truly signed": (proof(checkpoint=head(leaves=[*LEAVES[:3], b"fork", b"last"])), "proof-inclusion"),
    "under a checkpoint of another log": (proof(checkpoint=head(OTHER_LOG, origin="dambo.example/log/other")), "checkpoint-origin"),
    "under a checkpoint that nobody signed": (proof(checkpoint=without_log_line(seen())), "checkpoint-unsigned"),
    "an inner node passed off as an entry": (proof(extra=NODE(1, 0) + NODE(1, 1)), "not-utf8"),
    "without its entry": (proof(extra=None), "proof-shape"),
    "of version 2": (cut(GOOD_PROOF, b"proof@v1", b"proof@v2"), "proof-shape"),
    "index with a leading zero": (cut(GOOD_PROOF, b"index 2", b"index 02"), "proof-shape"),
    "65 hashes": (proof(path=(bytes(32),) * 65), "proof-shape"),
    "a hash of 31 bytes": (proof(path=(bytes(31),)), "proof-shape"),
    "base64 with loose last bits": (cut(GOOD_PROOF, base64.b64encode(PATH[0]), base64.b64encode(PATH[0])[:-2] + b"B="), "bad-base64"),
    "entry not canonical": (proof(extra=b" " + LEAVES[2]), "not-canonical"),
    "entry with a member more": (relogged(lambda v: v.update(more=1)), "entry-shape"),
    "entry of 30 February": (relogged(lambda v: v.update(loggedAt="2026-02-30T00:00:00Z")), "entry-shape"),
    "of 200 kB": (proof(extra=b"x" * 150_000), "too-large"),
    "clock: cosignature set back an hour": (proof(checkpoint=set_back(seen())), "note-signature"),
}  # fmt: skip

TEXT = note.parse(GOOD_HEAD).text

CHECKPOINTS: dict[str, tuple[bytes, str]] = {
    "size raised": (cut(GOOD_HEAD, b"\n5\n", b"\n6\n"), "note-signature"),
    "root exchanged": (cut(GOOD_HEAD, base64.b64encode(root_hash(LEAVES)), base64.b64encode(bytes(32))), "note-signature"),
    "of another log, by its own key": (head(OTHER_LOG, origin="dambo.example/log/other"), "checkpoint-origin"),
    "signed by a log key that the keyring does not know": (head(OTHER_LOG), "checkpoint-unsigned"),
    "signed by the gate in the log's name": (head(GATE), "checkpoint-unsigned"),
    "signed by a revoked log key": (head(STOLEN), "key-revoked"),
    "with a witness's line alone": (without_log_line(seen()), "checkpoint-unsigned"),
    "size with a leading zero, truly signed": (written(TEXT.replace("\n5\n", "\n05\n")), "checkpoint-shape"),
    "a root of 31 bytes, truly signed": (written(f"{ORIGIN}\n5\n{base64.b64encode(bytes(31)).decode()}\n"), "checkpoint-shape"),
    "without a size, truly signed": (written(f"{ORIGIN}\n"), "checkpoint-shape"),
    "carriage returns": (GOOD_HEAD.replace(b"\n", b"\r\n"), "note-shape"),
    "no signature at all": (TEXT.encode(), "note-shape"),
    "33 signatures": (GOOD_HEAD + note.parse(GOOD_HEAD).signatures[0].line().encode() * 31, "too-many-signatures"),
    "of 70 kB": (GOOD_HEAD + b"x" * 70_000, "too-large"),
    "in UTF-16": (GOOD_HEAD.decode().encode("utf-16"), "not-utf8"),
    "signature with loose last bits": (GOOD_HEAD[:-4] + bytes([GOOD_HEAD[-4] + 1]) + b"==\n", "bad-base64"),
}  # fmt: skip

COSIGNED: dict[str, tuple[bytes, str]] = {
    "cosignature over another head": (seen(text=note.parse(head(leaves=LEAVES[:3])).text), "note-signature"),
    "clock: cosignature set back an hour": (set_back(seen()), "note-signature"),
}
"""What a checkpoint's reader refuses who asks when it was seen."""
