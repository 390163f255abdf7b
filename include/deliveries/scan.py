"""Reading a shard: every file is fetched once at its pinned version, hashed on the way, and read from the local copy.

So what is checked is, byte for byte, what the manifest names: another digest ends the attempt as `delivery-changed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.batch import Batch
from checks.engine import Item
from checks.streams import STREAM_OF
from include.contracts.model import Contract
from include.deliveries.joining import join_small
from include.deliveries.progress import Meter, Progress
from include.deliveries.readers import reader_for
from include.deliveries.readers.codes import defect
from include.deliveries.shards import Piece, Shard
from include.errors import VerificationError
from include.evidence.manifest import Entry, Manifest
from include.storage import Digest, Storage

Fetch = Callable[[Entry, Path], Path]
"""Brings an entry's bytes to a local file (the given path or another), verified against the entry."""


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
    """Batches and defects of the shard's pieces; each file is fetched once and removed after. Small files are joined."""
    return join_small(_scan(shard, manifest, contract, fetch, scratch, progress))


def _scan(  # noqa: PLR0917 - scan, before joining
    shard: Shard, manifest: Manifest, contract: Contract, fetch: Fetch, scratch: Path, progress: Progress
) -> Iterator[Item]:
    entries = {entry.path: entry for entry in manifest.entries}
    scratch.mkdir(parents=True, exist_ok=True)
    meter = Meter(shard.pieces, {path: entry.size for path, entry in entries.items()}, progress)
    formats = {spec.name: spec.format for spec in contract.objects}
    with TemporaryDirectory(dir=scratch) as folder:
        for path, pieces in groupby(shard.pieces, key=lambda piece: piece.path):
            copy = Path(folder) / "object"
            local = fetch(entries[path], copy)
            for piece in pieces:
                meter.begin(piece, local, formats[piece.object])
                for item in _read(local, piece, contract):
                    if isinstance(item[1], Batch):
                        meter.rows(item[1].table.num_rows)
                    yield item
                meter.end()
            meter.file()
            copy.unlink(missing_ok=True)


def _read(local: Path, piece: Piece, contract: Contract) -> Iterator[Item]:
    """The file's batches and defects; a table with neither a record nor a defect is a defect itself."""
    spec = next(spec for spec in contract.objects if spec.name == piece.object)
    # a part of a file may be empty, the file it is cut from is not; a label file may say that there is nothing
    told = piece.part is not None or spec.format in STREAM_OF
    for item in reader_for(spec.format).read(local, piece.path, spec, piece.part):
        told = told or not isinstance(item, Batch) or item.table.num_rows > 0
        yield piece.object, item
    if not told:
        yield piece.object, defect(piece.path, "no-records")
