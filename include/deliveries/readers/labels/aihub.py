"""Label documents as AI Hub has them: JSON of any layout, read as the contract's `reader` property says (`aihubplan`).

One document an item, one an object, or many items in one; objects in lists within lists; numbers as strings where the
contract says so. What is not as agreed is a defect at its JSON pointer, and the rest of the label stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.labels.aihubgeometry import draw
from include.deliveries.readers.labels.aihubplan import NUMBERS, OPTIONS, TEXTS, Place, Plan, plan_of
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.documents import load, stream
from include.deliveries.readers.labels.pointers import Known, each, resolve
from include.deliveries.readers.labels.taking import MISSING, Taking, as_json


class AiHubReader(LabelReader):
    """One JSON document a file."""

    format = "aihub"
    options: ClassVar[Mapping[str, Any]] = label_options(**OPTIONS)

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader. What a schema finds is told after, unless it is told already."""
        plan = _plans.of(spec)
        file = _File(name, plan)
        for found in self._documents(path, name, spec, plan):
            if isinstance(found, Defect):
                yield found
                continue
            told: set[str] = set()
            for item in self.examined(file.labels(*found), found[0], name, spec):
                if isinstance(item, Defect):
                    told.add(item.pointer)
                yield item
            if "schema" in spec.reader:
                yield from _violations(*found, name, spec.reader["schema"], told)

    def examined(
        self,
        found: Iterable[Label | Defect],
        document: object,  # noqa: ARG002 - for who knows more of it
        name: str,  # noqa: ARG002
        spec: ObjectSpec,  # noqa: ARG002
    ) -> Iterable[Label | Defect]:
        """What a document says, with what a reader of one kind of document finds wrong in it."""
        return found

    def _documents(self, path: Path, name: str, spec: ObjectSpec, plan: Plan) -> Iterator[tuple[object, str] | Defect]:
        """The documents of a file with their pointers; one by one if they are too many to be held."""
        encoding = spec.reader.get("encoding")
        if plan.documents[-1:] == ("*",) and path.stat().st_size > self.limits.record_chars:
            yield from stream(path, name, self.limits, encoding, plan.documents[:-1])
            return
        tree = load(path, name, self.limits, encoding)
        if isinstance(tree, Defect):
            yield tree
        else:
            taking = Taking(name)
            yield from each(tree, plan.documents, "", taking, required=True)
            yield from taking.told()


def _violations(document: object, at: str, name: str, schema: Mapping[str, Any], told: set[str]) -> Iterator[Defect]:
    from include.deliveries.readers.labels.documentschema import violations

    yield from (found for found in violations(document, at, name, schema) if found.pointer not in told)


class _Plans:
    """The plan of the contract object at hand: a delivery has many files of one."""

    def __init__(self) -> None:
        self._last: tuple[ObjectSpec, Plan] | None = None

    def of(self, spec: ObjectSpec) -> Plan:
        last = self._last
        if last is None or last[0] is not spec:
            last = self._last = (spec, plan_of(spec))
        return last[1]


_plans = _Plans()


