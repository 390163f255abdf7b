"""What a formula raises where the data give it no value."""

from __future__ import annotations


class Undefined(Exception):  # noqa: N818 - a finding about the data, not a programming error
    """A statistic has no value here; `reason` is a stable kebab-case code that becomes `Metric.undefined`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
