"""How many records there are, and which columns the files have: the tally that guards every other check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import msgspec

from checks.columns import View
from checks.kernel import Analyzer, State

FILES = 20
"""Files named per finding; the smallest by UTF-8 bytes."""

HEADERS = 200
"""Different headers kept; the smallest. More can only come from files without any common structure, and fail a rule
about extra columns or their order."""

Header = tuple[str, ...]


class Shape(State, frozen=True):
    """`rows`; `present`: columns some record's file has; `lacking`: column to files (of fixed columns) without it;
    `headers`: each list of columns found, with files that have it."""

    rows: int = 0
    present: tuple[str, ...] = ()
    lacking: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    headers: tuple[tuple[Header, tuple[str, ...]], ...] = ()

    def merge(self, other: Self) -> Self:
        """Rows add; of files and headers the smallest stay."""
        lacking = {
            name: smallest((*self.lacking.get(name, ()), *other.lacking.get(name, ())))
            for name in sorted({*self.lacking, *other.lacking})
        }
        headers: dict[Header, tuple[str, ...]] = {}
        for header, files in (*self.headers, *other.headers):
            headers[header] = smallest((*headers.get(header, ()), *files))
        return type(self)(
            self.rows + other.rows,
            tuple(sorted({*self.present, *other.present})),
            lacking,
            tuple(sorted(headers.items())[:HEADERS]),
        )

    def absent(self, names: frozenset[str]) -> tuple[str, tuple[str, ...]] | None:
        """The first of `names` that a file lacks (with the files), or that no file at all has."""
        for name in sorted(names):
            if name in self.lacking:
                return name, self.lacking[name]
            if self.rows and name not in self.present:
                return name, ()
        return None


def smallest(files: tuple[str, ...]) -> tuple[str, ...]:
    """At most FILES distinct names, smallest first."""
    return tuple(sorted(set(files), key=lambda f: f.encode("utf-8", "surrogatepass"))[:FILES])


@dataclass(frozen=True)
class ShapeOf(Analyzer[Shape]):
    """Rows and columns of one schema object; `declared` are its column names. The engine always adds it."""

    state_type: ClassVar[type[State]] = Shape

    object: str
    declared: tuple[str, ...] = ()

    def columns(self) -> frozenset[str]:
        """None: it is observed whatever the file has."""
        return frozenset()

    def zero(self) -> Shape:
        """No rows."""
        return Shape()

    def observe(self, view: View) -> Shape:
        """One batch."""
        batch, names = view.batch, set(view.batch.table.schema.names)
        files = smallest(batch.files())
        lacking: dict[str, tuple[str, ...]] = {
            name: files for name in sorted(self.declared) if batch.fixed and name not in names
        }
        headers = ((batch.found, files),) if batch.found else ()
        return Shape(view.num_rows, tuple(sorted(names)), lacking, headers)
