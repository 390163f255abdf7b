"""The agreed columns: present, none beside them and in the agreed order where the contract asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from checks.analyzers.shape import HEADERS, Header, Shape, ShapeOf
from checks.kernel import Analyzer, Check, Declaration, Metric, Outcome, States, Table
from checks.row_rule import NONE


@dataclass(frozen=True)
class Columns(Check):
    """The number of columns missing, extra (`extra` "refuse") or out of order (`order`), over all files.

    `sources` are the columns' names in the files, in contract order, those that are names and not pointers.
    """

    id: ClassVar[str] = "columns"
    family: ClassVar[str] = "schema"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-3", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "columns": {"type": "array", "items": {"type": "string"}},
            "sources": {"type": "array", "items": {"type": "string"}},
            "extra": {"enum": ["allow", "refuse"]},
            "order": {"type": "boolean"},
        },
        "required": ["columns"],
        "additionalProperties": False,
    }

    names: tuple[str, ...]
    sources: tuple[str, ...]
    extra: bool
    order: bool

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Derived for every object."""
        names = tuple(decl.params["columns"])
        sources = tuple(decl.params.get("sources", names))
        extra, order = decl.params.get("extra", "allow") == "refuse", bool(decl.params.get("order", False))
        return cls(decl.rule, decl.object, decl.target or NONE, names, sources, extra, order)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Only the shape, which the engine always tallies."""
        return ()

    def judge(self, states: States) -> Outcome:
        """Every departure is one row of the detail."""
        shape = states[ShapeOf(self.object)]
        rows = [*self._missing(shape)]
        for header, files in shape.headers:
            rows += self._departures(header, files)
        table = Table("columns", ("problem", "column", "file"), tuple(rows))
        untold = (self.extra or self.order) and len(shape.headers) >= HEADERS
        return Outcome(
            Metric.count("column-problems", len(rows)),
            shape.rows,
            detail=(table,) if rows else (),
            violation="too-many-headers" if untold else None,
        )

    def _missing(self, shape: Shape) -> list[tuple[str, str, str]]:
        found = []
        for name in self.names:
            absent = shape.absent(frozenset({name}))
            if absent is not None:
                found += [("missing", name, file) for file in absent[1] or ("",)]
        return found

    def _departures(self, header: Header, files: tuple[str, ...]) -> list[tuple[str, str, str]]:
        extra = [c for c in header if c not in self.sources] if self.extra else []
        found = [("extra", column, files[0]) for column in extra]
        agreed = [c for c in self.sources if c in header]
        actual = [c for c in header if c in self.sources]
        if self.order and agreed != actual:
            first = next(a for a, b in zip(actual, agreed, strict=False) if a != b)
            found.append(("order", first, files[0]))
        return found
