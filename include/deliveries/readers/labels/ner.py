"""Named entities in JSON: spans with begin and end in a sentence, held against the sentence itself.

Read as `aihub` reads: the contract's pointers say where things are. Without them the layout is that of the National
Institute of Korean Language (모두의 말뭉치). `form[begin:end]` must be the entity's form; where the two differ only in
Unicode normalization that is said apart, since offsets counted in NFC do not hold in NFD. Characters are code points.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsoncolumns import tokens
from include.deliveries.readers.labels.aihub import AiHubReader
from include.deliveries.readers.labels.aihubplan import OPTIONS
from include.deliveries.readers.labels.base import Label, label_options
from include.deliveries.readers.labels.pointers import POINTER, resolve

DEFAULTS: Mapping[str, Any] = {
    "documents": "/document/*/sentence/*",
    "item": "#/id",
    "sentence": "/form",
    "objects": "/NE",
    "label": "/label",
    "text": "/form",
    "start": "/begin",
    "end": "/end",
    "object_id": "/id",
}
"""The layout without any of the contract's own pointers."""


class NerReader(AiHubReader):
    """One JSON document a file, of one sentence or many."""

    format = "ner"
    options: ClassVar[Mapping[str, Any]] = label_options(**{
        **{key: value for key, value in OPTIONS.items() if key not in {"geometry", "kind", "width", "height"}},
        "sentence": {**POINTER, "description": "The text that spans are of, in the document. Without it, spans are not held against a text."},
    })  # fmt: skip

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        yield from super().labels(path, name, _completed.of(spec))

    def examined(
        self, found: Iterable[Label | Defect], document: object, name: str, spec: ObjectSpec
    ) -> Iterator[Label | Defect]:
        """See AiHubReader: each span beside its sentence."""
        pointer = spec.reader.get("sentence")
        text = None if pointer is None else resolve(document, tokens(pointer))
        for item in found:
            yield item
            if isinstance(item, Label) and isinstance(text, str):
                code = span_fault(text, item.start, item.end, item.text)
                if code is not None:
                    yield defect(name, code, row=-1 if item.row is None else item.row, pointer=item.pointer)


def span_fault(sentence: str, start: float | None, end: float | None, surface: str | None) -> str | None:
    """What is wrong with a span of `surface` in `sentence`; None if it is right, or says too little."""
    if start is None or end is None or start != int(start) or end != int(end):
        return None
    first, stop = int(start), int(end)
    if first < 0 or stop > len(sentence):
        return "outside-text"
    if surface is None or sentence[first:stop] == surface:
        return None
    composed = unicodedata.normalize("NFC", surface)
    if composed in {
        unicodedata.normalize("NFC", sentence[first:stop]),
        unicodedata.normalize("NFC", sentence)[first:stop],
    }:
        return "surface-normalization"
    return "surface-differs"


class _Completed:
    """The contract object at hand with what it leaves unsaid: a delivery has many files of one."""

    def __init__(self) -> None:
        self._last: tuple[ObjectSpec, ObjectSpec] | None = None

    def of(self, spec: ObjectSpec) -> ObjectSpec:
        last = self._last
        if last is None or last[0] is not spec:
            given = spec.reader if "objects" in spec.reader else {**DEFAULTS, **spec.reader}
            last = self._last = (spec, replace(spec, reader={**given, "kind": "span"}))
        return last[1]


_completed = _Completed()
