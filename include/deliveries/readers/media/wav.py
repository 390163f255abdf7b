"""WAV: what its header says, held against the bytes that are there (RIFF; RF64 after EBU Tech 3306); and headerless PCM.

The chunks are walked by their sizes; nothing is searched for. A header and data of different length is a finding, and the
samples that are there are measured all the same.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from include.deliveries.readers.media.base import Broken

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Layout:
    """How samples lie in a file: from byte `start`, `length` bytes of frames of `channels` samples of `bits`."""

    rate: int
    channels: int
    bits: int
    floating: bool
    start: int
    length: int
    big_endian: bool = False

    @property
    def frame(self) -> int:
        """Bytes of one frame."""
        return self.channels * self.bits // 8

    @property
    def full(self) -> int:
        """Full scale."""
        return 1 if self.floating else 1 << (self.bits - 1)


def layout_of(file: BinaryIO) -> tuple[Layout, list[tuple[str, str]]]:
    """The layout and what is wrong with lengths as (code, detail). Raises Broken."""
    header = _walk(file)
    there = os.fstat(file.fileno()).st_size - header.start
    found = list(_length_findings(header, there))
    length = there if header.length == 0 else min(header.length, there)
    return Layout(*header.format, header.start, length), found


@dataclass(frozen=True, slots=True)
class _Header:
    """Bytes that the file and its samples are declared to have, the format, and where the samples start."""

    declared: int
    length: int
    format: tuple[int, int, int, bool]
    start: int


def _walk(file: BinaryIO) -> _Header:
    """The chunks up to the samples. Raises Broken."""
    form, declared, _ = struct.unpack("<4sL4s", file.read(12))
    found, wide, at = None, None, 12
    while True:
        head = _at(file, at, 8)
        if len(head) < 8:
            raise Broken("truncated", "it ends before its samples")
        kind, length = struct.unpack("<4sL", head)
        if kind == b"data":
            break
        if kind == b"ds64" and form != b"RIFF":
            wide = _wide(_at(file, at + 8, 16))
        elif kind == b"fmt ":
            found = _format(_at(file, at + 8, min(length, 64)))
        at += 8 + length + length % 2
    if found is None:
        raise Broken("audio-corrupt", "no format before its samples")
    if wide is not None and _UNKNOWN in {declared, length}:
        declared, length = wide
    return _Header(declared + 8, length, found, at + 8)


def _length_findings(header: _Header, there: int) -> Iterator[tuple[str, str]]:
    size = header.start + there
    if header.length > there:
        code = "audio-length" if header.length == _UNKNOWN else "truncated"
        yield code, f"{there} bytes of samples, {header.length} declared"
    elif header.length == 0 and there:
        yield "audio-length", f"{there} bytes of samples, none declared"
    elif header.declared + header.declared % 2 < size:
        yield "audio-length", f"{size} bytes of file, {header.declared} declared"
    elif header.declared > size:
        yield "truncated", f"{size} bytes of file, {header.declared} declared"


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _wide(data: bytes) -> tuple[int, int]:
    if len(data) < 16:
        raise Broken("truncated", "it ends before its samples")
    riff, samples = struct.unpack("<2Q", data)
    return riff, samples


def _format(data: bytes) -> tuple[int, int, int, bool]:
    """Rate, channels, bits, is it floating point."""
    if len(data) < 16:
        raise Broken("audio-corrupt", "a format that is cut short")
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHLLHH", data)
    if tag == _EXTENSIBLE and len(data) >= 26:
        (tag,) = struct.unpack_from("<H", data, 24)
    supported = {_PCM: {8, 16, 24, 32}, _FLOAT: {32, 64}}.get(tag)
    if supported is None or bits not in supported:
        raise Broken("audio-unsupported", f"format {tag} of {bits} bits")
    if not channels or not rate or frame != channels * bits // 8:
        raise Broken("audio-corrupt", "a format that contradicts itself")
    return rate, channels, bits, tag == _FLOAT


def samples(data: bytes, layout: Layout) -> np.ndarray:
    """Whole frames as [frames, channels]: int32 (int64 of 32 bits), or float."""
    order = ">" if layout.big_endian else "<"
    if layout.floating:
        flat = np.nan_to_num(np.frombuffer(data, f"{order}f{layout.bits // 8}"), nan=0.0)
    elif layout.bits == 8:
        flat = np.frombuffer(data, np.uint8).astype(np.int32) - 128
    elif layout.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)[:, :: -1 if layout.big_endian else 1]
        flat = wide.view("<i4")[:, 0] >> 8
    else:
        width = layout.bits // 8
        flat = np.frombuffer(data, f"{order}i{width}").astype(np.int32 if width == 2 else np.int64)
    shaped: np.ndarray = flat.reshape(-1, layout.channels)
    return shaped


def frames_within(chunks: Iterator[tuple[int, bytes]], layout: Layout) -> Iterator[np.ndarray]:
    """The samples out of a file's bytes, given as (place, bytes) in order; what is less than a frame is left."""
    rest, stop = b"", layout.start + layout.length - layout.length % layout.frame
    for place, data in chunks:
        inside = data[max(layout.start - place, 0) : max(stop - place, 0)]
        if inside:
            inside = rest + inside
            whole = len(inside) - len(inside) % layout.frame
            rest = inside[whole:]
            if whole:
                yield samples(inside[:whole], layout)
