"""Rules of labelled media that follow from the schema part: every label is valid, and what a declared rule leaves open.

A contract that declares label-validity itself, with a target of its own, thereby takes over what readers find: its
`readable` is then a warning, for the same findings are counted in the rule that was agreed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from checks.streams import STREAM_OF
from include.contracts.draft import Draft, Words
from include.contracts.objects import Object
from include.contracts.problems import Problems

VALIDITY = "label-validity"

OF_MANY = frozenset({"coco", "openimages", "image-folder"})
"""Formats whose files hold the labels of many samples, or are the samples."""


OF_OWN_FILES = frozenset({"image-folder"})
"""Formats whose labels are of the very files that they stand in."""

OF_TEXTS = frozenset({"aihub", "ner", "conll"})
"""Formats that may hold the text that they label, so that nothing else need be delivered."""


def of_stream(found: Object) -> Iterator[Draft]:
    """Histograms, to look at."""
    if found.spec.format in STREAM_OF:
        path = found.node.path
        yield Draft(found.spec.name, "histograms", "histograms", path, path, severity="info")


def of_labels(found: Object, objects: Sequence[Object], problems: Problems) -> Iterator[Draft]:
    """Every label is valid, unless the contract has its own rule about it; every label file has its sample."""
    labels = STREAM_OF.get(found.spec.format) == "annotations"
    if labels and not _declared(found):
        path = found.node.path
        yield Draft(found.spec.name, VALIDITY, VALIDITY, path, path, params=_defaults(found, objects))
    if labels:
        _linked(found, objects, problems)
    if found.pairing is None:
        return
    value, path = found.pairing
    if not labels or found.spec.format in OF_MANY:
        problems.add(path, "pairing-of-many", format=found.spec.format)
    elif not problems.broken(path):
        params = {
            "items": _items_of(found, objects),
            **value,
            "one_stem": found.spec.reader.get("id", "stem") == "stem",
        }
        params = {key: given for key, given in params.items() if given is not None}
        yield Draft(found.spec.name, "pairing", "pairing", path, path, params=params)


def _linked(found: Object, objects: Sequence[Object], problems: Problems) -> None:
    """Warns of labels that nothing ties to delivered samples: they could be of any others."""
    name, form = found.spec.name, found.spec.format
    if form in OF_OWN_FILES or _related(found):
        return
    items = next((o.spec.name for o in objects if STREAM_OF.get(o.spec.format) == "items"), None)
    needs = items is not None or form not in OF_TEXTS
    if needs and not (found.pairing and _of_file_name(found)):
        problems.add(found.node.path, "labels-unlinked", word=name, items=items or "items")


def _of_file_name(found: Object) -> bool:
    """Is a label's sample the one of its file's name? Then pairs of files tie labels to samples."""
    form, reader = found.spec.format, found.spec.reader
    by_option = {"aihub": "item" not in reader, "voc": reader.get("item") == "file"}
    return by_option.get(form, form == "yolo" or (form == "transcript" and reader.get("layout") != "list"))


def _declared(found: Object) -> bool:
    """Has the object any rule of its own about the validity of its labels?"""
    rules = found.node.each("quality")
    return any(rule.mapping("implementation").value.get("check") == VALIDITY for rule in rules)


def declares_validity(found: Object) -> bool:
    """Does the object have a blocking rule of its own about the validity of its labels?"""
    blocking = (rule for rule in found.node.each("quality") if rule.value.get("severity", "error") == "error")
    return any(rule.mapping("implementation").value.get("check") == VALIDITY for rule in blocking)


def completed(draft: Draft | Words, found: Object, objects: Sequence[Object]) -> Draft | Words:
    """A declared rule with what the schema part says about its labels."""
    if isinstance(draft, Words) or draft.check != VALIDITY:
        return draft
    return replace(draft, params={**_defaults(found, objects), **draft.params})


def same_classes(draft: Draft, found: Object, problems: Problems) -> None:
    """A rule about the labels' class names only classes that they may have."""
    keys = {"class-balance": ("column", "target"), "delivered-count": ("by", "atLeast")}.get(draft.check)
    if keys is None or draft.params.get(keys[0], draft.column) != "label":
        return
    agreed, named = _classes(found), draft.params.get(keys[1])
    if agreed and isinstance(named, Mapping):
        for name in (str(name) for name in named if str(name) not in agreed):
            problems.unknown(draft.at(keys[1], name), "class-not-agreed", name, agreed)


def _classes(found: Object) -> list[str]:
    """The classes that labels may have; none where the contract does not say."""
    own = (rule.mapping("implementation").value for rule in found.node.each("quality"))
    declared = next((inner.get("classes") for inner in own if inner.get("check") == VALIDITY), None)
    listed = declared or found.spec.reader.get("classes")
    return [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []


def _defaults(found: Object, objects: Sequence[Object]) -> dict[str, Any]:
    reader, params = found.spec.reader, dict[str, Any]()
    items = _items_of(found, objects)
    if items is not None:
        params["items"] = items
    classes = _classes(found)
    if classes:
        params["classes"] = list(dict.fromkeys(classes))
    if found.spec.format == "aihub" and "label" not in reader:
        params["classed"] = False
    if found.pairing is not None and _related(found) and _of_one(found) and reader.get("id", "stem") == "stem":
        params["paired"] = True
    return params


def _related(found: Object) -> bool:
    """Does the contract say that every label is of an item of another object?"""
    return any(r.value.get("from") == f"{found.spec.name}.item_id" for r in found.node.each("relationships"))


def _of_one(found: Object) -> bool:
    """Does a file hold the labels of one item alone, so far as format and reader say?"""
    form, reader = found.spec.format, found.spec.reader
    return form in {"yolo", "voc", "labelme"} or (form == "aihub" and "documents" not in reader)


def _items_of(found: Object, objects: Sequence[Object]) -> str | None:
    """The items that the labels are of: those that a relationship says, else the contract's only ones."""
    items = [other.spec.name for other in objects if STREAM_OF.get(other.spec.format) == "items"]
    for relation in found.node.each("relationships"):
        named = [str(relation.value.get("to")).removesuffix(".item_id")]
        if relation.value.get("from", "") == f"{found.spec.name}.item_id" and named[0] in items:
            return named[0]
    return items[0] if len(items) == 1 else None
