"""Witness cosignatures (c2sp.org/tlog-cosignature, `cosignature/v1`): an outsider's "at this time I saw this head, and it
goes on from all I saw before". The earliest of them over a head that covers a statement is the statement's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from include.evidence.canonical import verification_only
from include.evidence.keyring import Key, Keyring
from include.evidence.log.note import COSIGNATURE, Note, NoteKey, NoteSignature, key_id
from include.evidence.refusals import refuse

WITNESSES: Final = "dambo.example/witness"
LATEST: Final = 253402300799
"""The last second of the year 9999; the format's own limit, 2^63 - 1, is no time that anything can hold."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """Who saw the head, and when."""

    key: Key
    name: str
    time: datetime


def witness_name(keyid: str, verifier: str | None = None) -> str:
    """The name of a witness: its verifier id without scheme if the keyring gives one, else one made of its key id."""
    return f"{WITNESSES}/{keyid[:32]}" if verifier is None else verifier.removeprefix("https://")


def witnesses(keyring: Keyring) -> tuple[NoteKey, ...]:
    """The keyring's witness keys as notes know them."""
    return tuple(
        NoteKey(witness_name(key.keyid, key.verifier), COSIGNATURE, key)
        for key in keyring.keys
        if key.role == "witness"
    )


def message(text: str, seconds: int) -> bytes:
    """What is signed over a checkpoint's text."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@verification_only
def cosigned_by(note: Note, keys: Iterable[NoteKey]) -> tuple[Cosigned, ...]:
    """The cosignatures of known witnesses, earliest first. A line of a known witness that does not verify refuses the
    note; a revoked key, or one that was not valid at the time it says, counts for nothing."""
    found = []
    candidates = tuple(keys)
    for signature in note.signatures:
        for known in candidates:
            if known.kind == COSIGNATURE and known.made(signature):
                found.append(_read(known, signature, note.text))
    good = [each for each in found if each.key.revoked_at is None and _valid(each.key, each.time)]
    return tuple(sorted(good, key=lambda each: (each.time, each.name)))


def _valid(key: Key, time: datetime) -> bool:
    return key.not_before <= time <= key.not_after


def _read(known: NoteKey, signature: NoteSignature, text: str) -> Cosigned:
    seconds = int.from_bytes(signature.data[:8], "big")
    if len(signature.data) != 72 or seconds > LATEST:
        raise refuse("note-signature", known.name)
    if not known.key.public.verifies(signature.data[8:], message(text, seconds)):
        raise refuse("note-signature", known.name)
    return Cosigned(known.key, known.name, datetime.fromtimestamp(seconds, UTC))


def cosign(text: str, name: str, public: bytes, time: datetime, sign: Callable[[bytes], bytes]) -> NoteSignature:
    """The signature line of a witness over a checkpoint's text. `public`: 32 bytes; `sign`: Ed25519 over a message."""
    seconds = int(time.timestamp())
    return NoteSignature(
        name, key_id(name, COSIGNATURE, public), seconds.to_bytes(8, "big") + sign(message(text, seconds))
    )
