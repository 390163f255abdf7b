"""How far a long reading is: files, rows, bytes, time left, for people. Counted where it is read, told at intervals.

Figures here steer nothing: rows expected of a large file are a guess from its line ends or its footer, which may lie.
Does not print; whoever shows it (terminal, task log) is handed in as a `Progress`.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the plan of shards is made of what intake finds, and intake tells how far it is
    from include.deliveries.shards import Piece, Shard

EVERY = 5.0
"""Seconds between two lines of progress in a log."""
OFTEN = 0.2
"""Seconds between two looks at a live display."""
LARGE = 8 << 20
"""Bytes from which a file's own rows move the estimate; smaller ones count when they are done."""
_SAMPLE = 256 << 10
_LINES = frozenset({"csv", "tsv", "jsonl"})
_MIB = float(1 << 20)


@dataclass(frozen=True, slots=True)
class Words:
    """Something to say, in Korean and English."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Far:
    """How far the work is. `bytes`, of a file that is being read, an estimate; `seconds` since the work began.

    `hashing`: the delivery's objects are being hashed for the manifest; rows are not known yet.
    """

    files: int
    of_files: int
    bytes: int
    of_bytes: int
    seconds: float
    rows: int = 0
    hashing: bool = False

    @property
    def done(self) -> bool:
        """Is it all there?"""
        return self.files >= self.of_files

    @property
    def share(self) -> float:
        """0 to 1, by bytes."""
        return 1.0 if self.done else min(self.bytes / self.of_bytes, 1.0) if self.of_bytes else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left at the pace so far; None while there is nothing to go by."""
        if self.done:
            return 0.0
        return self.seconds / self.share - self.seconds if self.share > 0 and self.seconds > 0 else None

    def words(self) -> Words:
        """One line."""
        size = f"{self.bytes / _MIB:,.1f}/{self.of_bytes / _MIB:,.1f} MiB"
        ko, en = [f"파일 {self.files:,}/{self.of_files:,}"], [f"{self.files:,}/{self.of_files:,} files"]
        if not self.hashing:
            ko.append(f"{self.rows:,}행")
            en.append(f"{self.rows:,} rows")
        if self.left:
            ko.append(f"{size}, 약 {duration(self.left, korean=True)} 남음")
            en.append(f"{size}, about {duration(self.left)} left")
        else:
            ko.append(size)
            en.append(size)
        what = ("해시 계산: ", "hashed ") if self.hashing else ("", "")
        return Words(what[0] + ", ".join(ko), what[1] + ", ".join(en))


Told = Words | Far
Progress = Callable[[Told], None]
"""Takes what there is to tell; called from any thread, and often: it spaces out what it shows."""


def silent(_: Told) -> None:
    """No progress wanted."""


def duration(seconds: float, *, korean: bool = False) -> str:
    """`seconds` as people say it: 40 s, 12 min, 3 h 20 min."""
    hour, minute, second = ("시간", "분", "초") if korean else (" h", " min", " s")
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole}{second}"
    minutes = round(whole / 60)
    if minutes < 120:
        return f"{minutes}{minute}"
    return f"{minutes // 60}{hour} {minutes % 60}{minute}"


class Lines:
    """A Progress of plain lines: words at once, figures at most every `every` seconds, and the last of them."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        korean: bool,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write, self._korean, self._every, self._clock = write, korean, every, clock
        self._last = clock()

    def __call__(self, told: Told) -> None:
        """Write it, or leave it out."""
        if isinstance(told, Far):
            if not told.done and self._clock() - self._last < self._every:
                return
            told = told.words()
        self._last = self._clock()
        self._write(told.ko if self._korean else told.en)


class Meter:
    """Counts the pieces of one shard as they are read, and tells."""

    def __init__(
        self,
        pieces: Sequence[Piece],
        sizes: Mapping[str, int],
        progress: Progress,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sizes, self._progress, self._clock = sizes, progress, clock
        self._total = sum(weight(piece, sizes) for piece in pieces)
        self._paths = len({piece.path for piece in pieces})
        self._files = self._bytes = self._rows = 0
        self._piece_bytes, self._piece_rows, self._expected = 0, 0, 0
        self._start = self._last = clock()

    def begin(self, piece: Piece, local: Path, fmt: str) -> None:
        """This piece is read now, from `local`."""
        self._piece_bytes, self._piece_rows = weight(piece, self._sizes), 0
        self._expected = expected_rows(local, piece, fmt) if self._piece_bytes >= LARGE else 0

    def rows(self, count: int) -> None:
        """So many more records of it."""
        self._rows += count
        self._piece_rows += count
        self._tell()

    def end(self) -> None:
        """The piece is done."""
        self._bytes += self._piece_bytes
        self._piece_bytes = self._expected = 0
        self._tell()

    def file(self) -> None:
        """All pieces of a file are done."""
        self._files += 1
        if self._files == self._paths:
            self._say()
        else:
            self._tell()

    def _within(self) -> int:
        """Bytes of the piece that its records so far stand for; never all of it, since it is not done."""
        return int(self._piece_bytes * min(self._piece_rows / self._expected, 0.99)) if self._expected else 0

    def _tell(self) -> None:
        if self._clock() - self._last >= OFTEN:
            self._say()

    def _say(self) -> None:
        self._last = self._clock()
        elapsed = self._last - self._start
        self._progress(Far(self._files, self._paths, self._bytes + self._within(), self._total, elapsed, self._rows))


def weight(piece: Piece, sizes: Mapping[str, int]) -> int:
    """The piece's bytes, of files of these sizes."""
    return sizes[piece.path] if piece.part is None else piece.part.bytes


