"""JSON records on their way into batches: declared values by key or pointer, and the Arrow type each column gets.

A column's type comes from its values in the batch alone: all strings, booleans, integers within 64 bits or numbers
give that Arrow type; anything else (kinds mixed, objects, arrays, larger integers) stays JSON text in a string column
whose field metadata has `dambo.json`. Nothing is converted: integers join floats only where the column may hold any
number, and each is exactly a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import cast

import numpy as np
import pyarrow as pa

from checks.batch import Batch
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers.base import Limits

JSON_TEXT = {b"dambo.json": b"1"}
_INT64 = range(-(2**63), 2**63)
_INDEX = re.compile("0|[1-9][0-9]{0,17}")
_MISSING = object()

Record = dict[str, object]


def tokens(pointer: str) -> tuple[str, ...]:
    """The reference tokens of a JSON pointer (RFC 6901); () for the whole document."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def path_of(source: str) -> tuple[str, ...]:
    """Where a column is in its record: a JSON pointer if it begins with a slash, else a key."""
    return tokens(source) if source.startswith("/") else (source,)


def resolve(value: object, path: Sequence[str]) -> object:
    """The value at the path, or _MISSING."""
    for token in path:
        if isinstance(value, dict):
            value = value.get(token, _MISSING)
        elif isinstance(value, list) and _INDEX.fullmatch(token):
            value = value[int(token)] if int(token) < len(value) else _MISSING
        else:
            return _MISSING
    return value


def column(values: Sequence[object], *, number: bool = True) -> tuple[pa.Array, bool]:
    """The values as an Arrow array, and whether they are JSON texts.

    `number`: the column may hold integers and floats alike. Elsewhere each keeps its kind, so that one float among
    integers is one mistyped value, in whatever batch it stands.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string() if kinds else pa.null()), False
    if kinds == {bool}:
        return pa.array(values, pa.bool_()), False
    if kinds == {int} and all(value is None or value in _INT64 for value in values):
        return pa.array(values, pa.int64()), False
    if _floats(kinds, number=number) and all(map(_exactly_float, values)):
        # made floats here: Arrow takes only integers up to 2**53 among floats, though larger ones can be exact
        floats = [None if value is None else float(cast("float", value)) for value in values]
        return pa.array(floats, pa.float64()), False
    return pa.array([None if value is None else as_text(value) for value in values], pa.string()), True


def _floats(kinds: set[type], *, number: bool) -> bool:
    return kinds == {float} or (number and kinds == {int, float})


def _exactly_float(value: object) -> bool:
    if type(value) is not int:
        return True
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def as_text(value: object, default: Callable[[object], object] | None = None) -> str:
    """The value as compact JSON text, keys in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=default)


class Records:
    """The records of one file. `seen` tells, when it must be known, which declared columns occur in the whole file.

    A column that no record of the file has is absent from all its batches; one that any record has is in all of them.
    """

    def __init__(self, name: str, spec: ObjectSpec, limits: Limits, seen: Callable[[], frozenset[str]]) -> None:
        self._name = name
        self._columns = [(column, path_of(column.source)) for column in spec.columns]
        self._limits = limits
        self._seen = seen
        self._present: list[tuple[ColumnSpec, tuple[str, ...]]] | None = None
        self._held: list[Record] = []
        self._rows: list[int] = []
        self._chars = 0
        self.pointer = ""

    def add(self, row: int, record: Record, chars: int) -> Iterator[Batch]:
        """One record, of so many characters in its file."""
        self._held.append(record)
        self._rows.append(row)
        self._chars += chars
        if len(self._held) >= self._limits.batch_rows or self._chars >= self._limits.batch_bytes // 4:
            yield self._batch(last=False)

    def finish(self) -> Iterator[Batch]:
        """The last batch; one of no rows if there was no record."""
        if self._held or self._present is None:
            yield self._batch(last=True)

    def _batch(self, *, last: bool) -> Batch:
        arrays, fields = [], []
        for spec, values in self._values(last=last):
            found = [None if value is _MISSING else value for value in values]
            array, is_text = column(found, number=spec.col.type in {"number", "any"})
            arrays.append(array)
            fields.append(pa.field(spec.col.name, array.type, metadata=JSON_TEXT if is_text else None))
        rows = np.asarray(self._rows, dtype=np.int64)
        first = int(rows[0]) if len(rows) else 0
        consecutive = not len(rows) or int(rows[-1]) - first + 1 == len(rows)
        batch = Batch(
            file=self._name,
            table=record_batch(arrays, fields, len(rows)),
            first_row=first,
            rows=None if consecutive else rows,
            found=tuple(dict.fromkeys(chain.from_iterable(self._held))),
            pointer=self.pointer,
            fixed=False,
        )
        self._held, self._rows, self._chars = [], [], 0
        return batch

    def _values(self, *, last: bool) -> list[tuple[ColumnSpec, list[object]]]:
        first = self._present is None
        columns = self._columns if self._present is None else self._present
        values = [(spec, self._extract(path)) for spec, path in columns]
        if not first:
            return values
        here = frozenset(spec.col.name for spec, found in values if any(value is not _MISSING for value in found))
        names = here if last or len(here) == len(values) else self._seen()
        self._present = [(spec, path) for spec, path in self._columns if spec.col.name in names]
        return [(spec, found) for spec, found in values if spec.col.name in names]

    def _extract(self, path: tuple[str, ...]) -> list[object]:
        if len(path) == 1:
            key = path[0]
            return [record.get(key, _MISSING) for record in self._held]
        return [resolve(record, path) for record in self._held]


def occurring(spec: ObjectSpec, records: Iterator[Record]) -> frozenset[str]:
    """Names of the declared columns that occur in any of the records; reads no further than it must."""
    open_columns = {column.col.name: path_of(column.source) for column in spec.columns}
    names = frozenset(open_columns)
    for record in records:
        for name in [name for name, path in open_columns.items() if resolve(record, path) is not _MISSING]:
            del open_columns[name]
        if not open_columns:
            break
    return names - open_columns.keys()


def record_batch(arrays: list[pa.Array], fields: list[pa.Field], rows: int) -> pa.RecordBatch:
    """A batch of these columns; of `rows` rows even if there are no columns."""
    if arrays:
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
    return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))
