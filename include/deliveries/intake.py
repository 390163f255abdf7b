"""Intake: what was put into storage becomes a manifest with store pins; and what intake itself finds wrong with it.

A symlink, a device or a name that is not plain text is refused whole (`unsafe-path`): nothing of such a delivery is read.
Findings are a pure function of manifest, marker and contract, so they are reached again without the store.
A self-check hashes while it reads: what is listed is read at once, and the manifest is there when both are done.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from checks.batch import Batch, Defect
from checks.engine import DELIVERY, Item
from checks.schema.delivered_files import UNCLAIMED
from include.contracts.model import Contract
from include.deliveries.archives import is_archive
from include.deliveries.globs import claims
from include.deliveries.marker import NAME, Marker
from include.deliveries.progress import HashMeter, Progress, silent
from include.errors import DeliveryError
from include.evidence.manifest import Entry, Manifest
from include.storage import ObjectInfo, Storage


@dataclass(frozen=True, slots=True)
class Frozen:
    """A delivery at one moment. `pins` are RFC 8785 lines of the store's own versions; `marker` the marker's bytes.

    `delivered_at`: when the last of its objects was put, in the store's words, so that an early marker gains nothing.
    """

    manifest: Manifest
    pins: bytes
    versions: dict[str, str | None]
    marker: bytes | None
    delivered_at: datetime | None


def listed(storage: Storage, prefix: str, only: str | None = None) -> tuple[ObjectInfo | None, list[ObjectInfo]]:
    """The marker's object (if there) and the data objects under `prefix`; of one file alone, if `only` names it."""
    marker, data = None, []
    for info in storage.list(prefix):
        if only is not None and info.key != prefix + only:
            continue
        if info.key == prefix + NAME:
            marker = info
        else:
            data.append(info)
    return marker, data


UNHASHED = "0" * 64
"""In place of a digest that is not known yet."""


@dataclass(frozen=True)
class Listing:
    """A delivery as it is listed, nothing of it read but its marker: objects in the store's words under `prefix`."""

    storage: Storage
    prefix: str
    data: tuple[ObjectInfo, ...]
    marker: ObjectInfo | None
    body: bytes | None

    @classmethod
    def of(cls, storage: Storage, prefix: str, only: str | None = None) -> Listing:
        """What lies under `prefix` (which ends in "/" or is ""); of one file alone, if `only` names it."""
        marker, data = listed(storage, prefix, only)
        body = storage.read(marker.key, version=marker.version) if marker else None
        return cls(storage, prefix, tuple(data), marker, body)

    def frozen(self, manifest: Manifest) -> Frozen:
        """The delivery with this manifest of its data."""
        known = (*self.data, *([self.marker] if self.marker else []))
        pins = b"".join(_pin(NAME if info is self.marker else self._path(info), info) for info in known)
        latest = max((info.modified for info in known), default=None)
        versions = {self._path(info): info.version for info in self.data}
        return Frozen(manifest, pins, versions, self.body, latest if self.marker else None)

    def expected(self) -> Frozen:
        """Paths and sizes as listed; enough to plan and to read, nothing to sign or to compare with."""
        return self.frozen(Manifest.of(Entry(self._path(info), info.size, UNHASHED) for info in self.data))

    def hashed(self, progress: Progress = silent, pace: Pace | None = None) -> Frozen:
        """Hash every object once, at the version listed, as fast as `pace` lets it go."""
        entries, meter = [], HashMeter((info.size for info in self.data), progress)
        due = self.data if pace is None else pace.ahead(self.data)
        for info, digest in zip(self.data, self.storage.digests(due), strict=True):
            entries.append(Entry(self._path(info), digest.size, digest.sha256))
            meter.file(digest.size)
        return self.frozen(Manifest.of(entries))

    def _path(self, info: ObjectInfo) -> str:
        return info.key.removeprefix(self.prefix)


LEAD = 256 << 20
"""Bytes that hashing may be ahead of reading: few enough that what was hashed is still in memory when it is read."""


