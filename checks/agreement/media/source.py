"""Where labels to be compared come from: the raters of one object, or several objects, each a rater; gold, if there is one.

From gathered partitions it makes `Labels`: the labels of some whole items, sorted by item, rater and place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.agreement.media.kinds import ITEM, LABEL, PLACE, RATER, Kind, demand
from checks.analyzers import where
from checks.analyzers.gather import Gather
from checks.analyzers.labels import labels
from checks.batch import Batch
from checks.columns import Col, View
from checks.kernel import Declaration, Misdeclared, States

_WHO = "\x00who"
"""The rater of each label, whatever its column."""

_GOLD = "\x00gold"
"""Is the label of the reference?"""

GOLD = -2
"""The code of the reference among raters: it has no name, which a rater might bear too."""


@dataclass(frozen=True, slots=True)
class Object:
    """Labels of one schema object. `rater`: who all of them are by; None where each says so itself. `otherwise`: who
    those are by that do not say so; None where such a label cannot be used. `gold`: all are the reference's. `rows`:
    of a table, its columns of rater, label and gold (or none)."""

    gather: Gather
    rater: str | None = None
    otherwise: str | None = None
    gold: bool = False
    rows: tuple[Col, Col, Col | None] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """`annotators`: those who are compared, None for all; `gold`: the annotator who is the reference."""

    kind: Kind
    objects: tuple[Object, ...]
    annotators: tuple[str, ...] | None = None
    gold: str | None = None
    where: where.Where | None = None

    @property
    def declared(self) -> tuple[str, ...]:
        """Raters that the contract names."""
        own = tuple(o.rater for o in self.objects if o.rater is not None)
        others = tuple(o.otherwise for o in self.objects if o.otherwise is not None)
        return (*own, *others, *(self.annotators or ()))

    @property
    def expected(self) -> tuple[str, ...]:
        """Raters who must take part."""
        return self.annotators or (tuple(o.rater for o in self.objects if o.rater) if len(self.objects) > 1 else ())

    def analyzers(self) -> tuple[Gather, ...]:
        """What is gathered."""
        return tuple(o.gather for o in self.objects)


def gathered(name: str, kind: Kind, filtered: where.Where | None, more: tuple[Col, ...] = ()) -> Gather:
    """The columns of a kind, by item."""
    extra = tuple(col for col, _ in filtered.terms) if filtered is not None else ()
    return Gather(name, ITEM, tuple(dict.fromkeys((*kind.over(), *more, *extra))))


def among_raters(decl: Declaration, kind: Kind) -> Source:
    """The raters of one object, or with `with` the objects themselves."""
    filtered = where.parse(decl, decl.params)
    others = tuple(decl.params.get("with", ()))
    demand(decl.columns, decl.object, kind, "value")
    for j, name in enumerate(others):
        demand(decl.other(f"with[{j}]", name), name, kind, f"with[{j}]")
    annotators = _annotators(decl)
    if others and annotators is not None:
        raise Misdeclared("annotators", "with `with` each object is a rater", "leave out one of them")
    names = (decl.object, *others)
    objects = tuple(Object(gathered(n, kind, filtered), n if others else None) for n in names)
    return Source(kind, objects, annotators, None, filtered)


def _annotators(decl: Declaration) -> tuple[str, ...] | None:
    given = decl.params.get("annotators")
    return None if given is None else tuple(given)


def against_gold(decl: Declaration, kind: Kind, more: tuple[Col, ...] = ()) -> Source:
    """The labels of one object, and gold: an annotator among them, or another object."""
    filtered = where.parse(decl, decl.params)
    demand(decl.columns, decl.object, kind, "value")
    annotators, gold = _annotators(decl), decl.params["gold"]
    own = Object(gathered(decl.object, kind, filtered, more), otherwise=decl.object)
    if "annotator" in gold:
        if annotators is not None and gold["annotator"] in annotators:
            raise Misdeclared("annotators", "the gold annotator is not judged by itself")
        return Source(kind, (own,), annotators, gold["annotator"], filtered)
    name = gold["object"]
    demand(decl.other("gold.object", name), name, kind, "gold.object")
    reference = Object(gathered(name, kind, filtered), name, gold=True)
    return Source(kind, (own, reference), annotators, None, filtered)


@dataclass
class Codes:
    """Texts as numbers, in order of first sight."""

    of: dict[str, int] = field(default_factory=dict)

    def encode(self, column: pa.ChunkedArray) -> np.ndarray:
        """Codes of a column without nulls, int64 [n]."""
        if not len(column):
            return np.zeros(0, dtype=np.int64)
        encoded = column.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        numbers = [self.of.setdefault(text, len(self.of)) for text in encoded.dictionary.to_pylist()]
        return np.asarray(np.array(numbers, dtype=np.int64)[encoded.indices.to_numpy(zero_copy_only=False)])

    def ranks(self) -> tuple[tuple[str, ...], np.ndarray]:
        """The texts sorted, and each code's place among them, int64 [size]."""
        texts = list(self.of)
        order = sorted(range(len(texts)), key=texts.__getitem__)
        rank = np.empty(len(texts), dtype=np.int64)
        rank[order] = np.arange(len(texts))
        return tuple(texts[i] for i in order), rank


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of whole items, sorted by item, rater (gold first, else by name) and place.

    `item`: 0, 1, ... as items follow each other; `rater`, `label`: codes; all int64 [n]. `table` has the kind's columns
    and each label's place.
    """

    table: pa.Table
    item: np.ndarray
    rater: np.ndarray
    label: np.ndarray

    @property
    def items(self) -> int:
        """How many items there are."""
        return int(self.item[-1]) + 1 if self.item.size else 0

    def column(self, name: str) -> np.ndarray:
        """A column of numbers, float64 [n], NaN for null."""
        found = self.table.column(name).to_numpy()
        return np.asarray(found, dtype=np.float64)

    def place(self, at: int) -> tuple[str, int, str]:
        """File, row and pointer of a label."""
        file, row, pointer = (self.table.column(name)[at].as_py() for name in PLACE)
        return str(file), int(row), str(pointer)


@dataclass
class Reading:
    """Partitions of labels, and what was met in them on the way."""

    source: Source
    raters: Codes = field(default_factory=Codes)
    labels: Codes = field(default_factory=Codes)
    unidentified: int = 0
    other_kind: int = 0

    def expect(self, names: tuple[str, ...]) -> np.ndarray:
        """The codes of these raters, who may have no label at all, int64."""
        return np.array([self.raters.of.setdefault(name, len(self.raters.of)) for name in names], dtype=np.int64)

    def order(self) -> np.ndarray:
        """The order of raters by code: gold (code -2) first, then by name; int64."""
        return np.append(self.raters.ranks()[1], [-1, -1])

    def partitions(self, states: States) -> Iterator[Labels]:
        """The labels of all items, partition by partition."""
        first, *others = (states[o.gather] for o in self.source.objects)
        self.unidentified += first.keyless + sum(other.keyless for other in others)
        for tables in first.partitions(*others):
            pieces = [
                self._taken(table, given)
                for table, given in zip(tables, self.source.objects, strict=True)
                if table is not None
            ]
            found = pa.concat_tables(pieces, promote_options="permissive").combine_chunks()
            if found.num_rows:
                yield self._sorted(found)

    def _taken(self, table: pa.Table, given: Object) -> pa.Table:
        """The labels of a kind, with their rater."""
        if self.source.where is not None:
            batch = table.combine_chunks().to_batches()[0]
            table = table.filter(pa.array(self.source.where.mask(View(Batch("", batch)))))
        if given.rows is not None:
            table = _as_labels(table, given.gather.by, given.rows)
        usable = self.source.kind.usable(table)
        self.other_kind += int((~usable).sum())
        table = table.filter(pa.array(usable))
        who = self._who(table, given)
        reference = self._reference(who, given)
        known = pc.is_valid(who)
        self.unidentified += table.num_rows - int(pc.sum(known).as_py() or 0)
        names = self.source.annotators
        if names is not None and not given.gold:
            listed = pc.is_in(who, value_set=pa.array(names, pa.large_string()))
            known = pc.and_(known, pc.or_(listed, reference))
        return table.append_column(_WHO, who).append_column(_GOLD, reference).filter(known)

    def _who(self, table: pa.Table, given: Object) -> pa.ChunkedArray:
        """The rater of each label."""
        if given.rater is not None:
            return _chunked(pa.repeat(pa.scalar(given.rater, pa.large_string()), table.num_rows))
        who = _named(table.column(RATER.name).cast(pa.large_string()))
        return _chunked(who if given.otherwise is None else pc.fill_null(who, given.otherwise))

    def _reference(self, who: pa.ChunkedArray, given: Object) -> pa.ChunkedArray:
        """Which labels are gold's."""
        if given.gold or self.source.gold is None:
            return _chunked(pa.repeat(pa.scalar(given.gold), len(who)))
        return _chunked(pc.fill_null(pc.equal(who, self.source.gold), False))

    def _sorted(self, table: pa.Table) -> Labels:
        items = Codes()
        item = items.encode(table.column(ITEM.name).cast(pa.large_string()))
        item = items.ranks()[1][item]
        reference = np.asarray(table.column(_GOLD).to_numpy(), dtype=bool)
        rater = np.full(item.size, GOLD, dtype=np.int64)
        rater[~reference] = self.raters.encode(table.column(_WHO).filter(pa.array(~reference)))
        order = np.lexsort((np.arange(rater.size), self.order()[rater], item))
        label = self.labels.encode(pc.fill_null(table.column(LABEL.name).cast(pa.large_string()), ""))
        return Labels(table.take(pa.array(order)), item[order], rater[order], label[order])


