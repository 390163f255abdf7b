"""Intake: what was put into storage becomes a manifest with store pins; and what intake itself finds wrong with it.

A symlink, a device or a name that is not plain text is refused whole (`unsafe-path`): nothing of such a delivery is read.
Findings are a pure function of manifest, marker and contract, so they are reached again without the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

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


def freeze(storage: Storage, prefix: str, progress: Progress = silent, *, only: str | None = None) -> Frozen:
    """Hash every object under `prefix` (which ends in "/" or is "") once, at the version listed."""
    marker, data = listed(storage, prefix, only)
    entries, versions, lines = [], {}, []
    meter = HashMeter((info.size for info in data), progress)
    for info, digest in zip(data, storage.digests(data), strict=True):
        path = info.key.removeprefix(prefix)
        entries.append(Entry(path, digest.size, digest.sha256))
        versions[path] = info.version
        lines.append(_pin(path, info))
        meter.file(digest.size)
    body = storage.read(marker.key, version=marker.version) if marker else None
    if marker:
        lines.append(_pin(NAME, marker))
    latest = max((info.modified for info in (marker, *data) if info), default=None)
    return Frozen(Manifest.of(entries), b"".join(lines), versions, body, latest if marker else None)


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
            "stem": pa.array([PurePosixPath(row.path).stem for row in rows], pa.string()),
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
