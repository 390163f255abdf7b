"""Attributes of items and labels as columns of their own, where the contract declares them (`attributes.weather`).

A stream's columns are fixed; what else a format says of a record stands as JSON in its column `attributes`. A declared
property inside it is read from there, so that rules, groups and filters work on it as on any column.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pyarrow as pa

from checks.batch import Batch
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers.jsoncolumns import JSON_TEXT, column, path_of
from include.deliveries.readers.labels.pointers import resolve
from include.deliveries.readers.labels.taking import MISSING

PREFIX = "attributes."
"""How a column from the attributes is called."""


def attributed(batch: Batch, spec: ObjectSpec) -> Batch:
    """The batch with the attributes that the contract declares; null where a record does not have one."""
    wanted = [declared for declared in spec.columns if declared.col.name.startswith(PREFIX)]
    if not wanted:
        return batch
    texts = batch.table.column("attributes").dictionary_encode()
    documents = [msgspec.json.decode(text) for text in texts.dictionary.to_pylist()]
    table = batch.table
    for declared in wanted:
        array, is_text = _values(declared, documents)
        field = pa.field(declared.col.name, array.type, metadata=JSON_TEXT if is_text else None)
        table = table.append_column(field, array.take(texts.indices))
    return replace(batch, table=table)


def _values(declared: ColumnSpec, documents: list[object]) -> tuple[pa.Array, bool]:
    """What each document has at the place, and whether that is JSON texts."""
    found = [resolve(document, path_of(declared.source)[1:]) for document in documents]
    values = [None if value is MISSING else value for value in found]
    array, is_text = column(values, number=declared.col.type in {"number", "any"})
    return (array.cast(pa.string()) if pa.types.is_null(array.type) else array), is_text
