"""Reading a shard: every file is fetched once at its pinned version, hashed on the way, and read from the local copy.

So what is checked is, byte for byte, what the manifest names: another digest ends the attempt as `delivery-changed`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.batch import Batch
from checks.engine import Item
from include.contracts.model import Contract
from include.deliveries.intake import Progress
from include.deliveries.readers import reader_for
from include.deliveries.readers.codes import defect
from include.deliveries.shards import Piece, Shard
from include.errors import VerificationError
from include.evidence.manifest import Entry, Manifest
from include.storage import Digest, Storage

Fetch = Callable[[Entry, Path], Path]
"""Brings an entry's bytes to a local file (the given path or another), verified against the entry."""

EVERY = 5.0
"""Seconds between two lines of progress."""


def fetcher(storage: Storage, prefix: str, versions: dict[str, str | None]) -> Fetch:
    """Fetch from storage at the pinned versions."""

    def fetch(entry: Entry, target: Path) -> Path:
        digest = storage.fetch(prefix + entry.path, target, version=versions[entry.path])
        return verified(entry, digest, target)

    return fetch


def verified(entry: Entry, digest: Digest, path: Path) -> Path:
    """`path`, if its digest is the entry's. Raises VerificationError "delivery-changed"."""
    if (digest.size, digest.sha256) != (entry.size, entry.sha256):
        raise VerificationError(
            "delivery-changed",
            f"{entry.path} is not what the manifest says",
            hint="deliver the changed data as a new delivery",
            ko=f"{entry.path}: 목록을 고정한 뒤 내용이 바뀌었습니다",
            ko_hint="바뀐 데이터는 새 납품으로 제출하십시오",
        )
    return path


def scan(
    shard: Shard, manifest: Manifest, contract: Contract, fetch: Fetch, *, scratch: Path, progress: Progress
) -> Iterator[Item]:
    """Batches and defects of the shard's pieces; each file is fetched once and removed after."""
    entries = {entry.path: entry for entry in manifest.entries}
    scratch.mkdir(parents=True, exist_ok=True)
    meter = Meter(shard, entries, progress)
    with TemporaryDirectory(dir=scratch) as folder:
        for path, pieces in groupby(shard.pieces, key=lambda piece: piece.path):
            copy = Path(folder) / "object"
            local = fetch(entries[path], copy)
            for piece in pieces:
                for item in _read(local, piece, contract):
                    if isinstance(item[1], Batch):
                        meter.rows(item[1].table.num_rows)
                    yield item
            meter.file(path)
            copy.unlink(missing_ok=True)
    meter.done()


def _read(local: Path, piece: Piece, contract: Contract) -> Iterator[Item]:
    """The file's batches and defects; a file with neither a record nor a defect is a defect itself."""
    spec = next(spec for spec in contract.objects if spec.name == piece.object)
    told = piece.part is not None  # a part of a file may be empty, the file it is cut from is not
    for item in reader_for(spec.format).read(local, piece.path, spec, piece.part):
        told = told or not isinstance(item, Batch) or item.table.num_rows > 0
        yield piece.object, item
    if not told:
        yield piece.object, defect(piece.path, "no-records")


class Meter:
    """Says how far a shard is: files, rows, bytes, seconds left; at most every EVERY seconds."""

    def __init__(self, shard: Shard, entries: dict[str, Entry], progress: Progress) -> None:
        self._entries, self._progress = entries, progress
        paths = {piece.path for piece in shard.pieces}
        self._files, self._bytes = len(paths), sum(entries[p].size for p in paths)
        self._seen_files = self._seen_rows = self._seen_bytes = 0
        self._start = self._last = time.monotonic()

    def rows(self, count: int) -> None:
        """So many more records."""
        self._seen_rows += count
        self._tell()

    def file(self, path: str) -> None:
        """One file is done."""
        self._seen_files += 1
        self._seen_bytes += self._entries[path].size
        self._tell()

    def done(self) -> None:
        """The last word."""
        self._say()

    def _tell(self) -> None:
        if time.monotonic() - self._last >= EVERY:
            self._say()

    def _say(self) -> None:
        self._last = time.monotonic()
        elapsed, share = self._last - self._start, self._seen_bytes / self._bytes if self._bytes else 1.0
        left = f", about {elapsed / share - elapsed:.0f} s left" if 0 < share < 1 else ""
        self._progress(
            f"{self._seen_files}/{self._files} files, {self._seen_rows:,} rows, "
            f"{self._seen_bytes / 2**20:,.1f}/{self._bytes / 2**20:,.1f} MiB{left}"
        )
