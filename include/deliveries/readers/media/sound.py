"""What is heard in samples: silence and clipping, counted block by block in bounded memory.

Silence is measured over windows of 10 ms: one is silent if no sample of any channel reaches -60 dB of full scale, and its
share is of time. Clipping is the share of samples at full scale: the largest or smallest value, or one from the smallest.
"""

from __future__ import annotations

import numpy as np

WINDOWS = 100
"""A second."""

SILENT = 1_000
"""Full scale over the level of silence: 60 dB."""


class Level:
    """The measure of one recording. `full` is full scale: 2^(bits - 1) of integers, 1 of floating point."""

    def __init__(self, rate: int, full: int) -> None:
        self._window = max(1, rate // WINDOWS)
        self._quiet = full / SILENT
        self._edge = full - 1 if full > 1 else 1
        self._peak, self._filled = 0.0, 0
        self.frames = self.samples = 0
        self._silent = self._clipped = 0

    def add(self, block: np.ndarray) -> None:
        """Samples in their order, [frames, channels]; integers must be wide enough for the absolute of their smallest."""
        heights = np.abs(block)
        self.frames += len(block)
        self.samples += block.size
        self._clipped += int(np.count_nonzero(heights >= self._edge))
        peaks = heights.max(axis=1) if block.shape[1] > 1 else heights[:, 0]
        at = 0
        if self._filled:
            at = min(self._window - self._filled, len(peaks))
            self._close(peaks[:at])
        whole = (len(peaks) - at) // self._window
        if whole:
            tops = peaks[at : at + whole * self._window].reshape(whole, self._window).max(axis=1)
            self._silent += int(np.count_nonzero(tops < self._quiet)) * self._window
            at += whole * self._window
        self._close(peaks[at:])

    def _close(self, peaks: np.ndarray) -> None:
        """Some more of a window that a block does not hold whole."""
        if not peaks.size:
            return
        self._peak, self._filled = max(self._peak, float(peaks.max())), self._filled + len(peaks)
        if self._filled == self._window:
            self._end()

    def _end(self) -> None:
        if self._peak < self._quiet:
            self._silent += self._filled
        self._peak, self._filled = 0.0, 0

    def shares(self) -> tuple[float, float] | None:
        """Silence and clipping, once all is added; None of no sample."""
        self._end()
        if not self.samples:
            return None
        return self._silent / self.frames, self._clipped / self.samples