GOLD_LABEL = "\x00gold-label"
"""The label that gold gives the item, of a table that has it in a column."""


def _as_labels(table: pa.Table, item: Col, rows: tuple[Col, Col, Col | None]) -> pa.Table:
    """Rating rows with the columns that labels of media have."""
    view = View(Batch("", table.combine_chunks().to_batches()[0]))
    columns = {ITEM.name: table.column(item.name), **{name: table.column(name) for name in PLACE}}
    for name, col in zip((RATER.name, LABEL.name, GOLD_LABEL), rows, strict=True):
        if col is not None:
            found = labels(view, col)
            codes = pa.array(found.codes, pa.int64(), mask=found.codes < 0)
            columns[name] = found.texts.take(codes)
    return pa.table(columns)


def _named(who: pa.ChunkedArray) -> pa.ChunkedArray:
    """Names of raters: one of blanks alone names nobody, or every label without a name would be one more rater's."""
    blank = pc.equal(pc.utf8_trim_whitespace(who), "")
    return pc.if_else(blank, pa.scalar(None, pa.large_string()), who)


def _chunked(array: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def exploded(labels: Labels, codes: Codes) -> Labels:
    """Labels that are sets, one record for each label of a set, each once an item and rater."""
    many, single = (labels.table.column(name).to_pylist() for name in ("labels", "label"))
    at: list[int] = []
    texts: list[str] = []
    seen: set[tuple[int, int, str]] = set()
    whose = zip(labels.item.tolist(), labels.rater.tolist(), strict=True)
    for k, (item, rater) in enumerate(whose):
        for text in (*(many[k] or ()), single[k]):
            if text is not None and (item, rater, text) not in seen:
                seen.add((item, rater, text))
                at.append(k)
                texts.append(text)
    chosen = np.array(at, dtype=np.int64)
    label = codes.encode(_chunked(pa.array(texts, pa.large_string())))
    return Labels(labels.table.take(pa.array(chosen)), labels.item[chosen], labels.rater[chosen], label)


ANNOTATORS: Mapping[str, Any] = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
    "uniqueItems": True,
}
SCHEMA: Mapping[str, Any] = {
    "annotators": ANNOTATORS,
    "with": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
}
"""Keys of the contract that say who labels."""
