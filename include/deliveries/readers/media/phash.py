"""A perceptual hash of 64 bits: pictures that look alike differ in few bits.

The DCT hash of Zauner (2010), "Implementation and Benchmarking of Perceptual Image Hash Functions", section 3.2.1: the
luma reduced to 32 x 32, its two-dimensional DCT-II, of that the 8 x 8 lowest frequencies, and one bit for each: is it
above the median of the 64? In integers throughout, so that every machine gives the same bits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

SIDE = 32
KEPT = 8


@lru_cache(maxsize=1)
def _cosines() -> np.ndarray:
    """cos(pi (2x + 1) u / 64) for frequency u (8 rows) and place x (32 columns), times 2^14, rounded: int64."""
    u, x = np.arange(KEPT)[:, None], np.arange(SIDE)[None, :]
    table: np.ndarray = np.rint(np.cos(np.pi * (2 * x + 1) * u / (2 * SIDE)) * 2**14).astype(np.int64)
    return table


def phash(luma: np.ndarray) -> str:
    """16 hex digits of a 32 x 32 picture (uint8), the lowest frequency first. Factors that all share are left out."""
    cosines = _cosines()
    low = (cosines @ luma.astype(np.int64) @ cosines.T).ravel()
    ranked = np.sort(low)
    twice = ranked[KEPT * KEPT // 2 - 1] + ranked[KEPT * KEPT // 2]
    return np.packbits(2 * low > twice).tobytes().hex()


def distance(a: str, b: str) -> int:
    """Bits in which two hashes differ, 0 to 64."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def upright(luma: np.ndarray, orientation: int | None) -> np.ndarray:
    """A square picture as EXIF `orientation` (1 to 8) says that it is to be seen (CIPA DC-008, table 6)."""
    match orientation:
        case 2:
            return luma[:, ::-1]
        case 3:
            return luma[::-1, ::-1]
        case 4:
            return luma[::-1]
        case 5:
            return luma.T
        case 6:
            return luma[::-1].T
        case 7:
            return luma[::-1, ::-1].T
        case 8:
            return luma.T[::-1]
        case _:
            return luma
