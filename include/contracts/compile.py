"""A document that has passed both schemas -> Contract: drafts become checks through the catalogue.

What a check refuses (Misdeclared), name clashes and targets that no data, or all data, can meet are problems here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from checks.columns import Col
from checks.kernel import Check, Declaration, Misdeclared, Rule
from include.contracts.customs import CONTRACT, customs
from include.contracts.derived import columns_of, of_delivery, of_object, of_property
from include.contracts.draft import Draft, Words
from include.contracts.media import completed, declares_validity, of_labels, of_stream, same_classes
from include.contracts.model import Contract, NotChecked
from include.contracts.node import Node
from include.contracts.objects import Object, read_objects
from include.contracts.problems import Path, Problems
from include.contracts.quality import of_quality
from include.contracts.ranges import measure_of, range_of
from include.contracts.relationships import of_relationships
from include.contracts.targets import OPERATORS, possible, show, vacuous
from include.contracts.vocabulary import Catalogue
from include.contracts.yaml import Value


@dataclass(frozen=True, slots=True)
class Compiled:
    """A contract, and the drafts of its checks in the same order, for what is judged about the contract itself."""

    contract: Contract
    drafts: tuple[Draft, ...]


def compile_contract(
    document: Mapping[str, Value], problems: Problems, *, catalogue: Catalogue, digest: str
) -> Compiled:
    """The contract of `document`. It is of use only if `problems` has no error afterwards."""
    root = Node(document, ())
    own = customs(root, CONTRACT, problems)
    programme = own["programme"][0] if "programme" in own else None
    closed = own.get("closed", (False, ()))[0] is True
    objects = read_objects(root, problems)
    columns = {found.spec.name: {spec.col.name: spec.col for spec in found.spec.columns} for found in objects}
    builder = _Builder(catalogue, problems, columns)
    for draft in of_delivery(closed=closed):
        builder.add(draft, {})
    for found in objects:
        _object(found, objects, builder, problems)
    contract = Contract(
        id=root.text("id") or "",
        version=root.text("version") or "",
        name=root.text("name") or root.text("id") or "",
        digest=digest,
        programme=programme if isinstance(programme, str) else "",
        objects=tuple(found.spec for found in objects),
        checks=tuple(check for _, check in builder.built),
        not_checked=tuple(builder.left_out),
        closed=closed,
    )
    return Compiled(contract, tuple(draft for draft, _ in builder.built))


def _object(found: Object, objects: Sequence[Object], builder: _Builder, problems: Problems) -> None:
    """The rules of one object; `columns` comes second, after what can be read at all."""
    columns = {spec.col.name: spec.col for spec in found.spec.columns}
    start = len(builder.built)
    for given in chain(_rules(found, objects, problems), of_relationships(found, objects, problems)):
        draft = completed(given, found, objects)
        if isinstance(draft, Words):
            builder.leave_out(draft)
        else:
            same_classes(draft, found, problems)
            builder.add(draft, columns)
    rules = builder.built[start:]
    used = frozenset().union(*(check.columns() for _, check in rules))
    builder.add(columns_of(found, used), columns)
    builder.built.insert(start + 1, builder.built.pop())


def _rules(found: Object, objects: Sequence[Object], problems: Problems) -> Iterator[Draft | Words]:
    """Every rule of an object, in the contract's order, but `columns`, which needs the others' columns."""
    sources = {spec.source: spec.col.name for spec in found.spec.columns if spec.source != spec.col.name}
    yield from of_object(found, tolerant=declares_validity(found))
    yield from of_labels(found, objects, problems)
    yield from of_stream(found)
    for item in found.properties:
        yield from of_property(found.spec.name, item, problems)
        yield from of_quality(found.spec.name, item.node, item.name, problems, sources)
    yield from of_quality(found.spec.name, found.node, None, problems, sources)


@dataclass
class _Builder:
    """Builds checks, keeping names unique."""

    catalogue: Catalogue
    problems: Problems
    objects: Mapping[str, Mapping[str, Col]]
    built: list[tuple[Draft, Check]] = field(default_factory=list)
    left_out: list[NotChecked] = field(default_factory=list)
    _names: dict[str, Path] = field(default_factory=dict)

    def add(self, draft: Draft, columns: Mapping[str, Col]) -> None:
        """The check of `draft`, unless something is wrong with it."""
        self._name(draft.name, draft.path)
        kind = self.catalogue.get(draft.check)
        if kind is None:
            if draft.derived:
                self.problems.add(
                    draft.path, "not-supported", word=draft.segment, help="leave it out", help_ko="빼세요"
                )
            return
        if draft.path and self.problems.broken(draft.path):
            return
        if not self._target(draft):
            return
        rule = Rule(draft.name, draft.segment, draft.severity)
        declaration = Declaration(
            rule, draft.object, columns, draft.params, draft.target, draft.column, draft.unit, self.objects
        )
        try:
            check = kind.build(declaration)
        except Misdeclared as wrong:
            path = draft.path if draft.derived else draft.at(*inner_path(wrong.path))
            self.problems.report(path, "misdeclared", {"why": wrong.message}, hint=wrong.hint)
            return
        self.built.append((draft, check))

    def leave_out(self, words: Words) -> None:
        """A rule in words has a name too."""
        self._name(words.left_out.rule, words.path)
        self.left_out.append(words.left_out)

    def _name(self, name: str, path: Path) -> None:
        if name in self._names:
            first = self.problems.place(self._names[name])[0]
            self.problems.add(path, "rule-clash", word=name, first=first)
        self._names.setdefault(name, path)

    def _target(self, draft: Draft) -> bool:
        """Can the target be met, and can it be missed? A rule that nothing fails would pass for a check."""
        if draft.target is None:
            return True
        within = range_of(draft.check, measure_of(draft.params, draft.unit))
        met = possible(draft.target, within)
        if not met or vacuous(draft.target, within):
            word = next(word for word, op in OPERATORS.items() if op == draft.target.op)
            words = {"target": show(draft.target), "range": within}
            self.problems.report(draft.at(word), "target-vacuous" if met else "target-impossible", words)
        return met


def inner_path(text: str) -> Path:
    """`raters[1].x` of a Misdeclared as path parts."""
    return tuple(int(i) if i else key for key, i in re.findall(r"([^.\[\]]+)|\[(\d+)\]", text))
