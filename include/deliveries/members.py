"""Members of archives as files of the delivery: claimed by the contract's globs, spooled one by one, read like any file.

A member is written to a file of our own naming and to nothing else. What is wrong with an archive or with a member as a
file is a finding about the delivery; what its reader finds in it belongs to the schema object that claims it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from checks.batch import Defect
from checks.engine import DELIVERY, Item
from include.contracts.model import Contract
from include.deliveries.archives import SEPARATOR, archive_of, is_archive
from include.deliveries.intake import FileRow, claimed, empty, files_batch, unclaimed
from include.deliveries.readers.codes import defect
from include.deliveries.shards import Piece

_NUMBERS = count()
"""A member is read later than it is spooled, so no two have one name, of whatever archives they are."""

ROWS = 8_192
"""Members in one batch of records about the delivery's files."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A member in a local file, and the schema objects that claim it; `path` is its virtual path."""

    path: str
    local: Path
    objects: tuple[str, ...]


def members(local: Path, piece: Piece, contract: Contract, folder: Path) -> Iterator[Spooled | Item]:
    """The claimed members of the piece, each in a new file of `folder`, and what is to be said of all of them."""
    archive, rows = archive_of(local, piece.path), list[FileRow]()
    for member in archive.walk(piece.part):
        if isinstance(member, Defect):
            yield DELIVERY, member
            continue
        path = f"{piece.path}{SEPARATOR}{member.name}"
        objects = claimed(contract, path)
        rows.append(FileRow(path, next(iter(objects), ""), member.size, member.written))
        if len(rows) == ROWS:
            yield DELIVERY, files_batch(rows, piece.path)
            rows = []
        yield from ((DELIVERY, found) for found in _file_findings(path, member.size, claimed=bool(objects)))
        if not objects:
            continue
        target = folder / f"member-{next(_NUMBERS)}"
        refused = archive.spool(member, target)
        if refused is None:
            yield Spooled(path, target, tuple(objects))
        else:
            target.unlink(missing_ok=True)
            yield DELIVERY, refused
    if rows:
        yield DELIVERY, files_batch(rows, piece.path)


def _file_findings(path: str, size: int, *, claimed: bool) -> Iterator[Defect]:
    if size == 0:
        yield empty(path)
    if is_archive(path):
        yield defect(path, "member-nested")
    elif not claimed:
        yield unclaimed(path)
