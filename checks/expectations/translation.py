"""A translation: one expectation as analyzers of the single pass and a judgement from their states.

GX's answer is kept: element, missing and unexpected counts, observed value, `mostly`. What differs on purpose is house
law: an expectation with nothing to look at (no record, no value) FAILs where GX would call it vacuously true.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from checks.analyzers.failing import Failing
from checks.expectations.kwargs import Kwargs
from checks.kernel import Analyzer, Metric, Number, Outcome, States, Table, Target
from checks.row_rule import NONE

Cell = str | int | Number | None
ALL = Target(">=", (Decimal(1),))


def facts(*rows: tuple[str, Cell]) -> Table:
    """GX's numbers as a detail table."""
    return Table("expectation", ("quantity", "value"), rows)


@dataclass(frozen=True)
class Translation(ABC):
    """One expectation with its arguments. Subclasses are frozen and hashable, and listed in `translated.py`.

    `name`: GX's; `family`: of the check it becomes; `takes`: the keyword arguments it reads; `note`: for the docs, what
    differs from GX on pandas 3. `object`: the schema object; `target`: what the metric must meet.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    takes: ClassVar[tuple[str, ...]]
    note: ClassVar[str] = ""

    object: str

    @classmethod
    @abstractmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """Of the object `name`. Raises Misdeclared."""

    @property
    def target(self) -> Target:
        """No unmet condition, unless the subclass says otherwise."""
        return NONE

    @abstractmethod
    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """What must be tallied."""

    @abstractmethod
    def outcome(self, states: States) -> Outcome:
        """The observed value from the states."""


@dataclass(frozen=True)
class MapTranslation(Translation):
    """Values or records that are each expected or not; the share of expected ones must reach `mostly`."""

    mostly: Decimal

    @property
    def target(self) -> Target:
        """At least `mostly` of what is looked at."""
        return Target(">=", (self.mostly,))

    @abstractmethod
    def tally(self, states: States) -> Failing:
        """`tested`: what was looked at; `count`: what is unexpected."""

    def outcome(self, states: States) -> Outcome:
        """The share of expected values among those looked at."""
        found = self.tally(states)
        rows = states.rows(self.object)
        detail = facts(
            ("element-count", rows), ("missing-count", rows - found.tested), ("unexpected-count", found.count)
        )
        if not found.tested:
            return Outcome(Metric("expected-share", undefined="no-values"), rows, detail=(detail,))
        metric = Metric.ratio("expected-share", found.tested - found.count, found.tested)
        return Outcome(metric, rows, detail=(detail,), failures=found.failures())
