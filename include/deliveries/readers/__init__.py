"""Readers: one file format a module, each turning local files into record batches and defects."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from include.deliveries.readers.base import Limits, Part, Reader, join
from include.deliveries.readers.codes import CODES

_READERS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "parquet": ("parquet", "ParquetReader"),
    "csv": ("delimited", "CsvReader"),
    "tsv": ("delimited", "TsvReader"),
    "json": ("jsonfile", "JsonReader"),
    "jsonl": ("jsonlines", "JsonLinesReader"),
    "xlsx": ("xlsx", "XlsxReader"),
    "coco": ("labels.coco", "CocoReader"),
    "voc": ("labels.voc", "VocReader"),
    "cvat": ("labels.cvat", "CvatReader"),
    "openimages": ("labels.openimages", "OpenImagesReader"),
    "labelme": ("labels.labelme", "LabelMeReader"),
    "image-folder": ("labels.imagefolder", "ImageFolderReader"),
    "aihub": ("labels.aihub", "AiHubReader"),
    "yolo": ("labels.yolo", "YoloReader"),
    "image": ("media.image", "ImageReader"),
    "audio": ("media.audio", "AudioReader"),
    "text": ("media.plain", "TextReader"),
    "video": ("media.video", "VideoReader"),
    "transcript": ("labels.transcript", "TranscriptReader"),
    "ner": ("labels.ner", "NerReader"),
    "conll": ("labels.conll", "ConllReader"),
})  # fmt: skip
"""Module and class of each format's reader, imported only when a contract asks for it."""

FORMATS: tuple[str, ...] = tuple(_READERS)
"""The formats there are readers for: the contract's physicalType of a schema object."""

__all__ = ["CODES", "FORMATS", "Limits", "Part", "Reader", "join", "reader_for"]


def reader_for(format: str, limits: Limits | None = None) -> Reader:  # noqa: A002 - the contract's own word
    """The reader of a format. Imports what it needs only now. Raises KeyError for a format not in FORMATS."""
    module, name = _READERS[format]
    found: type[Reader] = getattr(import_module(f"{__name__}.{module}"), name)
    return found(limits)
