"""Readers: one file format a module, each turning local files into record batches and defects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from include.deliveries.readers.base import Limits, Part, Reader, join
from include.deliveries.readers.codes import CODES


def _parquet(limits: Limits | None) -> Reader:
    from include.deliveries.readers.parquet import ParquetReader

    return ParquetReader(limits)


def _csv(limits: Limits | None) -> Reader:
    from include.deliveries.readers.delimited import CsvReader

    return CsvReader(limits)


def _tsv(limits: Limits | None) -> Reader:
    from include.deliveries.readers.delimited import TsvReader

    return TsvReader(limits)


def _json(limits: Limits | None) -> Reader:
    from include.deliveries.readers.jsonfile import JsonReader

    return JsonReader(limits)


def _jsonl(limits: Limits | None) -> Reader:
    from include.deliveries.readers.jsonlines import JsonLinesReader

    return JsonLinesReader(limits)


def _xlsx(limits: Limits | None) -> Reader:
    from include.deliveries.readers.xlsx import XlsxReader

    return XlsxReader(limits)


_MAKERS: Mapping[str, Callable[[Limits | None], Reader]] = MappingProxyType(
    {"parquet": _parquet, "csv": _csv, "tsv": _tsv, "json": _json, "jsonl": _jsonl, "xlsx": _xlsx}
)

FORMATS: tuple[str, ...] = tuple(_MAKERS)
"""The formats there are readers for: the contract's physicalType of a schema object."""

__all__ = ["CODES", "FORMATS", "Limits", "Part", "Reader", "join", "reader_for"]


def reader_for(format: str, limits: Limits | None = None) -> Reader:  # noqa: A002 - the contract's own word
    """The reader of a format. Imports what it needs only now. Raises KeyError for a format not in FORMATS."""
    return _MAKERS[format](limits)
