"""The witness: run at the auditor's, with the auditor's key. It remembers the largest head it saw and cosigns only what
goes on from it, so that nobody can be shown another history than it was, and the time is an outsider's.

Its memory is one small file, replaced whole: lose it and the witness starts anew (and says so by beginning at 0).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from include.errors import VerificationError
from include.evidence.canonical import canonical, require_canonical
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Signed, verify_checkpoint
from include.evidence.log.cosignature import cosign
from include.evidence.log.note import Note
from include.evidence.log.tiles import Read, TileReader
from include.evidence.log.tree import consistency_path, verify_consistency
from include.evidence.merkle import EMPTY
from include.evidence.refusals import refuse


@dataclass(frozen=True, slots=True)
class Memory:
    """The largest head seen of one log; size 0 before the first."""

    origin: str
    size: int = 0
    root: bytes = EMPTY

    @classmethod
    def load(cls, path: Path, origin: str) -> Memory:
        """What the file says; nothing seen if there is none. VerificationError for another log's or a broken file."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return cls(origin)
        said = require_canonical(data)
        match said:
            case {"origin": str(name), "size": int(size), "root": str(root)} if name == origin and len(root) == 64:
                return cls(name, size, bytes.fromhex(root))
        raise refuse("checkpoint-origin", "the witness's file")

    def save(self, path: Path) -> None:
        """Replace the file: the old one or the new one, never a mixture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(canonical({"origin": self.origin, "size": self.size, "root": self.root.hex()}))
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """Who cosigns: name, the key's 32 public bytes, and its Ed25519 signature over a message."""

    name: str
    public: bytes
    sign: Callable[[bytes], bytes]


def observe(head: bytes, read: Read, keyring: Keyring, memory: Memory) -> tuple[Signed, Memory]:
    """The head, if the keyring's log signed it and it goes on from what was seen; and what is seen now.

    Raises VerificationError: "log-rolled-back" for a shorter log, "log-forked" for another history, and those of the
    checkpoint and tiles.
    """
    signed = verify_checkpoint(head, keyring)
    made = signed.checkpoint
    if made.origin != memory.origin:
        raise refuse("checkpoint-origin")
    if made.size < memory.size:
        raise refuse("log-rolled-back", f"{made.size} < {memory.size}")
    path = consistency_path(TileReader(read, made.size).node, memory.size, made.size)
    try:
        verify_consistency(memory.size, made.size, path, memory.root, made.root)
    except VerificationError:
        raise refuse("log-forked", f"{memory.size} -> {made.size}") from None
    return signed, Memory(made.origin, made.size, made.root)


def remember(head: bytes, read: Read, keyring: Keyring, file: Path) -> Signed:
    """Observe with the memory in `file`, and write down what is seen now. Do it before cosigning: a crash in between
    costs nothing, while a head that was cosigned must never be forgotten. Raises VerificationError, OSError."""
    origin = verify_checkpoint(head, keyring).checkpoint.origin
    signed, seen = observe(head, read, keyring, Memory.load(file, origin))
    seen.save(file)
    return signed


def cosigned(signed: Signed, key: WitnessKey, now: datetime) -> bytes:
    """The note of a head that was remembered, with the witness's line beside the log's."""
    line = cosign(signed.note.text, key.name, key.public, now, key.sign)
    return Note(signed.note.text, (*signed.note.signatures, line)).to_bytes()
