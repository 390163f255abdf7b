"""What a distribution counts: labels, or items that bear a class. One convention for all checks that count classes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any

from checks.analyzers.bin_counts import BinCounts
from checks.analyzers.item_counts import ItemCounts
from checks.analyzers.value_counts import LabelCounts, ValueCounts
from checks.analyzers.where import Where
from checks.columns import Col
from checks.kernel import Declaration, Misdeclared, States, Table
from checks.masking import public

UNIT: Mapping[str, Any] = {
    "enum": ["objects", "items"],
    "description": "objects: every record counts (the default); items: an item counts once for each class it bears",
}
ITEM: Mapping[str, Any] = {"type": "string", "description": "the column of the item, for unit items; default item_id"}

MOST_TOGETHER = 30
"""Classes in the table of those that stand on one item together: the most frequent."""

Counts = ValueCounts | ItemCounts | BinCounts


def counts_of(
    decl: Declaration, column: Col, by: tuple[Col, ...], where: Where | None, *, classed: bool = True
) -> Counts:
    """What the rule counts. Without `classed` it counts all, whatever their class."""
    params = decl.params
    if params.get("unit", "objects") == "objects":
        if "item" in params:
            raise Misdeclared("item", "objects are counted one by one", "say unit: items")
        return ValueCounts(decl.object, column, by, where)
    item = decl.col("item", params.get("item", "item_id"))
    if item == column and classed:
        raise Misdeclared("item", "the item itself is no class")
    return ItemCounts(decl.object, item, column if classed else None, by, where)


def class_counts(states: States, counts: Counts) -> LabelCounts:
    """How often each class occurs, by group."""
    return counts.counts(states[counts]) if isinstance(counts, ItemCounts) else states[counts]


def co_occurrence(states: States, counts: Counts, found: Mapping[str, int], named: Collection[str]) -> Iterator[Table]:
    """Of the most frequent classes, on how many items two of them stand, and the share of the items with either.

    `named`: the contract's classes, to which the table then keeps.
    """
    if not isinstance(counts, ItemCounts):
        return
    known = [name for name in found if name in named] if named else found
    classes = sorted(known, key=lambda name: (-found[name], name))[:MOST_TOGETHER]
    both = counts.together(states[counts], classes)
    names = [public(name, found[name], named) for name in classes]
    rows = []
    for i in range(len(classes)):
        for j in range(i + 1, len(classes)):
            n = int(both[i, j])
            if n:
                rows.append((names[i], names[j], n, Fraction(n, int(both[i, i] + both[j, j]) - n)))
    if rows:
        yield Table("co-occurrence", ("class-a", "class-b", "items", "share"), tuple(rows))
