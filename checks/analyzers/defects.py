"""Defects that readers and intake reported: counted by list and code, with their places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Self

import msgspec
import numpy as np

from checks.analyzers.failing import Failing
from checks.batch import Defect
from checks.columns import View
from checks.kernel import Analyzer, State


class DefectTally(State, frozen=True):
    """`codes`: "list/code" to count; `places`: where they are."""

    codes: dict[str, int] = msgspec.field(default_factory=dict)
    places: Failing = Failing()

    def merge(self, other: Self) -> Self:
        """Counts add."""
        codes = Counter(self.codes)
        codes.update(other.codes)
        return type(self)(dict(sorted(codes.items())), self.places.merge(other.places))

    @property
    def count(self) -> int:
        """All defects."""
        return sum(self.codes.values())


@dataclass(frozen=True)
class Defects(Analyzer[DefectTally]):
    """All defects of one schema object (or of the delivery), or those with one of `codes`."""

    state_type: ClassVar[type[State]] = DefectTally

    object: str
    codes: tuple[str, ...] = ()

    def columns(self) -> frozenset[str]:
        """None: it does not read records."""
        return frozenset()

    def zero(self) -> DefectTally:
        """No defect."""
        return DefectTally()

    def observe(self, view: View) -> DefectTally:  # noqa: ARG002 - the port's signature
        """Records are no defects."""
        return DefectTally()

    def observe_defect(self, defect: Defect) -> DefectTally:
        """One defect, if it is one of ours."""
        if self.codes and defect.code not in self.codes:
            return DefectTally()
        place = (defect.file, defect.row, defect.pointer, defect.code)
        rows = np.array([defect.row], dtype=np.int64)
        return DefectTally({f"{defect.list}/{defect.code}": 1}, Failing.of(defect.file, rows, 1, [place]))
