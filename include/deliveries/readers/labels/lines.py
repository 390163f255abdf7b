"""The lines of a text file of labels, one after the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.text import decide_encoding


class Line(NamedTuple):
    """A line without its end; `number` counts from 1."""

    number: int
    text: str


def lines(path: Path, name: str, limits: Limits, declared: str | None) -> Iterator[Line | Defect]:
    """Lines that end in LF, CR LF or CR. One that is longer than a record may be is a defect, and the file is left there."""
    codec = decide_encoding(path, name, declared)
    if isinstance(codec, Defect):
        yield codec
        return
    with path.open(encoding=codec, newline=None) as file:
        number = 0
        while text := file.readline(limits.record_chars + 1):
            number += 1
            if len(text) > limits.record_chars:
                yield defect(name, "too-large", pointer=f"line {number}", detail="the rest of the file was not read")
                return
            yield Line(number, text.removesuffix("\n"))
