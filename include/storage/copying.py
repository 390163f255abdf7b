"""Copy and hash in one pass: the digest is of the very bytes that went by."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from include.storage.port import Digest

CHUNK = 2**20
"""Bytes of one chunk of a stream: large enough that hashing dominates, small enough for any memory."""


def digest_of(chunks: Iterable[bytes]) -> Digest:
    """Size and sha256 of all chunks together."""
    sha, size = hashlib.sha256(), 0
    for chunk in chunks:
        sha.update(chunk)
        size += len(chunk)
    return Digest(size, sha.hexdigest())


def digest_of_file(fd: int, expected: int | None = None) -> Digest:
    """Size and sha256 of what an open file holds from here on; `expected` bytes of it, if it has them, are enough.

    Through one buffer a thread: to allocate a chunk for every small file would cost more than to hash it.
    """
    sha, size, buffer = hashlib.sha256(), 0, _buffer()
    while (size == 0 or size != expected) and (read := os.readv(fd, [buffer])):
        sha.update(buffer[:read])
        size += read
    return Digest(size, sha.hexdigest())


def _buffer() -> memoryview:
    """This thread's own."""
    found: memoryview | None = getattr(_own, "buffer", None)
    if found is None:
        found = _own.buffer = memoryview(bytearray(CHUNK))
    return found


_own = threading.local()


def copy_to(target: Path, chunks: Iterable[bytes]) -> Digest:
    """Write the chunks to the new or emptied file `target`; what was written is removed again if that fails."""
    try:
        with target.open("wb") as out:
            return digest_of(_writing(out, chunks))
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _writing(out: BinaryIO, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        out.write(chunk)
        yield chunk
