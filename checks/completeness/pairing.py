"""Pairing of samples and labels (원천데이터 <-> 라벨링데이터): every sample has its label file where the rule says, and back.

Works on the delivery's files alone, archive members included. A file is told once at most: that it is empty, the second of
its name, in another folder than its partner's, or without a partner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.defects import DefectTally
from checks.analyzers.failing import EXAMPLES, FAILURE_ROWS, Failing, ranges_of
from checks.analyzers.gather import Gather, Gathered, groups
from checks.columns import Col, View
from checks.completeness.pairing_rules import PairingRule, split
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, State, States, Table
from checks.row_rule import NONE
from checks.schema.readable import defect_tables
from checks.validity.fault_lists import Listed, fault_tables, smallest

DELIVERY = "delivery"

CODES: Mapping[str, str] = {
    "label-without-item": "file",
    "item-without-label": "file",
    "wrong-folder": "structure",
    "duplicate-stem": "file",
    "zero-bytes": "file",
}
"""What can be wrong with a file of a pair, and its error list."""

_KEPT = (Col("path", "string"), Col("folder", "string"), Col("label", "boolean"), Col("bytes", "integer"))
_READ = (Col("path", "string"), Col("object", "string"), Col("bytes", "integer"))


@dataclass(frozen=True)
class PairedFiles(Analyzer[Gathered]):
    """The files of two schema objects, by stem."""

    state_type: ClassVar[type[State]] = Gathered

    object: str
    labels: str
    items: str
    rule: PairingRule

    def columns(self) -> frozenset[str]:
        """The delivery's."""
        return frozenset(col.name for col in _READ)

    def zero(self) -> Gathered:
        """No file."""
        return Gathered()

    def observe(self, view: View) -> Gathered:
        """One batch of the delivery's files."""
        objects = view.typed(_READ[1]).cast(pa.large_string())
        wanted = pa.array([self.labels, self.items], pa.large_string())
        at = np.flatnonzero(pc.is_in(objects, value_set=wanted).to_numpy(zero_copy_only=False))
        chosen = pa.array(at)
        paths = view.typed(_READ[0]).cast(pa.large_string()).take(chosen)
        label = pc.equal(objects.take(chosen), self.labels).to_numpy(zero_copy_only=False)
        folders, stems = split(paths, label)
        table = pa.record_batch({
            "path": paths,
            "stem": stems,
            "folder": self._keys(folders, label),
            "label": pa.array(label),
            "bytes": view.typed(_READ[2]).take(chosen),
        })  # fmt: skip
        kept = replace(
            view.batch, table=table, rows=view.rows()[at], origins=(), pointers=pa.repeat("", len(at)), lexical=False
        )
        return Gather(self.object, Col("stem", "string"), _KEPT).observe(View(kept))

    def _keys(self, folders: pa.LargeStringArray, label: np.ndarray) -> pa.LargeStringArray:
        """By the rule, found once a folder."""
        known = pc.fill_null(folders, "").dictionary_encode()
        names, codes = known.dictionary.to_pylist(), known.indices.to_numpy(zero_copy_only=False)
        of_label, of_item = self.rule.folders()
        keys = pa.array([*map(of_label, names), *map(of_item, names)], pa.large_string())
        return keys.take(pa.array(np.where(label, codes, codes + len(names))))


class File(NamedTuple):
    """A file of a pair: its path in the delivery, the key of its folder, and its size."""

    path: str
    folder: str
    bytes: int


class Fault(NamedTuple):
    """What is wrong with a file."""

    path: str
    code: str


class Pairs(NamedTuple):
    """Of one stem: how many pairs there are, and what is wrong."""

    pairs: int
    faults: list[Fault]


def paired(labels: Iterable[File], items: Iterable[File], *, one_stem: bool) -> Pairs:
    """The files of one stem. `one_stem`: a stem is an item's id, so a second file of it is wrong wherever it lies."""
    own, others = sorted(labels), sorted(items)
    faults = [Fault(file.path, "zero-bytes") for file in (*own, *others) if file.bytes == 0]
    both = {file.folder for file in own} & {file.folder for file in others}
    own, twice = _once(own, both, one_stem=one_stem)
    others, again = _once(others, both, one_stem=one_stem)
    faults += [Fault(file.path, "duplicate-stem") for file in (*twice, *again)]
    mine, theirs = {file.folder for file in own}, {file.folder for file in others}
    lost = [file for file in own if file.folder not in theirs]
    left = [file for file in others if file.folder not in mine]
    for label, item in zip_longest(lost, left):
        if label is not None and item is not None:
            faults.append(Fault(label.path, "wrong-folder"))
        elif label is not None:
            faults.append(Fault(label.path, "label-without-item"))
        else:
            faults.append(Fault(item.path, "item-without-label"))
    first = {fault.path: fault for fault in reversed(faults)}
    return Pairs(len(own) - len(lost), [fault for fault in faults if first[fault.path] is fault])


def _once(files: list[File], both: set[str], *, one_stem: bool) -> tuple[list[File], list[File]]:
    """The files that stand for themselves, and those of a name that another has; one with a partner goes first."""
    seen: set[str] = set()
    kept: list[File] = []
    twice: list[File] = []
    for file in sorted(files, key=lambda f: (f.folder not in both, f.path)):
        key = "" if one_stem else file.folder
        (twice if key in seen else kept).append(file)
        seen.add(key)
    return kept, twice