class _File:
    """One file being read."""

    def __init__(self, name: str, plan: Plan) -> None:
        self._plan = plan
        self._taking = Taking(name, plan.numbers)
        self._row = 0

    def labels(self, document: object, at: str) -> Iterator[Label | Defect]:
        """The labels of a document at a pointer."""
        self._taking.row = -1
        if isinstance(document, dict | Known):
            yield from self._document(document, at)
        else:
            self._taking.wrong(at, "object", document)
        yield from self._taking.told()

    def _document(self, document: object, at: str) -> Iterator[Label | Defect]:
        plan, taking = self._plan, self._taking
        taking.row = -1
        whole = _Scope(document, at, document, at)
        item = None if plan.item is None else self._text(whole, "item", plan.item) or ""
        sides = [self._side(whole, name) for name in ("width", "height")]
        for found, place in each(document, plan.objects, at, taking, required=plan.requires("objects")):
            taking.row = self._row
            label = Label(pointer=place, row=self._row, item_id=item, item_width=sides[0], item_height=sides[1])
            if isinstance(found, dict | Known):
                self._object(label, _Scope(document, at, found, place))
            else:
                taking.wrong(place, "object", found)
            self._row += 1
            yield label
            yield from taking.told()
            taking.row = -1
        yield from taking.told()

    def _object(self, label: Label, scope: _Scope) -> None:
        plan, taking = self._plan, self._taking
        for name in TEXTS:
            if name in plan.places:
                setattr(label, name, self._text(scope, name, plan.places[name]))
        for name in NUMBERS:
            if name in plan.places:
                value, at = scope.find(plan.places[name])
                setattr(label, name, taking.number(value, at, required=plan.requires(name)))
        if "labels" in plan.places:
            label.labels = self._texts(scope, plan.places["labels"])
        label.attributes = self._attributes(scope)
        if plan.annotator is not None:
            label.annotator_id = self._near(scope, "annotator", plan.annotator)
        if plan.split is not None:
            split = self._near(scope, "split", plan.split)
            label.split = None if split is None else plan.splits.get(split, split)
        label.kind = _kind(plan)
        if plan.geometries:
            draw(label, plan.geometries, scope.find, taking, required=plan.requires("geometry"))

    def _text(self, scope: _Scope, name: str, place: Place) -> str | None:
        value, at = scope.find(place)
        return self._taking.name(value, at, required=self._plan.requires(name))

    def _near(self, scope: _Scope, name: str, place: Place) -> str | None:
        """A text of the object, or else of its document."""
        if not place.from_document and resolve(scope.object, place.path) is MISSING:
            above = resolve(scope.document, place.path)
            if above is not MISSING:
                return self._taking.name(above, scope.document_at + place.text)
        return self._text(scope, name, place)

    def _side(self, scope: _Scope, name: str) -> int | None:
        place = self._plan.places.get(name)
        if place is None:
            return 1 if any(geometry.ratio for geometry in self._plan.geometries) else None
        value, at = scope.find(place)
        return self._taking.integer(value, at, required=self._plan.requires(name))

    def _texts(self, scope: _Scope, place: Place) -> list[str] | None:
        value, at = scope.find(place)
        if self._taking.absent(value, at, required=self._plan.requires("labels")):
            return None
        if not isinstance(value, list):
            self._taking.wrong(at, "array", value)
            return None
        found = [self._taking.name(MISSING if inner is None else inner, at + step(i)) for i, inner in enumerate(value)]
        return [text for text in found if text is not None]

    def _attributes(self, scope: _Scope) -> str | None:
        told: dict[str, object] = {}
        for key, place in self._plan.attributes:
            value, at = scope.find(place)
            if self._taking.absent(value, at, required=self._plan.requires("attributes")):
                continue
            if self._plan.whole:
                return as_json(value)
            told[key] = value
        return as_json(told)


class _Scope:
    """A label object and the document that it is in, with their pointers."""

    __slots__ = ("at", "document", "document_at", "object")

    def __init__(self, document: object, document_at: str, found: object, at: str) -> None:
        self.document = document
        self.document_at = document_at
        self.object = found
        self.at = at

    def find(self, place: Place) -> tuple[object, str]:
        """The value at a place (or MISSING) and its pointer."""
        if place.from_document:
            return resolve(self.document, place.path), self.document_at + place.text
        return resolve(self.object, place.path), self.at + place.text


def _kind(plan: Plan) -> str:
    """The kind of labels without geometry."""
    if plan.kind is not None:
        return plan.kind
    for name, kind in (("labels", "labels"), ("start", "span"), ("text", "transcript"), ("value", "value")):
        if name in plan.places and (name != "text" or "label" not in plan.places):
            return kind
    return "class"
