"""The three lists of errors, 형식오류, 구조오류 and 파일오류: every fault with its file, record and pointer, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from checks.kernel import Table

MOST = 100_000
"""Faults listed, the smallest places; all are counted."""

TABLES = {"format": "format-faults", "structure": "structure-faults", "file": "file-faults"}


class Listed(NamedTuple):
    """One fault at its place; `row` -1 is the file as a whole."""

    file: str
    row: int
    pointer: str
    list: str
    code: str


def smallest(faults: Iterable[Listed]) -> list[Listed]:
    """The first MOST by file (UTF-8 bytes), record, pointer and code."""
    return sorted(faults, key=_place)[:MOST]


def _place(fault: Listed) -> tuple[bytes, int, str, str, str]:
    return fault.file.encode("utf-8", "surrogatepass"), *fault[1:]


def fault_tables(faults: Iterable[Listed]) -> Iterator[Table]:
    """A table for each list that has a fault."""
    ordered = smallest(faults)
    for which, name in TABLES.items():
        rows = tuple((f.code, f.file, f.row + 1 or None, f.pointer) for f in ordered if f.list == which)
        if rows:
            yield Table(name, ("code", "file", "record", "pointer"), rows)
