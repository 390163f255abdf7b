"""A delivered folder hashed into its manifest, by the standard library alone: what an auditor holds in his hands.

Only plain files count; a link or a special file is refused, since it could show one content to us and another later.
`_DELIVERED.json` at the top is the supplier's claim, not data.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from include.evidence.canonical import verification_only
from include.evidence.manifest import Entry, Manifest
from include.evidence.refusals import refuse

MARKER = "_DELIVERED.json"
CHUNK = 2**20


@verification_only
def manifest_of(folder: Path) -> Manifest:
    """The manifest of all files under `folder`. Raises VerificationError."""
    try:
        return Manifest.of(_entries(folder))
    except OSError as error:
        raise refuse("delivery-unreadable", type(error).__name__) from None


def _entries(folder: Path) -> Iterator[Entry]:
    buffer, top = memoryview(bytearray(CHUNK)), str(folder)
    for path in _files(top):
        name = path[len(top) :].lstrip(os.sep).replace(os.sep, "/")
        if name != MARKER:
            yield _entry(path, name, buffer)


def _files(top: str) -> Iterator[str]:
    """Every file below, without recursion; anything but files and folders is refused."""
    pending = [top]
    while pending:
        with os.scandir(pending.pop()) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    pending.append(each.path)
                elif each.is_file(follow_symlinks=False):
                    yield each.path
                else:
                    raise refuse("delivery-unreadable", "a link or special file")


def _entry(path: str, name: str, buffer: memoryview) -> Entry:
    """One file, hashed through a buffer that all share."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise refuse("delivery-unreadable", "a link or special file")
        state, size = sha256(), 0
        while read := os.readv(handle, [buffer]):
            state.update(buffer[:read])
            size += read
        return Entry(name, size, state.hexdigest())
    finally:
        os.close(handle)