@dataclass(frozen=True)
class Pairing(Check):
    """The number of files without their partner, of empty ones, and of those that another has the name of."""

    id: ClassVar[str] = "pairing"
    family: ClassVar[str] = "completeness"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Com-ML-4", "nia": "완전성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "rule": {"enum": ["ai-hub", "stem", "path"]},
            "from": {"type": "string", "minLength": 1, "description": "the folder of the labels (rule path)"},
            "to": {
                "type": "string",
                "minLength": 1,
                "description": "the folder of the samples in its place (rule path)",
            },
            "items": {"type": "string", "description": "the object of the samples"},
        },
        "required": ["rule"],
        "dependentRequired": {"from": ["to"], "to": ["from"]},
        "additionalProperties": False,
    }
    needs_rows: ClassVar[bool] = False

    files: PairedFiles
    one_stem: bool

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """Derived from `pairing` of an annotations object; `one_stem` where an item's id is its stem."""
        given = decl.params
        if "items" not in given:
            raise Misdeclared("items", "it is not clear which object holds the samples", "name it: items: <object>")
        if "item_id" not in decl.other("items", given["items"]):
            raise Misdeclared(
                "items", f"{given['items']!r} holds no samples", "name an object of images, audio, video or texts"
            )
        if given["rule"] != "path" and "from" in given:
            raise Misdeclared(
                "from", f"the rule {given['rule']} moves no folder", "from and to belong to the rule path"
            )
        rule = PairingRule(given["rule"], given.get("from", "").strip("/"), given.get("to", "").strip("/"))
        files = PairedFiles(DELIVERY, decl.object, given["items"], rule)
        return cls(decl.rule, decl.object, NONE, files, given.get("one_stem", True) or rule.name == "stem")

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The delivery's files."""
        return (self.files,)

    def columns(self) -> frozenset[str]:
        """None of its own object."""
        return frozenset()

    def judge(self, states: States) -> Outcome:
        """Stem by stem."""
        counts, codes, places = Counter[str](), Counter[str](), Failing()
        told: list[Listed] = []
        for table in _tables(states[self.files]):
            faults: list[Fault] = []
            whole, others = _plain_pairs(table)
            counts.update(labels=whole, items=whole, pairs=whole)
            for labels, items in _stems(others):
                found = paired(labels, items, one_stem=self.one_stem)
                counts.update(labels=len(labels), items=len(items), pairs=found.pairs)
                faults += found.faults
            codes.update(f"{CODES[fault.code]}/{fault.code}" for fault in faults)
            places = places.merge(_places(faults))
            told = smallest((*told, *(Listed(f.path, -1, "", CODES[f.code], f.code) for f in faults)))
        rows = tuple((name, counts[name]) for name in ("items", "labels", "pairs"))
        return Outcome(
            Metric.count("pairing-faults", codes.total()),
            counts["labels"] + counts["items"],
            detail=(
                Table("pairing", ("files", "count"), rows),
                *defect_tables(DefectTally(dict(codes), places)),
                *fault_tables(told),
            ),
            failures=places.failures(),
            violation=None if counts.total() else "empty-delivery",
        )


def _tables(state: Gathered) -> Iterator[pa.Table]:
    return (table for (table,) in state.partitions() if table is not None)


def _plain_pairs(table: pa.Table) -> tuple[int, pa.Table]:
    """How many stems have one label file and one sample, neither empty, of one folder; and the files of all others."""
    first = table.column("stem").combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    starts = np.flatnonzero(np.diff(first, prepend=-1))
    two = starts[np.diff(starts, append=len(first)) == 2]
    label = table.column("label").to_numpy()
    filled = table.column("bytes").to_numpy() > 0
    folder = table.column("folder").combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    right = two[(label[two] != label[two + 1]) & filled[two] & filled[two + 1] & (folder[two] == folder[two + 1])]
    rest = np.ones(len(first), dtype=bool)
    rest[right] = rest[right + 1] = False
    return len(right), table.filter(pa.array(rest))


def _stems(table: pa.Table) -> Iterator[tuple[list[File], list[File]]]:
    """The label files and the samples of each stem."""
    columns = [table.column(name).to_pylist() for name in ("path", "folder", "bytes", "label")]
    rows = list(zip(*columns, strict=True))
    for _, start, stop in groups(table, "stem"):
        sides: tuple[list[File], list[File]] = ([], [])
        for path, folder, size, label in rows[start:stop]:
            sides[0 if label else 1].append(File(path, folder, size))
        yield sides


def _places(faults: list[Fault]) -> Failing:
    """Whole files."""
    whole = ranges_of(np.array([-1], dtype=np.int64))
    ordered = sorted(faults, key=lambda fault: (fault.path.encode("utf-8", "surrogatepass"), fault.code))
    files = dict.fromkeys((fault.path for fault in ordered[:FAILURE_ROWS]), whole)
    return Failing(len(faults), len(faults), files, tuple((path, -1, "", code) for path, code in ordered[:EXAMPLES]))
