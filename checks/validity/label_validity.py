"""Label validity (구문정확성): every label of an annotations object, alone, beside its item and beside its like.

What is wrong stands in the three lists 형식오류, 구조오류, 파일오류 together with what the readers could not read, and is
counted over three denominators: files, objects (labels) and values. The metric is the share that is right of one of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.defects import DefectTally
from checks.analyzers.failing import Failing
from checks.analyzers.gather import Gather
from checks.analyzers.gathered_places import failing_in
from checks.analyzers.value_counts import ValueCounts
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States, Table, Target
from checks.schema.readable import defect_tables
from checks.streams import ANNOTATIONS
from checks.validity.fault_lists import MOST, Listed, fault_tables, smallest
from checks.validity.faults import FAULTS, PARTS, TELLABLE, TOLD, Marks, mask_of, of_part
from checks.validity.label_defects import DefectPlaces, LabelDefects, digests
from checks.validity.label_facts import LabelFacts
from checks.validity.label_faults import Agreed
from checks.validity.label_join import ITEM_FACTS, joined_faults

Measure = Literal["objects", "files", "values"]
"""What the share is of: labels, label files, or the labels' values."""

MEASURES: tuple[Measure, ...] = ("objects", "files", "values")

ALL = Target(">=", (Decimal(1),))
"""Every label is valid: the target where the contract names none."""

DELIVERED = ValueCounts("delivery", Col("object", "string"))
"""How many files of the delivery are each object's."""


@dataclass
class _Counted:
    """What the partitions add up to. `borne`: the readers' findings that some label bears; `files`: those with a label,
    `wrong_files`: those with a wrong one."""

    known: DefectPlaces
    labels: int = 0
    wrong: int = 0
    values: int = 0
    wrong_values: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    places: Failing = field(default_factory=Failing)
    faults: list[Listed] = field(default_factory=list)
    borne: set[int] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    wrong_files: set[str] = field(default_factory=set)

    def add(self, labels: pa.Table, marks: Marks) -> None:
        """The labels of one partition and their faults."""
        self._hear(labels, marks)
        wrong = np.flatnonzero(marks.bits)
        self.labels += labels.num_rows
        self.wrong += wrong.size
        self._values(labels, marks)
        self.files.update(pc.unique(labels.column("file")).to_pylist())
        self.wrong_files.update(pc.unique(labels.column("file").take(pa.array(wrong))).to_pylist())
        told = (marks.bits & np.int64(TOLD)) != 0
        listed = np.where(told, marks.bits & ~np.int64(TOLD | mask_of(TELLABLE)), marks.bits)
        for code, fault in FAULTS.items():
            count = int(np.count_nonzero(listed & np.int64(1 << fault.bit)))
            if count:
                self.codes[f"{fault.list}/{code}"] += count
        found = failing_in(labels, np.flatnonzero(listed), labels.num_rows, lambda at: _words(int(listed[at])))
        self.places = self.places.merge(found)
        self._list(labels, listed)

    def _list(self, labels: pa.Table, listed: np.ndarray) -> None:
        """The faults with their places, the smallest of all."""
        hits = np.flatnonzero(listed)
        some = labels.select(["file", "row", "pointer"]).take(pa.array(hits))
        places = zip(*(column.to_pylist() for column in some.columns), listed[hits].tolist(), strict=True)
        for file, row, pointer, bits in places:
            named = (fault for fault in FAULTS.values() if bits >> fault.bit & 1)
            self.faults += (Listed(file, row, pointer, fault.list, fault.code) for fault in named)
        if len(self.faults) > 2 * MOST:
            self.faults = smallest(self.faults)

    def _hear(self, labels: pa.Table, marks: Marks) -> None:
        """Marks the labels that a reader has told of."""
        if not self.known.pointers:
            return
        told_of = pa.array(self.known.named(), pa.large_string())
        hits = np.flatnonzero(pc.is_in(labels.column("file"), value_set=told_of).to_numpy())
        places = labels.select(["file", "pointer"]).take(pa.array(hits)).to_pylist()
        for at, place in zip(hits.tolist(), places, strict=True):
            below = self.known.below(place["file"], place["pointer"])
            if below:
                self.borne.update(below)
                marks.bits[at] |= np.int64(TOLD)

    def _values(self, labels: pa.Table, marks: Marks) -> None:
        """A value that should be there and is not counts as one that is wrong."""
        there = labels.column("parts").to_numpy()
        for i, part in enumerate(PARTS):
            wrong = (marks.bits & np.int64(of_part(part))) != 0
            self.values += int(np.count_nonzero(wrong | ((there >> i) & 1 == 1)))
            self.wrong_values += int(np.count_nonzero(wrong))

    def shares(self, delivered: int) -> dict[Measure, tuple[int, int]]:
        """Total and wrong of each denominator; `delivered`: the files that are the object's."""
        lost = len(self.known.pointers) - len(self.borne) + self.known.cut
        unread = self.known.faulty()
        seen, wrong = (len(np.union1d(digests(files), unread)) for files in (self.files, self.wrong_files))
        return {
            "files": (max(delivered, seen), wrong),
            "objects": (self.labels + lost, self.wrong + lost),
            "values": (self.values, self.wrong_values),
        }


