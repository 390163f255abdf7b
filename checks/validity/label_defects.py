"""What readers could not read of the labels of an object: counted by code, and by file and place what it is about.

A label whose value a reader has already reported as absent or of another type is wrong, but it is not listed twice.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from checks.analyzers.defects import Defects, DefectTally
from checks.batch import Defect
from checks.columns import View
from checks.kernel import State
from checks.validity.fault_lists import Listed

MOST_PLACES = 100_000
"""Places kept, the smallest. Beyond it a label's missing value may be listed beside the reader's own finding."""

_DIGEST = np.dtype([("high", ">u8"), ("low", ">u8")])


def digests(files: Iterable[str]) -> np.ndarray:
    """128-bit digests that stand for files where only their number is asked for; sorted, each once."""
    data = b"".join(hashlib.blake2b(f.encode("utf-8", "surrogatepass"), digest_size=16).digest() for f in files)
    return np.unique(np.frombuffer(data, dtype=_DIGEST))


class DefectPlaces(DefectTally, frozen=True):
    """Defects with the files they are in (digests end to end), and the smallest of them: file, pointer, list/code, row."""

    files: bytes = b""
    pointers: tuple[tuple[str, str, str, int], ...] = ()

    def __post_init__(self) -> None:
        if len(self.files) % _DIGEST.itemsize:
            raise ValueError("half a digest")

    def merge(self, other: Self) -> Self:
        """Counts add, files and places are united."""
        both = super().merge(other)
        files = np.union1d(self.faulty(), other.faulty()).astype(_DIGEST)
        pointers = tuple(sorted({*self.pointers, *other.pointers})[:MOST_PLACES])
        return type(self)(both.codes, both.places, files.tobytes(), pointers)

    def faulty(self) -> np.ndarray:
        """Digests of the files with a defect."""
        return np.frombuffer(self.files, dtype=_DIGEST)

    def named(self) -> list[str]:
        """The files whose places are kept."""
        return sorted({file for file, *_ in self.pointers})

    def below(self, file: str, pointer: str) -> list[int]:
        """Which of the places are the label's at `pointer`, or a value's below it."""
        found = []
        for at in range(bisect_left(self.pointers, (file, pointer, "", -1)), len(self.pointers)):
            where, inner, *_ = self.pointers[at]
            if where != file or not inner.startswith(pointer):
                break
            if not inner[len(pointer) :][:1].isalnum():
                found.append(at)
        return found

    def listed(self) -> Iterator[Listed]:
        """The defects whose places are kept."""
        for file, pointer, name, row in self.pointers:
            which, _, code = name.partition("/")
            yield Listed(file, row, pointer, which, code)

    @property
    def cut(self) -> int:
        """Defects whose places are not kept, at least."""
        return max(0, self.count - MOST_PLACES) if len(self.pointers) >= MOST_PLACES else 0


@dataclass(frozen=True)
class LabelDefects(Defects):
    """The defects of an annotations object, with their places."""

    state_type: ClassVar[type[State]] = DefectPlaces

    def zero(self) -> DefectPlaces:
        """No defect."""
        return DefectPlaces()

    def observe(self, view: View) -> DefectPlaces:  # noqa: ARG002 - the port's signature
        """Labels are no defects."""
        return DefectPlaces()

    def observe_defect(self, defect: Defect) -> DefectPlaces:
        """One defect."""
        tally = super().observe_defect(defect)
        place = (defect.file, defect.pointer, f"{defect.list}/{defect.code}", defect.row)
        return DefectPlaces(tally.codes, tally.places, digests([defect.file]).tobytes(), (place,))
