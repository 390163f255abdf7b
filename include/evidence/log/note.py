"""C2SP signed notes (c2sp.org/signed-note): text, a blank line, signature lines "— name base64(key id || signature)".

Invariants: what `parse` accepts, `to_bytes` gives back byte for byte; a note with a bad signature of a known key is
refused as a whole; signatures of unknown keys are ignored, and two of one known key count once.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from include.evidence.canonical import verification_only
from include.evidence.keyring import Key
from include.evidence.refusals import refuse

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
NOTE_LIMIT: Final = 2**16
MAX_SIGNATURES: Final = 32
DASH: Final = "\N{EM DASH} "
NAME: Final = re.compile(r"[^\s+]{1,255}")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. `data` follows the four bytes of the key id."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        """The line, with its newline."""
        return f"{DASH}{self.name} {base64.b64encode(self.key_id + self.data).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as received: nothing here is verified. `text` ends in its newline."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def to_bytes(self) -> bytes:
        """The note."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()

    def joined(self, more: Iterable[NoteSignature]) -> Note:
        """With further signatures, each once."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *more))))


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key of the keyring under the name and type by which notes know it."""

    name: str
    kind: int
    key: Key

    @property
    def id(self) -> bytes:
        """Four bytes."""
        return key_id(self.name, self.kind, raw_public(self.key.public.spki))

    def made(self, signature: NoteSignature) -> bool:
        """Does the line say that this key made it?"""
        return (signature.name, signature.key_id) == (self.name, self.id)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The first four bytes of sha256(name || newline || type || 32 bytes of the key)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def raw_public(spki: bytes) -> bytes:
    """The 32 bytes of an Ed25519 key, which end its SPKI (RFC 8410)."""
    return spki[-32:]


@verification_only
def parse(data: bytes) -> Note:
    """The note of these bytes."""
    if len(data) > NOTE_LIMIT:
        raise refuse("too-large")
    try:
        whole = bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("not-utf8", f"at {error.start}") from None
    if any(c < " " and c != "\n" for c in whole):
        raise refuse("note-shape", "a control character")
    body, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise refuse("note-shape", "no signatures")
    found = lines.split("\n")[:-1]
    if len(found) > MAX_SIGNATURES:
        raise refuse("too-many-signatures")
    return Note(body + "\n", tuple(_line(each) for each in found))


def _line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not space or NAME.fullmatch(name) is None:
        raise refuse("note-shape", "a signature line")
    data = unbase64(encoded)
    if len(data) < 5:
        raise refuse("note-shape", "a short signature")
    return NoteSignature(name, data[:4], data[4:])


def unbase64(text: str) -> bytes:
    """Standard base64 in its one spelling. Raises VerificationError "bad-base64"."""
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True) if text else b""
    except (UnicodeEncodeError, binascii.Error):
        raise refuse("bad-base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise refuse("bad-base64")
    return data


@verification_only
def signed_by(note: Note, keys: Iterable[NoteKey]) -> tuple[NoteKey, ...]:
    """Those of `keys` that signed the text (type 0x01). A line of a known key that does not verify refuses the note."""
    found: dict[str, NoteKey] = {}
    candidates = tuple(keys)
    message = note.text.encode()
    for signature in note.signatures:
        for known in candidates:
            if known.kind == ED25519 and known.made(signature):
                if not known.key.public.verifies(signature.data, message):
                    raise refuse("note-signature", known.name)
                found[known.key.keyid] = known
    return tuple(found.values())
