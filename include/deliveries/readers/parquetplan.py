"""How a Parquet row group is to be read, or why not: decided from its page headers, before anything is decoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from include.deliveries.readers.base import Limits
from include.deliveries.readers.parquetpages import DELTA_BYTE_ARRAY, EXPANDING, Chunk, PageError, longest_value, walk

_CODECS = {"LZ4": "lz4_raw"}  # Parquet's name for it; Arrow's own "lz4" is framed
_LOOK = 4 << 20  # dictionary pages are at most one or two MiB in what honest writers write
_SLACK = 100  # old parquet-mr wrote total_compressed_size without the dictionary page's header


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to decode at a time, and the leaf columns (dotted paths) to decode as dictionaries."""

    batch_rows: int
    dictionaries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A defect code and its detail."""

    code: str
    detail: str


def plan(file: pq.ParquetFile, data: memoryview, group: int, wanted: Iterable[str], limits: Limits) -> Plan | Refusal:
    """The plan for a row group and the top-level columns `wanted`; `data` is the whole file."""
    found = file.metadata.row_group(group)
    rows = found.num_rows
    if rows < 0 or rows > limits.row_group_rows:
        return Refusal("too-large", f"{rows} rows in a row group")
    names, held, decoded, row_bytes = set(wanted), 0, 0, 0
    dictionaries = []
    for i in range(found.num_columns):
        meta, leaf = found.column(i), file.schema.column(i)
        if not any(leaf.path == name or leaf.path.startswith(f"{name}.") for name in names):
            continue
        try:
            chunk = _chunk(meta, data)
        except PageError as error:
            return Refusal("corrupt-data", f"column {i + 1}: {error}")
        held += chunk.largest
        decoded += chunk.decoded
        refusal = _refusal(chunk, leaf, rows, held, limits)
        if refusal is not None:
            return refusal
        if leaf.physical_type != "BYTE_ARRAY":
            continue
        longest = _longest(chunk, meta.compression, data)
        if longest is None:
            dictionaries.append(leaf.path)
        else:
            row_bytes += longest
    usual = _usual(decoded / max(1, rows), limits)
    return Plan(max(1, min(usual, limits.page_bytes // max(1, row_bytes))), tuple(dictionaries))


def _usual(width: float, limits: Limits) -> int:
    """Rows of so many bytes to decode at a time: many, for each batch costs time, but no more than batches may hold.

    Columns take less memory than records do, so there may be twice as many rows as in a batch of records.
    """
    return min(2 * limits.batch_rows, int(limits.batch_bytes / 2 / max(1.0, width)))


def _longest(chunk: Chunk, codec: str, data: memoryview) -> int | None:
    """How long a value can be that costs next to nothing to repeat: 0 if none can be; None: decode as a dictionary.

    Chunks all of whose pages are codes into one dictionary decode best as such; so do dictionaries too large to look
    into. Beside plain pages (the writer gave its dictionary up) that would be slow, so the longest entry bounds it.
    """
    if DELTA_BYTE_ARRAY in chunk.encodings:
        return chunk.largest
    if not chunk.encodings & EXPANDING:
        return 0
    if chunk.encodings <= EXPANDING or chunk.dictionary is None or chunk.dictionary[2] > _LOOK:
        return None
    start, stop, size = chunk.dictionary
    try:
        page = (
            data[start:stop]
            if codec == "UNCOMPRESSED"
            else pa.decompress(data[start:stop], size, _CODECS.get(codec, codec.lower()))
        )
    except (pa.ArrowException, OSError, ValueError):
        return None
    return longest_value(memoryview(page))


def _chunk(meta: pq.ColumnChunkMetaData, data: memoryview) -> Chunk:
    start = meta.data_page_offset
    if meta.has_dictionary_page and meta.dictionary_page_offset and meta.dictionary_page_offset < start:
        start = meta.dictionary_page_offset
    if start < 0 or meta.total_compressed_size < 0:
        raise PageError("a negative offset or size")
    return walk(data, start, start + meta.total_compressed_size + _SLACK, meta.num_values)


def _refusal(chunk: Chunk, leaf: pq.ColumnSchema, rows: int, held: int, limits: Limits) -> Refusal | None:
    if chunk.largest > limits.page_bytes or held > 4 * limits.page_bytes:
        return Refusal("too-large", f"pages of {held} bytes decoded")
    if leaf.max_repetition_level and chunk.values > limits.values:
        return Refusal("too-large", f"{chunk.values} values in a nested column")
    if not leaf.max_repetition_level and chunk.values != rows:
        return Refusal("row-count", f"{chunk.values} values in a column of {rows} rows")
    if leaf.physical_type == "FIXED_LEN_BYTE_ARRAY" and leaf.length > limits.record_bytes:
        return Refusal("too-large", f"values of {leaf.length} bytes")
    return None
