"""Sound as items: WAV, FLAC and headerless PCM; every sample read once, as a stream in bounded memory.

What a file is, its first bytes say. PCM without a header says nothing: the contract must tell how its samples lie.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import MIB
from include.deliveries.readers.media.base import Broken, ItemReader, Sample, extension_of, item_options
from include.deliveries.readers.media.flac import blocks, stream_info
from include.deliveries.readers.media.sound import Level
from include.deliveries.readers.media.wav import Layout, frames_within, layout_of

_TYPES = {"audio/wav": (".wav", ".wave"), "audio/flac": (".flac",)}
_HEADERLESS = (".pcm", ".raw")
_OTHERS = {b"OggS": "Ogg", b"ID3": "MP3", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"FORM": "AIFF"}


class AudioReader(ItemReader):
    """One recording a file."""

    format: ClassVar[str] = "audio"
    options: ClassVar[Mapping[str, Any]] = item_options(
        pcm={
            "type": "object",
            "description": "How samples lie in files without a header (KsponSpeech: 16000, 16, 1).",
            "properties": {
                "sample_rate": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                "bit_depth": {"enum": [8, 16, 24, 32]},
                "channels": {"type": "integer", "minimum": 1, "maximum": 64},
                "byte_order": {"enum": ["little", "big"]},
            },
            "required": ["sample_rate", "bit_depth", "channels"],
            "additionalProperties": False,
        }
    )

    def fill(self, sample: Sample, path: Path, spec: ObjectSpec) -> Iterator[tuple[str, str]]:
        """See ItemReader."""
        with path.open("rb") as file:
            head = file.read(42)
            file.seek(0)
            if not head:
                raise Broken("empty-file")
            try:
                yield from self._sound(sample, path, file, head, spec.reader.get("pcm"))
            finally:
                if sample.sha256 is None:  # refused before its samples were read
                    sample.sha256 = _digest(file)

    def _sound(
        self, sample: Sample, path: Path, file: BinaryIO, head: bytes, pcm: Mapping[str, Any] | None
    ) -> Iterator[tuple[str, str]]:
        if head[:4] in {b"RIFF", b"RF64", b"BW64"} and head[8:12] == b"WAVE":
            sample.media_type = "audio/wav"
            yield from _name(sample)
            layout, found = layout_of(file)
            yield from found
            yield from _laid_out(sample, file, layout, told=bool(found))
        elif head[:4] == b"fLaC":
            sample.media_type = "audio/flac"
            yield from _name(sample)
            info = stream_info(head)
            sample.sha256 = _digest(file)
            sample.sample_rate, sample.channels, sample.bit_depth = info.rate, info.channels, info.bits
            _measure(sample, blocks(path, info), Level(info.rate, 1 << (info.bits - 1)))
        elif pcm is not None:
            sample.media_type = "audio/pcm"
            yield from _name(sample)
            size = sample.bytes or 0
            layout = Layout(
                pcm["sample_rate"], pcm["channels"], pcm["bit_depth"], False, 0, size, pcm.get("byte_order") == "big"
            )  # fmt: skip
            yield from _laid_out(sample, file, layout, told=False)
        else:
            other = next((name for mark, name in _OTHERS.items() if head.startswith(mark)), None)
            if other is not None:
                raise Broken("audio-unsupported", other)
            if extension_of(sample.path or "") in _HEADERLESS:
                raise Broken("audio-unsupported", "no header, and the contract does not say how its samples lie")
            raise Broken("not-audio")


def _laid_out(sample: Sample, file: BinaryIO, layout: Layout, *, told: bool) -> Iterator[tuple[str, str]]:
    """WAV and PCM: hashed and measured in one pass. `told`: that its lengths are wrong has been said already."""
    sample.sample_rate, sample.channels, sample.bit_depth = layout.rate, layout.channels, layout.bits
    if layout.floating:
        sample.attributes = json.dumps({"samples": "float"})
    if layout.length % layout.frame and not told:
        yield "audio-length", f"{layout.length} bytes of samples are no whole number of frames"
    state = sha256()

    def chunks() -> Iterator[tuple[int, bytes]]:
        place = 0
        file.seek(0)
        while data := file.read(MIB):
            state.update(data)
            yield place, data
            place += len(data)

    _measure(sample, frames_within(chunks(), layout), Level(layout.rate, layout.full))
    sample.sha256 = state.hexdigest()
    if not sample.duration and not told:
        yield "audio-length", "no sample at all"


def _measure(sample: Sample, pieces: Iterable[np.ndarray], level: Level) -> None:
    """What was heard before a break stays."""
    try:
        for piece in pieces:
            level.add(piece)
    finally:
        sample.duration = level.frames / (sample.sample_rate or 1)
        shares = level.shares()
        if shares is not None:
            sample.silence, sample.clipping = shares


def _name(sample: Sample) -> Iterator[tuple[str, str]]:
    ending = extension_of(sample.path or "")
    others = {end for kind, ends in _TYPES.items() if kind != sample.media_type for end in ends}
    if ending in others or (ending in _HEADERLESS and sample.media_type in _TYPES):
        yield "extension-mismatch", f"{sample.media_type} in a {ending} file"


def _digest(file: BinaryIO) -> str:
    state = sha256()
    file.seek(0)
    while data := file.read(MIB):
        state.update(data)
    return state.hexdigest()
