"""The log as it lies in storage under `log/`: tiles and bundles, written once, and the checkpoint, the one that moves."""

from __future__ import annotations

from typing import Final

from include.errors import StorageError
from include.evidence.keyring import Keyring
from include.evidence.log.checkpoint import Signed, verify_checkpoint
from include.evidence.log.note import NOTE_LIMIT
from include.evidence.log.tiles import TileReader
from include.evidence.refusals import refuse
from include.storage import Storage

LOG: Final = "log/"
CHECKPOINT: Final = f"{LOG}checkpoint"
COSIGNED: Final = f"{LOG}cosigned/"
"""Checkpoints with outside cosignatures, one a size and witness: `<size, 19 digits>/<keyid, 32 digits>`."""

TILE_LIMIT: Final = 2**22
"""No tile (8 KiB) or bundle (256 entries of at most 8 KiB) is larger."""


def read_object(storage: Storage, path: str) -> bytes:
    """A tile or bundle. Raises VerificationError "log-differs" for one that is gone, StorageError."""
    try:
        return storage.read(LOG + path, length=TILE_LIMIT)
    except StorageError as error:
        if error.code != "object-missing":
            raise
        raise refuse("log-differs", f"{path} is missing") from None


def tiles_at(storage: Storage, size: int) -> TileReader:
    """The published tree of that size."""
    return TileReader(lambda path: read_object(storage, path), size)


def head_bytes(storage: Storage) -> bytes | None:
    """The published checkpoint, None before the first."""
    try:
        return storage.read(CHECKPOINT, length=NOTE_LIMIT)
    except StorageError as error:
        if error.code != "object-missing":
            raise
        return None


def published_head(storage: Storage, keyring: Keyring) -> Signed | None:
    """The published checkpoint, verified; None before the first. Raises VerificationError, StorageError."""
    data = head_bytes(storage)
    return None if data is None else verify_checkpoint(data, keyring)


def cosigned_key(size: int, keyid: str) -> str:
    """Where a witness's checkpoint lies."""
    return f"{COSIGNED}{size:019}/{keyid[:32]}"


def cosigned_heads(storage: Storage, keyring: Keyring, least: int) -> list[Signed]:
    """Checkpoints of at least `least` entries that were left here with cosignatures, smallest first."""
    sizes = [name for name in storage.folders(COSIGNED) if name.isdecimal() and int(name) >= least]
    keys = [info.key for name in sorted(sizes, key=int) for info in storage.list(f"{COSIGNED}{name}/")]
    return [verify_checkpoint(storage.read(key, length=NOTE_LIMIT), keyring) for key in keys]
