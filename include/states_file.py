"""The file of stored states: chunks of large states as they come, then what names them; written and read in bounded memory.

    magic, chunk ..., head, head's length (16 hex digits), SHA-256 of all before it (64 hex digits), newline

A chunk's name is its place in the file. The checksum guards against damage, not against forgery.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

MAGIC = b"dambo-states/v2\n"
_BLOCK = 1 << 20
_LENGTH, _DIGEST = 16, 64


class Writer:
    """Appends chunks, and the head at last."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = sha256()
        self._at = 0
        self._append(MAGIC)

    def put(self, chunk: bytes) -> str:
        """Keep a chunk; its name."""
        name = f"{self._at}-{len(chunk)}"
        self._append(chunk)
        return name

    def end(self, head: bytes) -> None:
        """The head, which names the chunks, and the checksum."""
        self._append(head)
        self._append(f"{len(head):0{_LENGTH}x}".encode())
        self._file.write(self._digest.hexdigest().encode() + b"\n")

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._at += len(data)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new file at `path`, which is there once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            yield Writer(file)
        except BaseException:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


@dataclass(frozen=True, slots=True)
class StatesFile:
    """An undamaged file: its head, and its chunks by name."""

    path: Path
    head: bytes

    @classmethod
    def open(cls, path: Path) -> StatesFile:
        """Reads it once through. Raises ValueError if it is damaged or something else, OSError."""
        size = path.stat().st_size
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ValueError("no file of states")
            covered = size - _DIGEST - 1
            if _digest(file, covered) + "\n" != file.read().decode("ascii", "replace"):
                raise ValueError("damaged")
            file.seek(covered - _LENGTH)
            length = int(file.read(_LENGTH), 16)
            file.seek(covered - _LENGTH - length)
            return cls(path, file.read(length))

    def get(self, name: str) -> bytes:
        """The chunk of that name."""
        at, length = map(int, name.split("-"))
        with self.path.open("rb") as file:
            file.seek(at)
            return file.read(length)


def _digest(file: IO[bytes], covered: int) -> str:
    """SHA-256 of the first `covered` bytes; the file then stands behind them."""
    file.seek(0)
    digest = sha256()
    left = covered
    while left > 0 and (block := file.read(min(_BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()
