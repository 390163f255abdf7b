"""FLAC through libsndfile, held against its own stream information: number of samples and MD5 of them (RFC 9639, 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import numpy as np

from include.deliveries.readers.media.base import Broken

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Rate, channels, bits; frames (0: not said); MD5 of the samples (zeros: not said)."""

    rate: int
    channels: int
    bits: int
    frames: int
    md5: bytes


def stream_info(head: bytes) -> StreamInfo:
    """From the first 42 bytes of the file. Raises Broken."""
    if len(head) < 42:
        raise Broken("truncated", "it ends within its header")
    if head[4] & 0x7F or int.from_bytes(head[5:8]) < 34:
        raise Broken("audio-corrupt", "no stream information where it should be")
    packed = int.from_bytes(head[18:26])
    rate, channels, bits = packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1
    if not rate:
        raise Broken("audio-corrupt", "a rate of nothing")
    return StreamInfo(rate, channels, bits, packed & (1 << 36) - 1, head[26:42])


def blocks(path: Path, info: StreamInfo) -> Iterator[np.ndarray]:
    """The samples, int64 [frames, channels] of `info.bits`. Raises Broken, at the latest when all should have come."""
    import soundfile

    digest, seen, width = md5(usedforsecurity=False), 0, -(-info.bits // 8)
    try:
        with soundfile.SoundFile(path) as file:
            while len(block := file.read(_BLOCK, dtype="int32", always_2d=True)):
                block >>= 32 - info.bits
                digest.update(_packed(block, width))
                seen += len(block)
                yield block.astype(np.int64)
    except (soundfile.LibsndfileError, RuntimeError):
        raise Broken("audio-corrupt", "it does not decode") from None
    if info.frames and seen != info.frames:
        raise Broken("truncated" if seen < info.frames else "audio-length", f"{seen} samples, {info.frames} declared")
    if any(info.md5) and digest.digest() != info.md5:
        raise Broken("audio-corrupt", "its samples do not match their checksum")


def _packed(block: np.ndarray, width: int) -> bytes:
    """Little-endian integers of `width` bytes."""
    narrow = block.astype("<i4").reshape(-1).view(np.uint8).reshape(-1, 4)[:, :width]
    return narrow.tobytes()
