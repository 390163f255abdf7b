"""The shard plan: a delivery cut into runs of whole files, and of stretches of large ones, of about equal bytes.

Large Parquet files are cut between row groups, large archives between members.

The plan decides only where work is done: any plan gives the same states, and so the same report. An attempt's plan never
changes once it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from include.contracts.model import Contract, ObjectSpec
from include.deliveries.archives import archive_of, is_archive
from include.deliveries.intake import claimed
from include.deliveries.readers import Part, join, reader_for
from include.evidence.manifest import Entry, Manifest

Locate = Callable[[Entry], Path]
"""Gives a local copy of an object, for formats whose cut points stand in the file."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file, or a part of it, read as one schema object; of an archive, `object` is "" and its members decide."""

    object: str
    path: str
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """Pieces that one task reads, in order."""

    pieces: tuple[Piece, ...]


def plan_shards(
    manifest: Manifest, contract: Contract, *, shard_bytes: int, most: int, locate: Locate
) -> tuple[Shard, ...]:
    """At least one shard; at most `most`, of `shard_bytes` each while that is enough."""
    size = max(shard_bytes, -(-manifest.bytes // most))
    shards: list[Shard] = []
    current: list[Piece] = []
    room = size
    for piece, weight in _pieces(manifest, contract, size, locate):
        if current and weight > room and len(shards) < most - 1:
            shards.append(Shard(tuple(current)))
            current, room = [], size
        current.append(piece)
        room -= weight
    return (*shards, Shard(tuple(current)))


def _pieces(manifest: Manifest, contract: Contract, size: int, locate: Locate) -> Iterator[tuple[Piece, int]]:
    specs = {spec.name: spec for spec in contract.objects}
    for entry in manifest.entries:
        if is_archive(entry.path):
            yield from _cut_archive(entry, size, locate)
        for name in claimed(contract, entry.path):
            yield from _cut(entry, specs[name], size, locate)


def _cut_archive(entry: Entry, size: int, locate: Locate) -> Iterator[tuple[Piece, int]]:
    if entry.size <= size:
        yield Piece("", entry.path), entry.size
        return
    for part in archive_of(locate(entry), entry.path).parts(size):
        yield Piece("", entry.path, part), part.bytes


def _cut(entry: Entry, spec: ObjectSpec, size: int, locate: Locate) -> Iterator[tuple[Piece, int]]:
    if entry.size <= size or spec.format != "parquet":
        yield Piece(spec.name, entry.path), entry.size
        return
    for part in _runs(reader_for(spec.format).parts(locate(entry), spec), size):
        yield Piece(spec.name, entry.path, part), part.bytes


def _runs(parts: Iterable[Part], size: int) -> Iterator[Part]:
    """Consecutive parts joined up to about `size` bytes."""
    run: list[Part] = []
    for part in parts:
        if run and sum(p.bytes for p in run) + part.bytes > size:
            yield join(run)
            run = []
        run.append(part)
    if run:
        yield join(run)


def dump_plan(shards: tuple[Shard, ...]) -> bytes:
    """As JSON bytes."""
    return msgspec.json.encode(shards)


def load_plan(data: bytes) -> tuple[Shard, ...]:
    """The plan again. Raises msgspec.DecodeError for anything else."""
    return msgspec.json.decode(data, type=tuple[Shard, ...])
