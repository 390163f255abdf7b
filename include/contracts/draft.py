"""A rule of the contract before its check is built: its name, its place, and what it is built from.

A rule's name is `<object>[.<property>].<quality id | required | unique | type | option | metric | check>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from checks.kernel import Severity, Target
from include.contracts.model import NotChecked
from include.contracts.problems import Path
from include.contracts.targets import OPERATORS


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule before its check is built. `path`: where it is declared; `params_path`: where its parameters stand."""

    object: str
    segment: str
    check: str
    path: Path
    params_path: Path
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    target: Target | None = None
    severity: Severity = "error"
    unit: Literal["rows", "percent"] = "rows"
    derived: bool = True

    @property
    def name(self) -> str:
        """Unique in the contract."""
        return ".".join(part for part in (self.object, self.column, self.segment) if part)

    def at(self, *inner: str | int) -> Path:
        """Where a part of it stands; unit and, of a metric, the operator stand beside the parameters."""
        outside = {"unit", *OPERATORS} if self.params_path[-1:] == ("arguments",) else {"unit"}
        return (*(self.path if set(inner[:1]) & outside else self.params_path), *inner)


@dataclass(frozen=True, slots=True)
class Words:
    """A rule in words only."""

    path: Path
    left_out: NotChecked
