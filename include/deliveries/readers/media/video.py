"""Video as items, through PyAV, an optional extra: every frame decoded, by a demuxer that the first bytes name.

The demuxer reads from an open file and knows no protocol, so that a playlist or a reference opens nothing else. Pixels are
counted before any are made. Brightness and hash are of the first frame.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np

from include.contracts.model import ObjectSpec
from include.deliveries.readers.base import MIB
from include.deliveries.readers.media.base import Broken, ItemReader, Sample, extension_of, item_options
from include.deliveries.readers.media.boxes import container_of, whole
from include.deliveries.readers.media.phash import SIDE, phash
from include.errors import ContractError

MAX_PIXELS = 100_000_000
MOST = 2_000_000_000_000
"""Pixels of all frames: an hour of 8K at 16 frames a second."""

_ENDINGS = {
    "video/mp4": (".mp4", ".m4v", ".mov"),
    "video/quicktime": (".mov", ".mp4"),
    "video/webm": (".webm", ".mkv"),
    "video/x-matroska": (".mkv",),
    "video/x-msvideo": (".avi",),
}


class VideoReader(ItemReader):
    """One clip a file."""

    format: ClassVar[str] = "video"
    options: ClassVar[Mapping[str, Any]] = item_options(
        max_pixels={
            "type": "integer",
            "minimum": 1,
            "maximum": 1_000_000_000,
            "description": f"Pixels of one frame; more are refused before decoding. Without it {MAX_PIXELS:,}.",
        }
    )

    def fill(self, sample: Sample, path: Path, spec: ObjectSpec) -> Iterator[tuple[str, str]]:
        """See ItemReader. Raises ContractError where the extra is not installed."""
        _extra()
        with path.open("rb") as file:
            state = sha256()
            while data := file.read(MIB):
                state.update(data)
            sample.sha256 = state.hexdigest()
            file.seek(0)
            head = file.read(64)
            if not head:
                raise Broken("empty-file")
            found = container_of(head)
            if found is None:
                raise Broken("not-a-video")
            sample.media_type, demuxer = found
            ending = extension_of(sample.path or "")
            known = {end for ends in _ENDINGS.values() for end in ends}
            if ending in known and ending not in _ENDINGS[sample.media_type]:
                yield "extension-mismatch", f"{sample.media_type} in a {ending} file"
            whole(file, demuxer)
            file.seek(0)
            yield from _decoded(sample, file, demuxer, int(spec.reader.get("max_pixels", MAX_PIXELS)))


def _extra() -> None:
    try:
        import av  # noqa: F401
    except ImportError:
        raise ContractError(
            "video-extra-missing",
            "the contract has videos, and PyAV is not installed",
            hint="install requirements-video.txt beside requirements.txt",
            ko="계약에 영상이 있으나 PyAV가 설치되어 있지 않습니다",
            ko_hint="requirements.txt와 함께 requirements-video.txt를 설치하십시오",
        ) from None


def _decoded(sample: Sample, file: BinaryIO, demuxer: str, most: int) -> Iterator[tuple[str, str]]:
    import av

    try:
        with av.open(file, format=demuxer, options={"protocol_whitelist": ""}) as container:
            yield from _frames(sample, container, most)
    except Broken:
        raise
    except Exception:  # noqa: BLE001 - whatever a decoder raises, it could not decode the file
        raise Broken("video-corrupt", "it does not decode") from None


def _frames(sample: Sample, container: Any, most: int) -> Iterator[tuple[str, str]]:
    stream = _stream(container)
    coded = stream.codec_context
    width, height = coded.width, coded.height
    if width * height > most:
        raise Broken("image-bomb", f"{width} x {height} pixels")
    coded.options = {"err_detect": "explode"}
    sample.mode = coded.pix_fmt
    _sound(sample, container)
    declared, seen, end = stream.frames, 0, 0.0
    for frame in container.decode(stream):
        seen += 1
        if frame.width * frame.height > most or seen * width * height > MOST:
            raise Broken("image-bomb", "more pixels than the limit")
        if frame.is_corrupt:
            raise Broken("video-corrupt", f"frame {seen} does not decode")
        if seen == 1:
            _first(sample, frame)
        end = max(end, float(frame.time or 0.0))
    rate = float(stream.average_rate or 0)
    sample.duration = end + 1 / rate if rate and seen else end
    sample.attributes = json.dumps({"codec": coded.name, "frames": seen, "rate": rate}, sort_keys=True)
    if not seen:
        raise Broken("video-corrupt", "no picture decodes")
    if declared and seen < declared:
        yield "video-corrupt", f"{seen} frames, {declared} declared"


def _stream(container: Any) -> Any:
    """The first stream of pictures. Raises Broken."""
    if not container.streams.video:
        raise Broken("video-corrupt", "no pictures in it")
    stream = container.streams.video[0]
    coded = stream.codec_context
    if coded is None or not coded.width or not coded.height:
        raise Broken("video-corrupt", "of a codec that is not known, or without a size")
    return stream


def _sound(sample: Sample, container: Any) -> None:
    if container.streams.audio:
        coded = container.streams.audio[0].codec_context
        sample.sample_rate, sample.channels = coded.sample_rate, coded.channels


def _first(sample: Sample, frame: Any) -> None:
    from PIL import Image

    turns = int(getattr(frame, "rotation", 0) or 0) % 360
    width, height = (frame.height, frame.width) if turns % 180 == 90 else (frame.width, frame.height)
    sample.width, sample.height, sample.pixels, sample.aspect = width, height, width * height, width / height
    luma = np.asarray(frame.to_ndarray(format="gray"))
    sample.brightness = int(luma.sum(dtype=np.int64)) / luma.size
    square = np.asarray(Image.fromarray(luma).resize((SIDE, SIDE), Image.Resampling.BOX))
    sample.phash = phash(np.rot90(square, turns // 90))
