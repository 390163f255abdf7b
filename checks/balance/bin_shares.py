"""Distribution: how close the values of a column fall into agreed bins, as class-balance asks of classes.

The contract names the edges and a share for every bin; box sizes, lengths and brightness have a scale of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar, Self

from checks.analyzers import where
from checks.analyzers.bin_counts import SCALES, BinCounts, Edges, names_of
from checks.balance.class_balance import ClassBalance, shares_of
from checks.balance.distribution import MEASURES, Distribution
from checks.columns import Col
from checks.kernel import Declaration, Misdeclared, Table
from checks.statistics.targets import demanded


@dataclass(frozen=True)
class BinShares(ClassBalance):
    """One measure of the distribution over bins against the target; what has no number is in no bin."""

    id: ClassVar[str] = "distribution"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Div-ML-1", "nia": "통계적 다양성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "column": {"type": "string"},
            "edges": {
                "type": "array",
                "items": {"type": "number"},
                "minItems": 1,
                "maxItems": 40,
                "description": "edges of the bins, ascending; default: the scale of the histogram of the column",
            },
            "shares": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": 2,
                "description": "contracted share of each bin, the open ones at both ends included; they sum to exactly 1",
            },
            "measure": {"enum": list(MEASURES)},
            "by": {"type": "string"},
            "where": where.SCHEMA,
        },
        "required": ["shares", "measure"],
        "additionalProperties": False,
    }

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """One share for each bin."""
        name = decl.params.get("column", decl.column)
        if name is None:
            raise Misdeclared("column", "the rule stands on no column", "name the column of the values")
        column = decl.col("column", name)
        edges = _edges(column, decl.params.get("edges"))
        bins, shares = names_of(edges), decl.params["shares"]
        if len(bins) != len(shares):
            why = f"{len(edges)} edges make {len(bins)} bins, and there are {len(shares)} shares"
            raise Misdeclared("shares", why, "one for each: " + ", ".join(bins))
        by = (decl.col("by", decl.params["by"]),) if "by" in decl.params else ()
        counts = BinCounts(decl.object, column, edges, by, where.parse(decl, decl.params))
        contracted = shares_of("shares", dict(zip(bins, shares, strict=True)))
        return cls(decl.rule, decl.object, demanded(decl), counts, decl.params["measure"], contracted)

    def _table(self, d: Distribution) -> Table:
        """Delivered beside contracted."""
        rows = tuple((b, d.count(b), d.share(b) if d.total else None, d.contracted(b)) for b in d.classes)
        return Table("bins", ("bin", "count", "share", "target-share"), rows)

    def _quantities(self, counted: int, missing: int) -> Table:
        """How many records have a number."""
        return Table("values", ("quantity", "value"), (("measured", counted), ("not-measured", missing)))

    def _violation(self, d: Distribution) -> str | None:  # noqa: ARG002 - bins are all there are
        """All values in one bin are a distribution like any other."""
        return None


def _edges(column: Col, given: Sequence[int | Decimal] | None) -> Edges:
    """Ascending edges, for a column that can be measured."""
    if column.type not in {"integer", "number", "string"}:
        raise Misdeclared("column", f"{column.name!r} is no number and no text", "name a column that can be measured")
    if given is None:
        if column.name not in SCALES:
            raise Misdeclared("edges", f"there is no scale for {column.name!r}", "give edges: [..]")
        return SCALES[column.name]
    edges = tuple(Decimal(edge) for edge in given)
    if any(Fraction(low) >= Fraction(high) for low, high in pairwise(edges)):
        raise Misdeclared("edges", "they do not ascend")
    return edges
