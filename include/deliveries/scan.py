"""Reading a shard: every file is fetched once at its pinned version, hashed on the way, and read from the local copy.

Members of archives are read in place, like files; items (images, sounds) by several threads. So what is checked is, byte
for byte, what the manifest names: another digest ends the attempt as `delivery-changed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.batch import Batch
from checks.engine import DELIVERY, Item
from checks.streams import STREAM_OF
from include.contracts.model import Contract, ObjectSpec
from include.deliveries.ahead import Step, in_order
from include.deliveries.joining import join_small
from include.deliveries.members import Spooled, members
from include.deliveries.progress import Meter, Progress
from include.deliveries.readers import reader_for
from include.deliveries.readers.attributes import attributed
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
    with TemporaryDirectory(dir=scratch) as folder:
        desk = _Desk(contract, meter, Path(folder))
        files = groupby(shard.pieces, key=lambda piece: piece.path)
        steps = (
            step
            for number, (path, pieces) in enumerate(files)
            for step in desk.file(entries[path], pieces, fetch, Path(folder) / f"object-{number}")
        )
        for name, item in in_order(steps):
            if isinstance(item, Batch) and name != DELIVERY:
                meter.rows(item.table.num_rows)
            yield name, item


class _Desk:
    """Turns files into steps of reading. A copy of a file is removed by the step behind the last that reads it."""

    def __init__(self, contract: Contract, meter: Meter, folder: Path) -> None:
        self._contract, self._meter, self._folder = contract, meter, folder
        self._specs = {spec.name: spec for spec in contract.objects}

    def file(self, entry: Entry, pieces: Iterable[Piece], fetch: Fetch, copy: Path) -> Iterator[Step]:
        """One file of the delivery, fetched now."""
        local = fetch(entry, copy)
        for piece in pieces:
            yield self._step(self._begin, piece, local)
            yield from self._read(piece, local) if piece.object else self._members(piece, local)
            yield self._step(self._meter.end)
        yield self._step(self._meter.file)
        yield self._step(copy.unlink, missing_ok=True)

    def _begin(self, piece: Piece, local: Path) -> None:
        self._meter.begin(piece, local, self._specs[piece.object].format if piece.object else "")

    def _step(self, act: Callable[..., None], *given: object, **more: object) -> Step:
        def run() -> tuple[Item, ...]:
            act(*given, **more)
            return ()

        return Step(run)

    def _read(self, piece: Piece, local: Path) -> Iterator[Step]:
        spec = self._specs[piece.object]
        yield Step(lambda: _read(local, piece, spec), aside=STREAM_OF.get(spec.format) == "items")

    def _members(self, piece: Piece, local: Path) -> Iterator[Step]:
        for found in members(local, piece, self._contract, self._folder):
            if not isinstance(found, Spooled):
                yield Step(lambda found=found: (found,))  # type: ignore[misc]
                continue
            for name in found.objects:
                yield from self._read(Piece(name, found.path), found.local)
            yield self._step(found.local.unlink)


def _read(local: Path, piece: Piece, spec: ObjectSpec) -> Iterator[Item]:
    """The file's batches and defects; a table with neither a record nor a defect is a defect itself."""
    # a part of a file may be empty, the file it is cut from is not; a label file may say that there is nothing
    told = piece.part is not None or spec.format in STREAM_OF
    for item in reader_for(spec.format).read(local, piece.path, spec, piece.part):
        told = told or not isinstance(item, Batch) or item.table.num_rows > 0
        yield piece.object, attributed(item, spec) if isinstance(item, Batch) and spec.format in STREAM_OF else item
    if not told:
        yield piece.object, defect(piece.path, "no-records")