class Pace:
    """Lets hashing go beside reading, so that storage gives each byte once. Used by two threads."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._read = 0
        self._free = self._stopped = False

    def ahead(self, objects: Iterable[ObjectInfo]) -> Iterator[ObjectInfo]:
        """The objects, each as soon as reading has come near."""
        begun = 0
        for info in objects:
            with self._moved:
                self._moved.wait_for(lambda begun=begun: self._free or begun <= self._read + LEAD)  # type: ignore[misc]
                if self._stopped:
                    raise StoppedError
            begun += info.size
            yield info

    def read(self, size: int) -> None:
        """So many bytes more are being read."""
        with self._moved:
            self._read += size
            self._moved.notify_all()

    def free(self) -> None:
        """Nothing more will be read: hash the rest at once."""
        with self._moved:
            self._free = True
            self._moved.notify_all()

    def stop(self) -> None:
        """Nobody wants the digests any more."""
        with self._moved:
            self._free = self._stopped = True
            self._moved.notify_all()


class StoppedError(Exception):
    """Hashing was given up."""


def freeze(storage: Storage, prefix: str, progress: Progress = silent, *, only: str | None = None) -> Frozen:
    """Hash every object under `prefix` (which ends in "/" or is "") once, at the version listed."""
    return Listing.of(storage, prefix, only).hashed(progress)


def _pin(path: str, info: ObjectInfo) -> bytes:
    pin = {"etag": info.etag, "path": path, "version": info.version}
    return _PINS.encode(pin).encode() + b"\n"


_PINS = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def pinned_versions(pins: bytes) -> dict[str, str | None]:
    """Path to the store's version, from the pins file."""
    return {pin["path"]: pin["version"] for pin in map(json.loads, pins.splitlines())}


def current_digest(storage: Storage, prefix: str) -> str | None:
    """The manifest digest of what lies under `prefix` now; None if it holds something unsafe."""
    try:
        return freeze(storage, prefix).manifest.digest
    except DeliveryError:
        return None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of the delivery, or a member of one of its archives, as a record of the object "delivery"."""

    path: str
    object: str
    bytes: int
    encoding: str = ""


def _stem(path: str) -> str:
    """The file's name without its last extension, as PurePosixPath has it, at a tenth of the cost."""
    name = path.rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    return stem if stem and extension else name


def files_batch(rows: Sequence[FileRow], file: str = "") -> Batch:
    """Files as records: `path`, the `object` that claims it ("" if none does), its `stem`, and `bytes`.

    `file`: the archive that they are members of; they then have the columns `archive` and `encoding` (of the name) too.
    """
    member = {
        "archive": pa.array([file] * len(rows), pa.string()),
        "encoding": pa.array([row.encoding for row in rows], pa.string()),
    }
    table = pa.record_batch(
        {
            "path": pa.array([row.path for row in rows], pa.string()),
            "object": pa.array([row.object for row in rows], pa.string()),
            "stem": pa.array([_stem(row.path) for row in rows], pa.string()),
            "bytes": pa.array([row.bytes for row in rows], pa.int64()),
            **(member if file else {}),
        }
    )
    return Batch(file, table)


def first_claim(contract: Contract, path: str) -> str:
    """The first schema object that claims the file, or ""."""
    return next(iter(claimed(contract, path)), "")


def claimed(contract: Contract, path: str) -> list[str]:
    """Names of the schema objects that claim the file; nobody claims an archive of the delivery, but its members."""
    if is_archive(path):
        return []
    return [spec.name for spec in contract.objects if claims(spec.glob, path)]


def findings(manifest: Manifest, marker: Marker | None, contract: Contract) -> Iterator[Item]:
    """The delivery's files as records of the object "delivery", and what is wrong with them as defects."""
    yield DELIVERY, files_batch([FileRow(e.path, first_claim(contract, e.path), e.size) for e in manifest.entries])
    for defect in (*_empty(manifest), *_twins(manifest), *_declared(manifest, marker), *_unclaimed(manifest, contract)):
        yield DELIVERY, defect


def _file(path: str, code: str, message: str) -> Defect:
    return Defect(path, -1, "", "file", code, message)


def _empty(manifest: Manifest) -> Iterator[Defect]:
    for entry in manifest.entries:
        if entry.size == 0:
            yield empty(entry.path)


def _twins(manifest: Manifest) -> Iterator[Defect]:
    for paths in manifest.twins():
        for path in paths[1:]:
            yield _file(path, "name-twins", "another file's name differs only in case or Unicode form")


def _declared(manifest: Manifest, marker: Marker | None) -> Iterator[Defect]:
    if marker is None or marker.files is None:
        return
    delivered = {e.path: e for e in manifest.entries}
    declared = {d.path: d for d in marker.files}
    for path, claim in declared.items():
        entry = delivered.get(path)
        if entry is None:
            yield _file(path, "declared-missing", "declared, but not delivered")
        elif (entry.size, entry.sha256) != (claim.size, claim.sha256):
            yield _file(path, "declared-differs", "size or sha256 differs from what was declared")
    for path in delivered:
        if path not in declared:
            yield _file(path, "undeclared-file", "delivered, but not declared")


def _unclaimed(manifest: Manifest, contract: Contract) -> Iterator[Defect]:
    for entry in manifest.entries:
        if not is_archive(entry.path) and not claimed(contract, entry.path):
            yield unclaimed(entry.path)


def unclaimed(path: str) -> Defect:
    """No schema object claims the file."""
    return _file(path, UNCLAIMED, "no schema object of the contract claims the file")


def empty(path: str) -> Defect:
    """The file has no bytes."""
    return _file(path, "zero-bytes", "the file is empty")
