"""Proofs made from the published log: `.tlog-proof` files, for the gate, for evidence packs and for people."""

from __future__ import annotations

from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Signed
from include.evidence.log.cosignature import cosigned_by, witnesses
from include.evidence.log.prooffile import TlogProof
from include.evidence.log.published import cosigned_heads, published_head, tiles_at
from include.evidence.log.tree import inclusion_path
from include.evidence.refusals import refuse
from include.registry import Registry
from include.storage import Storage


def prove(
    registry: Registry, storage: Storage, keyring: Keyring, statement_sha256: str, *, witnessed: bool = True
) -> bytes:
    """The proof that the statement is logged. `witnessed`: under the earliest cosigned checkpoint that covers it, if any.

    It is as good as what storage holds: whoever gets it verifies it (include.evidence.log.inclusion).
    Raises VerificationError "not-logged", "log-differs" and those of the checkpoint; RegistryError, StorageError.
    """
    row = registry.log_entry(statement_sha256)
    if row is None:
        raise refuse("not-logged")
    head = _witnessed(storage, keyring, row.position) if witnessed else None
    head = head or published_head(storage, keyring)
    if head is None or head.checkpoint.size <= row.position:
        raise refuse("not-logged", "not published yet")
    path = inclusion_path(tiles_at(storage, head.checkpoint.size).node, row.position, head.checkpoint.size)
    return TlogProof(row.position, path, head.note.to_bytes(), row.entry).to_bytes()


def _witnessed(storage: Storage, keyring: Keyring, position: int) -> Signed | None:
    """The checkpoint over this entry that an outsider saw first."""
    seen = []
    for head in cosigned_heads(storage, keyring, position + 1):
        cosigned = cosigned_by(head.note, witnesses(keyring))
        if cosigned:
            seen.append((cosigned[0].time, head))
    return min(seen, key=lambda pair: pair[0])[1] if seen else None
