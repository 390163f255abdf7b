"""CSV and TSV: every value is text, and an empty field, quoted or not, is a null.

CSV has no null of its own, so `required` can only mean "not empty": the contract's missing values come on top of it.
The header's width is the file's: a row of another width is a defect and not in the batch. Row 0 is the first record
after the header. Two paths give the same records: stretches of well-formed records go through pyarrow's parser, and
whatever it does not take goes record by record through `Dialect`, which is the definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Part, Reader, closed
from include.deliveries.readers.codes import defect
from include.deliveries.readers.dialect import SAMPLE_CHARS, Dialect, Record, skip_blank, sniff
from include.deliveries.readers.fields import Rows
from include.deliveries.readers.text import ENCODING_OPTION, Window, decide_encoding

_OPTIONS = closed(
    encoding=ENCODING_OPTION,
    delimiter={
        "type": "string",
        "pattern": r"^[^\r\n\"']$",
        "description": "One character; without it, a TSV has tabs and a CSV the best of , ; tab |.",
    },
    header={"type": "boolean", "description": "false: no header row, the columns are named 1, 2, 3 ... by position."},
    quote={"enum": ['"', "'", "none"], "description": "The quote character; none: quotes are plain characters."},
)


class DelimitedReader(Reader):
    """Common to CSV and TSV; they differ in the delimiter taken for granted."""

    format = "delimited"
    options: ClassVar[Mapping[str, Any]] = _OPTIONS
    delimiter: ClassVar[str | None] = None

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader. A file-level defect of the encoding or the header ends it."""
        codec = decide_encoding(path, name, spec.reader.get("encoding"))
        if isinstance(codec, Defect):
            yield codec
            return
        with Window(path, codec, self.limits.window_chars) as window:
            yield from _File(self, window, name, spec).read()

    def dialect(self, window: Window, options: Mapping[str, Any]) -> Dialect:
        """The dialect of the contract's options, sniffed where they leave the delimiter open."""
        quote = options.get("quote", '"')
        delimiter = options.get("delimiter", self.delimiter)
        if delimiter is None:
            while window.pending < SAMPLE_CHARS and window.more():
                pass
            delimiter = sniff(_head(window), None if quote == "none" else quote)
        return Dialect(delimiter, None if quote == "none" else quote)


class CsvReader(DelimitedReader):
    """Comma-separated values, and their kin with ; tab or |."""

    format = "csv"


class TsvReader(DelimitedReader):
    """Tab-separated values."""

    format = "tsv"
    delimiter = "\t"


def _head(window: Window) -> str:
    """The sample: whole lines of the window's head, so that a cut record is not held against a delimiter."""
    sample = window.text[window.pos : window.pos + SAMPLE_CHARS]
    if window.ended and window.pending <= SAMPLE_CHARS:
        return sample
    cut = max(sample.rfind("\n"), sample.rfind("\r")) + 1
    return sample[:cut] or sample


class _File:
    """One file being read: the window, the dialect, and the rows on their way into batches."""

    def __init__(self, reader: DelimitedReader, window: Window, name: str, spec: ObjectSpec) -> None:
        self.limits = reader.limits
        self.window = window
        self.name = name
        self.spec = spec
        self.dialect = reader.dialect(window, spec.reader)
        self._known, self._quotes, self._last = "", False, 0  # what _whole knows of the window's text

    def read(self) -> Iterator[Batch | Defect]:
        """The header's defects, then batches and the defects of rows."""
        header = self._header()
        if isinstance(header, Defect):
            yield header
            return
        yield from self._header_defects(header)
        rows = Rows(self.name, self.spec, header, self.dialect, self.limits)
        yield from self._body(rows)
        yield from rows.finish()

    def _header(self) -> tuple[str, ...] | Defect:
        if not self._at_record():
            return defect(self.name, "empty-file")
        found = self._peek()
        if isinstance(found, Defect):
            return found
        if found.fault is not None:
            return defect(self.name, found.fault, detail="in the first record; the file was not read")
        if len(found.fields) > self.limits.columns:
            return defect(self.name, "too-many-columns", detail=f"{len(found.fields)} of at most {self.limits.columns}")
        if self.spec.reader.get("header", True):
            self.window.use(found.end)
            return found.fields
        return tuple(str(i + 1) for i in range(len(found.fields)))

    def _header_defects(self, header: tuple[str, ...]) -> Iterator[Defect]:
        seen: set[str] = set()
        for number, column in enumerate(header, 1):
            if not column.strip():
                yield defect(self.name, "blank-header", pointer=f"column {number}")
            elif column in seen:
                yield defect(self.name, "duplicate-column", pointer=f"column {number}")
            seen.add(column)

    def _body(self, rows: Rows) -> Iterator[Batch | Defect]:
        while self._at_record():
            end = self._whole()
            if end > self.window.pos:
                block = self.window.text[self.window.pos : end]
                self.window.use(end)
                yield from rows.block(block)
                continue
            found = self._peek(rows.next)
            if isinstance(found, Defect):
                yield found
                return
            self.window.use(found.end)
            yield from rows.add(found)

    def _whole(self) -> int:
        """The end of the well-formed stretch at the window's position."""
        text = self.window.text
        if text is not self._known:
            self._known, self._quotes, self._last = text, self.dialect.quotes_in(text), text.rfind("\n") + 1
        return self.dialect.whole(text, self.window.pos, quotes=self._quotes, last=self._last)

    def _at_record(self) -> bool:
        """Moves past empty lines to the next record, if there is one."""
        while True:
            self.window.use(skip_blank(self.window.text, self.window.pos))
            if self.window.pending:
                return True
            if not self.window.more():
                return False

    def _peek(self, row: int = -1) -> Record | Defect:
        """The record at the window's position, read on for as far as it goes."""
        while (found := self.dialect.record(self.window.text, self.window.pos, ended=self.window.ended)) is None:
            if self.window.pending > self.limits.record_chars:
                return defect(self.name, "too-large", row=row, detail="one record; the rest of the file was not read")
            self.window.more()
        return found
