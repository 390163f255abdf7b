"""Where a label document of AI Hub keeps what: the contract's `reader` property, as JSON Schema and read into a Plan.

Every delivery has its own layout, so the contract names each place by a JSON pointer: from a label object, or from the
document if it begins with `#`. `*` stands for every element of a list. What a pointer names must be there unless it is
listed as optional; the layout is never guessed or corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.streams import KINDS
from include.contracts.model import ObjectSpec
from include.deliveries.readers.jsoncolumns import tokens
from include.deliveries.readers.labels.pointers import POINTER, RATER_OPTION, Pointer
from include.deliveries.readers.labels.taking import Numbers
from include.deliveries.readers.pathfields import FIELD

FORMS = ("xywh", "xyxy", "cxcywh", "polygon", "polygons", "polyline", "points", "keypoints", "coco-segmentation")
TEXTS = ("label", "text", "object_id", "created_at")
NUMBERS = ("start", "end", "value")
SIDES = ("width", "height")
_OPTIONAL = ("item", "objects", "geometry", "labels", "attributes", "annotator", "split", *TEXTS, *NUMBERS, *SIDES)

_PLACE = {"type": "string", "pattern": "^#?(/([^~/]|~[01])*)*$"}


def _place(description: str) -> Mapping[str, Any]:
    return {**_PLACE, "description": description}


def _closed(required: list[str], **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


_GEOMETRY = _closed(
    ["form"],
    form={"enum": list(FORMS)},
    pointer=_PLACE,
    pointers={"type": "array", "items": _PLACE, "minItems": 4, "maxItems": 4},
    ratio={"type": "boolean"},
    when=_closed(["pointer", "is"], pointer=_PLACE, **{"is": {"type": ["string", "integer"]}}),
)

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "documents": {**POINTER, "description": "Where a file describes several items: the list of them, `*` for each element. Other pointers start there."},
    "item": _place("The item's name or id in the document; without it, the name of the label file."),
    "objects": {**POINTER, "description": "The list of label objects in the document, or the one object; `*` for each element of a list on the way. Without it, the document is the label object."},
    "label": _place("The class: a string, or an integer taken in its digits."),
    "labels": _place("A list of classes, where an object has several."),
    "text": _place("The text labelled, or the transcript."),
    "start": _place("Where a span starts: seconds, or characters."),
    "end": _place("Where a span ends."),
    "value": _place("A value on a scale."),
    "object_id": _place("The object's own id."),
    "created_at": _place("When it was labelled."),
    "width": _place("The item's width in pixels, in the document."),
    "height": _place("The item's height in pixels, in the document."),
    "attributes": {"oneOf": [_PLACE, {"type": "array", "items": _PLACE, "minItems": 1}], "description": "What else to keep of an object: the value at a pointer, or a list of pointers, each under the key that it ends in (or the whole pointer, where several end alike)."},
    "geometry": {"oneOf": [_GEOMETRY, {"type": "array", "items": _GEOMETRY, "minItems": 1}], "description": "What an object draws: `pointer` (or `pointers` to four numbers) and `form`; of a list, the first that the object has. `ratio`: ratios of the item's sides. `when`: only where a value is this."},
    "kind": {"enum": list(KINDS), "description": "The kind of label, where geometry does not say it."},
    "numbers": {"enum": ["json", "text", "either"], "description": "How numbers are written: as JSON numbers (the default), as strings, or either way."},
    "optional": {"type": "array", "items": {"enum": list(_OPTIONAL)}, "uniqueItems": True, "description": "Which of the places named may be absent."},
    "annotator": RATER_OPTION,
    "split": {"oneOf": [FIELD, _closed(["field"], field=_PLACE, values={"type": "object", "additionalProperties": {"type": "string"}})], "description": "The split, from the file's path or a field."},
    "schema": {"type": "object", "description": "JSON Schema (2020-12) that every document must satisfy. It may refer to itself alone."},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: from the document, or from the label object."""

    text: str
    path: Pointer
    from_document: bool


@dataclass(frozen=True, slots=True)
class Geometry:
    """One geometry that an object may have."""

    form: str
    places: tuple[Place, ...]
    ratio: bool = False
    when: tuple[Place, str | int] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The contract's layout, ready for use. `places`: the columns that are read as they stand; `attributes`: by their names."""

    documents: Pointer
    objects: Pointer
    item: Place | None
    places: Mapping[str, Place]
    attributes: tuple[tuple[str, Place], ...]
    whole: bool
    geometries: tuple[Geometry, ...]
    kind: str | None
    numbers: Numbers
    optional: frozenset[str]
    annotator: Place | None
    split: Place | None
    splits: Mapping[str, str] = field(default_factory=dict)

    def requires(self, name: str) -> bool:
        """Must what this option names be there?"""
        return name not in self.optional


def plan_of(spec: ObjectSpec) -> Plan:
    """The plan of a contract's `reader` property."""
    options = spec.reader
    given = options.get("attributes", [])
    shapes = options.get("geometry", [])
    split = options.get("split", {})
    annotator = options.get("annotator", {})
    return Plan(
        documents=tokens(options.get("documents", "")),
        objects=tokens(options.get("objects", "")),
        item=_place_of(options["item"]) if "item" in options else None,
        places={name: _place_of(options[name]) for name in (*TEXTS, *NUMBERS, *SIDES, "labels") if name in options},
        attributes=_named(tuple(map(_place_of, [given] if isinstance(given, str) else given))),
        whole=isinstance(given, str),
        geometries=tuple(map(_geometry, [shapes] if isinstance(shapes, Mapping) else shapes)),
        kind=options.get("kind"),
        numbers=options.get("numbers", "json"),
        optional=frozenset(options.get("optional", ())),
        annotator=_place_of(annotator["field"]) if "field" in annotator else None,
        split=_place_of(split["field"]) if "field" in split else None,
        splits=split.get("values", {}),
    )


def _place_of(text: str) -> Place:
    pointer = text.removeprefix("#")
    return Place(pointer, tokens(pointer), text.startswith("#"))


def _named(places: tuple[Place, ...]) -> tuple[tuple[str, Place], ...]:
    """Places by the key that they end in, or by the whole pointer where several end alike."""
    ends = [place.path[-1] if place.path else "" for place in places]
    names = (end if end and ends.count(end) == 1 else place.text for end, place in zip(ends, places, strict=True))
    return tuple(zip(names, places, strict=True))


def _geometry(option: Mapping[str, Any]) -> Geometry:
    places = option.get("pointers") or [option.get("pointer", "")]
    when = option.get("when")
    return Geometry(
        option["form"],
        tuple(map(_place_of, places)),
        bool(option.get("ratio", False)),
        (_place_of(when["pointer"]), when["is"]) if when else None,
    )
