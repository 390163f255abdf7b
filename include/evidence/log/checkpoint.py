"""Checkpoints (c2sp.org/tlog-checkpoint): origin, size and root of the log, as a note signed by the log's key.

The log's name follows from the keyring: the log key that was valid first names it for good, so that a rotated key goes
on signing for the same log and nobody has to hand the name over.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from include.evidence.canonical import verification_only
from include.evidence.keyring import Key, Keyring
from include.evidence.log import note
from include.evidence.log.note import ED25519, Note, NoteKey, NoteSignature
from include.evidence.refusals import refuse

LOGS: Final = "dambo.example/log"
"""The name under which our logs stand; `.example` can come to be nobody's (RFC 2606)."""

DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log. `extensions`: further lines, of which we write none."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note's text."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    @classmethod
    @verification_only
    def of(cls, text: str) -> Checkpoint:
        """From a note's text, in exactly the form that `text` gives."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() != "" or "" in lines:
            raise refuse("checkpoint-shape")
        if DECIMAL.fullmatch(lines[1]) is None:
            raise refuse("checkpoint-shape", "size")
        root = note.unbase64(lines[2])
        if len(root) != 32:
            raise refuse("checkpoint-shape", "root")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that the log signed, with the note it came in."""

    checkpoint: Checkpoint
    note: Note
    keys: tuple[Key, ...]


@verification_only
def log_origin(keyring: Keyring) -> str:
    """The name of the keyring's log. VerificationError "checkpoint-unsigned" if it has no log key."""
    keys = [key for key in keyring.keys if key.role == "log"]
    if not keys:
        raise refuse("checkpoint-unsigned", "the keyring has no log key")
    first = min(keys, key=lambda key: (key.not_before, key.keyid))
    return f"{LOGS}/{first.keyid[:32]}"


@verification_only
def verify_checkpoint(data: bytes, keyring: Keyring, *, at: datetime | None = None) -> Signed:
    """The checkpoint of a note that one of the keyring's log keys signed, of the keyring's own log.

    A revoked log key counts for nothing; with `at`, the key must be valid at that time.
    """
    received = note.parse(data)
    made = Checkpoint.of(received.text)
    origin = log_origin(keyring)
    if made.origin != origin:
        raise refuse("checkpoint-origin")
    known = [NoteKey(origin, ED25519, key) for key in keyring.keys if key.role == "log"]
    keys = [each.key for each in note.signed_by(received, known)]
    if not keys:
        raise refuse("checkpoint-unsigned")
    good = tuple(key for key in keys if _usable(key, at) is None)
    if not good:
        raise refuse(_usable(keys[0], at) or "checkpoint-unsigned", keys[0].keyid[:16])
    return Signed(made, received, good)


def _usable(key: Key, at: datetime | None) -> str | None:
    if key.revoked_at is not None:
        return "key-revoked"
    if at is not None and at < key.not_before:
        return "key-not-yet-valid"
    return "key-expired" if at is not None and at > key.not_after else None


def sign_checkpoint(checkpoint: Checkpoint, public: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """The note. `public`: 32 bytes of the log's key; `sign`: its Ed25519 signature over a message."""
    text = checkpoint.text()
    key = note.key_id(checkpoint.origin, ED25519, public)
    return Note(text, (NoteSignature(checkpoint.origin, key, sign(text.encode())),)).to_bytes()
