"""JSON Lines (also NDJSON): one record a line, lines ended by LF.

A record's index is that of its line, so `line {number}` is what an editor shows; empty lines hold no record. A line
that is not one JSON object is a defect, and reading goes on with the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any, ClassVar, TextIO

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsoncolumns import Record, Records, occurring
from include.deliveries.readers.jsonvalues import Flaw, Values, space_end
from include.deliveries.readers.text import ENCODING_OPTION, decide_encoding


class JsonLinesReader(Reader):
    """One JSON object a line."""

    format = "jsonl"
    options: ClassVar[Mapping[str, Any]] = closed(encoding=ENCODING_OPTION)

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader."""
        codec = decide_encoding(path, name, spec.reader.get("encoding"))
        if isinstance(codec, Defect):
            yield codec
            return
        records = Records(name, spec, self.limits, lambda: occurring(spec, self._again(path, name, codec)))
        records.pointer = "line {number}"
        for row, found, chars in self._lines(path, name, codec):
            if isinstance(found, Defect):
                yield found
            else:
                yield from records.add(row, found, chars)
        yield from records.finish()

    def _again(self, path: Path, name: str, codec: str) -> Iterator[Record]:
        return (found for _, found, _ in self._lines(path, name, codec) if not isinstance(found, Defect))

    def _lines(self, path: Path, name: str, codec: str) -> Iterator[tuple[int, Record | Defect, int]]:
        values = Values(self.limits.depth)
        with path.open(encoding=codec, newline="\n") as file:
            for row, line in enumerate(_lines_of(file, self.limits.record_chars)):
                if line is None:
                    yield row, _fault(name, "too-large", row), 0
                elif (start := space_end(line, 0)) < len(line):
                    found = _parsed(values, line, start)
                    if isinstance(found, Flaw):
                        yield row, _fault(name, found.code, row, found.pointer), 0
                    else:
                        yield row, found, len(line)


def _parsed(values: Values, line: str, start: int) -> Record | Flaw:
    try:
        value, end = values.at(line, start)
    except JSONDecodeError:
        return Flaw("invalid-json")
    if isinstance(value, Flaw):
        return value
    if space_end(line, end) < len(line):
        return Flaw("trailing-data")
    return value if isinstance(value, dict) else Flaw("not-an-object")


def _fault(name: str, code: str, row: int, pointer: str = "") -> Defect:
    return defect(name, code, row=row, pointer=f"line {row + 1}" + (f" {pointer}" if pointer else ""))


def _lines_of(file: TextIO, limit: int) -> Iterator[str | None]:
    """The lines of the file; None for one longer than the limit, which is passed over without being held."""
    while line := file.readline(limit):
        if line.endswith("\n") or len(line) < limit:
            yield line
            continue
        rest = file.readline(limit)
        if not rest or rest == "\n":
            yield line
            continue
        while rest and not rest.endswith("\n"):
            rest = file.readline(limit)
        yield None
