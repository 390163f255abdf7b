"""Every file and record could be read: no defect of format, structure or file (형식오류, 구조오류, 파일오류)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.defects import Defects, DefectTally
from checks.kernel import Analyzer, Check, Declaration, Metric, Outcome, States, Table
from checks.row_rule import NO_PARAMS, NONE


def defect_tables(tally: DefectTally) -> tuple[Table, ...]:
    """Defects by list and by code."""
    lists: Counter[str] = Counter()
    for code, count in tally.codes.items():
        lists[code.split("/")[0]] += count
    by_list = Table(
        "defect-lists", ("list", "count"), tuple((n, lists.get(n, 0)) for n in ("format", "structure", "file"))
    )
    rows: list[tuple[str, str, int]] = []
    for name, count in tally.codes.items():
        which, code = name.split("/", 1)
        rows.append((which, code, count))
    return (by_list, Table("defects", ("list", "code", "count"), tuple(rows))) if rows else (by_list,)


@dataclass(frozen=True)
class Readable(Check):
    """The number of defects that the readers of this object found."""

    id: ClassVar[str] = "readable"
    family: ClassVar[str] = "schema"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-1", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = NO_PARAMS
    needs_rows: ClassVar[bool] = False

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Derived for every object."""
        return cls(decl.rule, decl.object, decl.target or NONE)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """All defects."""
        return (Defects(self.object),)

    def judge(self, states: States) -> Outcome:
        """Zero rows and zero defects is an empty object: the data is not there."""
        tally = states[Defects(self.object)]
        rows = states.rows(self.object)
        metric = Metric.count("defects", tally.count)
        return Outcome(
            metric,
            rows,
            detail=defect_tables(tally),
            failures=tally.places.failures(),
            violation=None if rows or tally.count else "no-rows",
        )