def _words(bits: int) -> str:
    return ", ".join(code for code, fault in FAULTS.items() if bits >> fault.bit & 1)


@dataclass(frozen=True)
class LabelValidity(Check):
    """The share of labels (or label files, or their values) without a fault. What a reader could not read makes the label
    wrong in which it stands, and is one more wrong label where it stands in none."""

    id: ClassVar[str] = "label-validity"
    family: ClassVar[str] = "validity"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-1", "nia": "구문정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "measure": {"enum": list(MEASURES), "description": "share of what; default objects"},
            "classes": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "uniqueItems": True,
                "description": "the classes agreed; default: those of the reader, if it names them",
            },
            "classed": {"type": "boolean", "description": "whether every label has a class; default true"},
            "keypoints": {
                "type": "object",
                "properties": {"count": {"type": "integer", "minimum": 1}},
                "required": ["count"],
                "additionalProperties": False,
            },
            "items": {"type": "string", "description": "the object of the items that the labels are of"},
            "paired": {"type": "boolean", "description": "whether a label file is named after its item"},
        },
        "additionalProperties": False,
    }

    measure: Measure
    agreed: Agreed
    items: Gather | None

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """For annotations objects; their items, if the contract has any."""
        if not {col.name for col in ANNOTATIONS} <= decl.columns.keys():
            raise Misdeclared("check", f"{decl.object!r} holds no labels", "label-validity is for annotations objects")
        given = decl.params
        classes = tuple(sorted(given["classes"])) if "classes" in given else None
        count = given["keypoints"]["count"] if "keypoints" in given else None
        agreed = Agreed(classes, bool(given.get("classed", True)), count, bool(given.get("paired", False)))
        measure: Measure = given.get("measure", "objects")
        return cls(decl.rule, decl.object, decl.target or ALL, measure, agreed, _items(decl))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Labels and items by item, the readers' defects, and the delivery's files by object."""
        needed: tuple[Analyzer[Any], ...] = (self._labels(), self._defects(), DELIVERED)
        return needed if self.items is None else (*needed, self.items)

    def columns(self) -> frozenset[str]:
        """The stream's own."""
        return self._labels().columns()

    def _labels(self) -> LabelFacts:
        return LabelFacts(self.object, self.agreed)

    def _defects(self) -> LabelDefects:
        return LabelDefects(self.object)

    def judge(self, states: States) -> Outcome:
        """One pass over labels and items, partition by partition."""
        labels, defects = states[self._labels()], cast("DefectPlaces", states[self._defects()])
        others = () if self.items is None else (states[self.items],)
        counted = _Counted(defects)
        for own, *beside in labels.partitions(*others):
            if own is not None:
                counted.add(own, joined_faults(own, beside[0] if beside else None))
        shares = counted.shares(states[DELIVERED].classes().get(self.object, 0))
        total, wrong = shares[self.measure]
        both = DefectTally(dict(counted.codes), counted.places).merge(DefectTally(defects.codes, defects.places))
        rows = tuple((name, *counts, Fraction(counts[1], max(counts[0], 1))) for name, counts in shares.items())
        return Outcome(
            Metric.ratio(f"valid-{self.measure}", total - wrong, total),
            counted.labels,
            detail=(
                Table("denominators", ("denominator", "total", "wrong", "wrong-share"), rows),
                *defect_tables(both),
                *fault_tables((*defects.listed(), *counted.faults)),
            ),
            failures=both.places.failures(),
        )


def _items(decl: Declaration) -> Gather | None:
    """The items' facts by id; None where the contract has no items."""
    name = decl.params.get("items")
    if name is None:
        return None
    columns = decl.other("items", name)
    if any(col.name not in columns for col in (Col("item_id", "string"), *ITEM_FACTS)):
        raise Misdeclared("items", f"{name!r} holds no items", "name an object of images, audio, video or texts")
    return Gather(name, columns["item_id"], ITEM_FACTS)
