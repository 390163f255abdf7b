"""C2SP tlog-tiles: where tiles and entry bundles lie, how they are made of a growing log and read again.

A tile holds up to 256 hashes of one tree level 8L; tile/0 holds leaf hashes. A tile or bundle that is not full yet is an
object of its own for every width, so each is written once. Pure: bytes go in and out through callables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from include.evidence.canonical import verification_only
from include.evidence.log.tree import fold
from include.evidence.merkle import leaf_hash
from include.evidence.refusals import refuse

WIDTH: Final = 256
HEIGHT: Final = 8
HASH: Final = 32

Read: TypeAlias = Callable[[str], bytes]
"""The object at a path relative to the log."""


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """`tile/<L>/<N>`, with `.p/<W>` for a partial one."""
    return f"tile/{level}/{_number(index)}{_partial(width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """`tile/entries/<N>`, likewise."""
    return f"tile/entries/{_number(index)}{_partial(width)}"


def _number(index: int) -> str:
    """Three digits an element, all but the last with an x before them."""
    parts = [f"{index % 1000:03}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03}")
    return "/".join(reversed(parts))


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes tile (level, index) has in a log of `size` leaves."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - WIDTH * index))


def levels(size: int) -> int:
    """How many tile levels a log of this size has."""
    count = 0
    while size >> HEIGHT * count:
        count += 1
    return count


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after another, each after its length in two bytes, big-endian."""
    return b"".join(len(each).to_bytes(2, "big") + each for each in entries)


@verification_only
def unbundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """The entries of a bundle, which must be `width` and fill it to the end."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or len(data) - at < 2:
            raise refuse("tile-shape", "entries")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise refuse("tile-shape", "entries")
    return tuple(entries)


def hashes(data: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile."""
    if len(data) != width * HASH:
        raise refuse("tile-shape", f"{len(data)} bytes for {width} hashes")
    return tuple(data[at : at + HASH] for at in range(0, len(data), HASH))


class TileReader:
    """Tree nodes of a log of `size` leaves, read from its tiles; each tile once. Not trusted: proofs are verified."""

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self._size = size
        self._tiles: dict[tuple[int, int], tuple[bytes, ...]] = {}

    def tile(self, level: int, index: int) -> tuple[bytes, ...]:
        """The hashes of a tile as wide as it is at this size."""
        if (level, index) not in self._tiles:
            width = width_at(self._size, level, index)
            self._tiles[level, index] = hashes(self._read(tile_path(level, index, width)), width)
        return self._tiles[level, index]

    def node(self, level: int, index: int) -> bytes:
        """The hash of the perfect subtree at (level, index): `Nodes` for include.evidence.log.tree."""
        tile_level, inside = divmod(level, HEIGHT)
        tile, first = divmod(index << inside, WIDTH)
        return fold(self.tile(tile_level, tile)[first : first + (1 << inside)])

    def entry(self, index: int) -> bytes:
        """The data of one leaf."""
        number, place = divmod(index, WIDTH)
        return self.bundle(number)[place]

    def bundle(self, number: int) -> tuple[bytes, ...]:
        """The entries of one bundle."""
        width = width_at(self._size, 0, number)
        return unbundle(self._read(bundle_path(number, width)), width)


@dataclass
class Edge:
    """The right edge of a log: all that is needed to go on. `unfilled[L]`: hashes of level 8L that fill no tile yet."""

    size: int = 0
    unfilled: list[list[bytes]] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)

    @classmethod
    def at(cls, read: Read, size: int) -> Edge:
        """The edge of a published log. Believe it only if `root` is that of a signed checkpoint."""
        reader = TileReader(read, size)
        counts = [size >> HEIGHT * level for level in range(levels(size))]
        unfilled = [
            list(reader.tile(level, count // WIDTH)) if count % WIDTH else [] for level, count in enumerate(counts)
        ]
        entries = list(reader.bundle(size // WIDTH)) if size % WIDTH else []
        if unfilled and [leaf_hash(each) for each in entries] != unfilled[0]:
            raise refuse("log-differs", "entries are not the leaves of their tile")
        return cls(size, unfilled, entries)

    def root(self) -> bytes:
        """The root of the log so far."""
        below: list[bytes] = []
        for row in self.unfilled:
            if row or below:
                below = [fold([*row, *below])]
        return fold(below)

    def add(self, entries: Sequence[bytes]) -> list[tuple[str, bytes]]:
        """Take entries in; every object that is to be published then (path and bytes), tiles before bundles."""
        tiles: list[tuple[str, bytes]] = []
        bundles: list[tuple[str, bytes]] = []
        touched: set[int] = set()
        for data in entries:
            self.entries.append(data)
            if len(self.entries) == WIDTH:
                bundles.append((bundle_path(self.size // WIDTH), bundle(self.entries)))
                self.entries = []
            tiles.extend(self._hashed(leaf_hash(data), touched))
            self.size += 1
        for level in sorted(touched):
            row = self.unfilled[level]
            if row:
                tiles.append((tile_path(level, (self.size >> HEIGHT * level) // WIDTH, len(row)), b"".join(row)))
        if self.entries and entries:
            bundles.append((bundle_path(self.size // WIDTH, len(self.entries)), bundle(self.entries)))
        return tiles + bundles

    def _hashed(self, leaf: bytes, touched: set[int]) -> Iterator[tuple[str, bytes]]:
        level, node = 0, leaf
        while True:
            if level == len(self.unfilled):
                self.unfilled.append([])
            row = self.unfilled[level]
            row.append(node)
            touched.add(level)
            if len(row) < WIDTH:
                return
            yield tile_path(level, (self.size >> HEIGHT * level) // WIDTH), b"".join(row)
            self.unfilled[level] = []
            level, node = level + 1, fold(row)
