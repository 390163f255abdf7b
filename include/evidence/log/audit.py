"""The whole published log read again: every entry, tile and root, against its checkpoint and the registry's sequence.

What must hold, in this order:
 1. the checkpoint is signed by the log's key of the keyring;
 2. the entries in the bundles, hashed, give every published tile and the checkpoint's root;
 3. every entry is one of ours, and no statement stands twice;
 4. the registry's sequence gives the same entries;
 5. every cosigned checkpoint that lies here is the head of a beginning of this log.
A registry that is further than the checkpoint is what a crash leaves; the next append or `publish` mends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Checkpoint
from include.evidence.log.entry import LogEntry
from include.evidence.log.published import cosigned_heads, published_head, read_object, tiles_at
from include.evidence.log.tiles import WIDTH, Edge, Read
from include.evidence.log.tree import consistency_path, verify_consistency
from include.evidence.refusals import refuse
from include.registry import Registry
from include.registry.sequence import rolled_back
from include.storage import Storage


@dataclass(frozen=True, slots=True)
class Audit:
    """What holds. `head`: None for a log that never began; `unpublished`: entries of the registry beyond it;
    `cosigned`: checkpoints with cosignatures that were compared."""

    head: Checkpoint | None
    unpublished: int
    cosigned: int


def audit(registry: Registry, storage: Storage, keyring: Keyring) -> Audit:
    """Raises VerificationError with the code of what does not hold; StorageError, RegistryError."""
    signed = published_head(storage, keyring)  # 1
    known = registry.log_size()
    if signed is None:
        if any(storage.folders("log/")):
            raise refuse("log-rolled-back", "there are tiles but no checkpoint")
        return Audit(None, known, 0)
    head = signed.checkpoint
    if known < head.size:
        raise rolled_back(known, head.size)
    _same_everywhere(registry, lambda path: read_object(storage, path), head)
    return Audit(head, known - head.size, _cosigned(storage, keyring, head))


def _same_everywhere(registry: Registry, read: Read, head: Checkpoint) -> None:
    """Steps 2 to 4, a bundle at a time: memory does not grow with the log but for its statements' digests."""
    edge, seen = Edge(), set[str]()
    for start in range(0, head.size, WIDTH):
        end = min(start + WIDTH, head.size)
        leaves = registry.log_leaves(start, end)
        for path, data in edge.add(leaves):
            if read(path) != data:  # 2 and 4: the registry's entries give these very bytes
                raise refuse("log-differs", path)
        for leaf in leaves:
            statement = LogEntry.from_bytes(leaf).statement  # 3
            if statement in seen:
                raise refuse("log-differs", "a statement stands twice")
            seen.add(statement)
    if edge.root() != head.root:
        raise refuse("log-differs", "the entries do not lead to the checkpoint")


def _cosigned(storage: Storage, keyring: Keyring, head: Checkpoint) -> int:
    """Step 5."""
    older = cosigned_heads(storage, keyring, 0)
    nodes = tiles_at(storage, head.size).node
    for seen in (each.checkpoint for each in older):
        if seen.size > head.size:
            raise refuse("log-rolled-back", f"a witness saw {seen.size} entries")
        verify_consistency(seen.size, head.size, consistency_path(nodes, seen.size, head.size), seen.root, head.root)
    return len(older)
