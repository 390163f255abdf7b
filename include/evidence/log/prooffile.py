"""`.tlog-proof` files (c2sp.org/tlog-proof@v1): index, inclusion proof and checkpoint in one text, verified offline.

Our `extra` is the entry itself, so that the file proves by itself what was logged. It is believed because its hash is
the leaf that the proof leads from, not because it stands there.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from include.evidence.canonical import verification_only
from include.evidence.log.checkpoint import DECIMAL
from include.evidence.log.note import unbase64
from include.evidence.refusals import refuse

HEADER: Final = "c2sp.org/tlog-proof@v1"
PROOF_LIMIT: Final = 2**17
MAX_HASHES: Final = 64


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof as received: nothing here is verified. `checkpoint`: the signed note, verbatim."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def to_bytes(self) -> bytes:
        """The file."""
        extra = [] if self.extra is None else [f"extra {_base64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(_base64, self.path), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint

    @classmethod
    @verification_only
    def from_bytes(cls, data: bytes) -> TlogProof:
        """From exactly the bytes that `to_bytes` gives."""
        if len(data) > PROOF_LIMIT:
            raise refuse("too-large")
        head, blank, checkpoint = bytes(data).partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise refuse("proof-shape", "not ASCII") from None
        if not blank or lines.pop(0) != HEADER:
            raise refuse("proof-shape", "header")
        extra = unbase64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        index = lines.pop(0).removeprefix("index ") if lines and lines[0].startswith("index ") else ""
        if DECIMAL.fullmatch(index) is None:
            raise refuse("proof-shape", "index")
        if len(lines) > MAX_HASHES:
            raise refuse("proof-shape", "too long")
        path = tuple(unbase64(line) for line in lines)
        if any(len(each) != 32 for each in path):
            raise refuse("proof-shape", "hash")
        return cls(int(index), path, checkpoint, extra)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
