"""Label documents as AI Hub has them: JSON of any layout, read as the contract's `reader` property says (`aihubplan`).

One document an item, one an object, or many items in one; objects in lists within lists; numbers as strings where the
contract says so. What is not as agreed is a defect at its JSON pointer, and the rest of the label stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsonvalues import step
from include.deliveries.readers.labels.aihubgeometry import draw
from include.deliveries.readers.labels.aihubplan import NUMBERS, OPTIONS, TEXTS, Place, Plan, plan_of
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.documents import load
from include.deliveries.readers.labels.pointers import Known, Pointer, resolve
from include.deliveries.readers.labels.taking import MISSING, Taking, as_json


class AiHubReader(LabelReader):
    """One JSON document a file."""

    format = "aihub"
    options: ClassVar[Mapping[str, Any]] = label_options(**OPTIONS)

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader. What a schema finds is told after, unless it is told already."""
        tree = load(path, name, self.limits, spec.reader.get("encoding"))
        if isinstance(tree, Defect):
            yield tree
            return
        told: set[str] = set()
        for item in _File(name, _plans.of(spec)).labels(tree):
            if isinstance(item, Defect):
                told.add(item.pointer)
            yield item
        if "schema" in spec.reader:
            from include.deliveries.readers.labels.documentschema import violations

            found = violations(tree, name, spec.reader["schema"])
            yield from (violation for violation in found if violation.pointer not in told)


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

    def labels(self, tree: object) -> Iterator[Label | Defect]:
        for document, at in self._each(tree, self._plan.documents, "", required=True):
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
        for found, place in self._each(document, plan.objects, at, required=plan.requires("objects")):
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

    def _each(self, value: object, path: Pointer, at: str, *, required: bool) -> Iterator[tuple[object, str]]:
        """The values at a pointer with `*`, with their pointers; a list at its end stands for its elements."""
        for i, key in enumerate(path):
            if key == "*":
                for j, inner in enumerate(self._list(value, at)):
                    yield from self._each(inner, path[i + 1 :], at + step(j), required=required)
                return
            if not isinstance(value, dict | Known | list):
                self._taking.wrong(at, "object", value)
                return
            value, at = resolve(value, (key,)), at + step(key)
            if value is MISSING or (value is None and not required):
                self._taking.absent(value, at, required=required)
                return
        if isinstance(value, list) and path[-1:] != ("*",):
            yield from ((inner, at + step(j)) for j, inner in enumerate(value))
        elif path and not isinstance(value, list | dict | Known):
            self._taking.wrong(at, "object" if path[-1] == "*" else "array or object", value)
        else:
            yield value, at

    def _list(self, value: object, at: str) -> list[object]:
        if isinstance(value, list):
            return value
        self._taking.wrong(at, "array", value)
        return []

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
        for place in self._plan.attributes:
            value, at = scope.find(place)
            if self._taking.absent(value, at, required=self._plan.requires("attributes")):
                continue
            if self._plan.whole:
                return as_json(value)
            told[place.text] = value
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
