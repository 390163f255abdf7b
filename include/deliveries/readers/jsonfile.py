"""JSON files: an array of records, at the root or at the `records` pointer, or one record where an object stands.

A record that is not an object, or holds what JSON does not have, is a defect and keeps its index. The encoding is
decided as for other text. Fields are found by key or by JSON pointer into the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Batch, Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import Part, Reader, closed
from include.deliveries.readers.jsoncolumns import Record, Records, occurring, tokens
from include.deliveries.readers.jsonstream import Document
from include.deliveries.readers.text import ENCODING_OPTION, Window, decide_encoding

_WINDOW = 1 << 16  # Python's decoder counts the lines of the whole window for each error it raises


class JsonReader(Reader):
    """One JSON document a file."""

    format = "json"
    options: ClassVar[Mapping[str, Any]] = closed(
        encoding=ENCODING_OPTION,
        records={
            "type": "string",
            "pattern": "^(/([^~/]|~[01])*)*$",
            "description": "JSON pointer to the array of records, or to the one record; without it, the document.",
        },
    )

    def read(self, path: Path, name: str, spec: ObjectSpec, part: Part | None = None) -> Iterator[Batch | Defect]:  # noqa: ARG002 - one part
        """See Reader. What follows a place where the syntax is lost is not read, and a defect says so."""
        codec = decide_encoding(path, name, spec.reader.get("encoding"))
        if isinstance(codec, Defect):
            yield codec
            return
        at = spec.reader.get("records", "")
        with Window(path, codec, min(_WINDOW, self.limits.window_chars)) as window:
            document = Document(window, name, tokens(at), self.limits)
            records = Records(name, spec, self.limits, lambda: occurring(spec, self._again(path, name, codec, at)))
            for item in document.items():
                records.pointer = _template(at) + "/{row}" if document.array else _template(at)
                if isinstance(item, Defect):
                    yield item
                else:
                    yield from records.add(item.row, item.value, item.chars)
            yield from records.finish()

    def _again(self, path: Path, name: str, codec: str, at: str) -> Iterator[Record]:
        with Window(path, codec, min(_WINDOW, self.limits.window_chars)) as window:
            for item in Document(window, name, tokens(at), self.limits).items():
                if not isinstance(item, Defect):
                    yield item.value


def _template(pointer: str) -> str:
    return pointer.replace("{", "{{").replace("}", "}}")