def expected_rows(local: Path, piece: Piece, fmt: str) -> int:
    """About how many records the piece has; 0 where nothing cheap says so."""
    with suppress(Exception):  # whatever is wrong with the file, its reader says so
        if fmt in _LINES:
            return _lines(local)
        if fmt == "parquet":
            return _footer_rows(local, piece)
    return 0


def _lines(local: Path) -> int:
    """Line ends of the whole by those of three stretches."""
    size = local.stat().st_size
    seen = ends = 0
    with local.open("rb") as file:
        for place in (0, size // 2, max(0, size - _SAMPLE)):
            file.seek(place)
            sample = file.read(_SAMPLE)
            seen += len(sample)
            ends += sample.count(b"\n")
    return ends * size // seen if seen else 0


def _footer_rows(local: Path, piece: Piece) -> int:
    import pyarrow.parquet as pq

    footer = pq.read_metadata(local)
    if piece.part is None:
        return int(footer.num_rows)
    groups = range(piece.part.first_row_group, piece.part.stop_row_group)
    return sum(int(footer.row_group(group).num_rows) for group in groups)


class Together:
    """Several shards, read at once, told as one. `part(i)` is the Progress of shard i.

    A file that is cut over shards is done when each of them is done with it.
    """

    def __init__(self, shards: Sequence[Shard], sizes: Mapping[str, int], progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._far: dict[int, Far] = {}
        self._bytes = sum(weight(piece, sizes) for shard in shards for piece in shard.pieces)
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, shard in enumerate(shards):
            for index, path in enumerate(dict.fromkeys(piece.path for piece in shard.pieces)):
                places[path].append((number, index))
        self._paths = len(places)
        self._cut = [where for where in places.values() if len(where) > 1]
        self._start = time.monotonic()

    def part(self, number: int) -> Progress:
        """The Progress of one shard."""

        def tell(told: Told) -> None:
            if isinstance(told, Far):
                self.put({number: told})
            else:
                self._progress(told)

        return tell

    def put(self, far: Mapping[int, Far]) -> None:
        """How far some shards are; tells how far all of them are."""
        with self._lock:
            self._far |= far
            self._progress(self._sum())

    def _sum(self) -> Far:
        known = self._far.values()
        files = sum(far.files for far in known)
        for where in self._cut:
            done = sum(shard in self._far and self._far[shard].files > index for shard, index in where)
            files += (done == len(where)) - done
        elapsed = time.monotonic() - self._start
        return Far(files, self._paths, sum(f.bytes for f in known), self._bytes, elapsed, sum(f.rows for f in known))


class Slots:
    """Where processes write how far their shards are, and their parent reads it; goes to them as they are spawned."""

    def __init__(self, shards: int) -> None:
        self._figures = get_context("spawn").RawArray("q", shards * 3)  # no lock that a killed process could keep

    def part(self, number: int) -> Progress:
        """The Progress of one shard, for the process that reads it. Words are not passed on."""

        def tell(told: Told) -> None:
            if isinstance(told, Far):
                self._figures[number * 3 : number * 3 + 3] = [told.files, told.bytes, told.rows]

        return tell

    def far(self) -> dict[int, Far]:
        """What stands there, by shard; of the whole it says nothing."""
        figures = self._figures[:]
        return {
            i // 3: Far(files, 0, size, 0, 0.0, rows)
            for i in range(0, len(figures), 3)
            for files, size, rows in [figures[i : i + 3]]
        }


class HashMeter:
    """Counts the objects of a delivery as they are hashed, and tells."""

    def __init__(self, sizes: Iterable[int], progress: Progress) -> None:
        known = list(sizes)
        self._far = Far(0, len(known), 0, sum(known), 0.0, hashing=True)
        self._progress = progress
        self._start = self._last = time.monotonic()

    def file(self, size: int) -> None:
        """One object more, of so many bytes."""
        now = time.monotonic()
        far = self._far
        self._far = replace(far, files=far.files + 1, bytes=far.bytes + size, seconds=now - self._start)
        if self._far.done or now - self._last >= OFTEN:
            self._last = now
            self._progress(self._far)
