"""Transcripts: one text a file, or a list of `file<TAB>text` lines; with KsponSpeech's double transcription and marks.

`(70%)/(칠십 프로)` says how something is spelt and how it is pronounced; the contract says which side is the text, the other
stands in the attributes. A parenthesis that is no part of such a pair is a defect, and the text then stands as it is.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.lines import lines

DELIMITERS = {"tab": "\t", "comma": ",", "pipe": "|", "colons": " :: "}
_PAIR = re.compile(r"\(([^()]+)\)/\(([^()]+)\)")
_NOISE = re.compile(r"(?<!\S)[bnlou]/(?!\S)")
_TAIL = re.compile(r"(?<=[^\s+*/])([+*/]+)(?!\S)")
_COLUMN = {"type": "integer", "minimum": 0, "maximum": 1000}


class TranscriptReader(LabelReader):
    """Texts of what is said in items."""

    format: ClassVar[str] = "transcript"
    options: ClassVar[Mapping[str, Any]] = label_options(
        layout={
            "enum": ["file", "list"],
            "description": "`file`: one transcript a file, of the item of its name (the default); `list`: one a line.",
        },
        delimiter={"enum": list(DELIMITERS), "description": "Between the fields of a list; `tab` without it. Only commas may be quoted."},
        columns={
            "type": "object",
            "properties": {"item": _COLUMN, "text": _COLUMN},
            "required": ["item", "text"],
            "additionalProperties": False,
            "description": "Which fields of a list are the item and the text, from 0; without it, the only two.",
        },
        header={"type": "boolean", "description": "Is the first line of a list its heading? Default false."},
        dual={
            "enum": ["spelling", "pronunciation"],
            "description": "`(spelling)/(pronunciation)` is used, and this side is the text. Without it, parentheses are text.",
        },
        marks={
            "enum": ["keep", "drop"],
            "description": "KsponSpeech's b/ n/ l/ o/ u/ and the trailing + * / of words: left in the text (the default), or taken out and counted in the attributes.",
        },
    )  # fmt: skip

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        found = lines(path, name, self.limits, spec.reader.get("encoding"))
        if spec.reader.get("layout") == "list":
            yield from _list(found, name, spec.reader)
            return
        texts: list[str] = []
        for line in found:
            if isinstance(line, Defect):
                yield line
                return
            texts.append(line.text)
        yield from _transcript(Label(pointer=""), "\n".join(texts).strip(), name, 0, spec.reader)


def _list(found: Iterator[Any], name: str, options: Mapping[str, Any]) -> Iterator[Label | Defect]:
    columns = options.get("columns")
    places = (0, 1) if columns is None else (columns["item"], columns["text"])
    row = 0
    for line in found:
        if isinstance(line, Defect):
            yield line
            continue
        if (line.number == 1 and options.get("header")) or not line.text.strip():
            continue
        fields = _fields(line.text, options.get("delimiter", "tab"))
        pointer = f"line {line.number}"
        if len(fields) <= max(places) or (columns is None and len(fields) != 2):
            yield defect(name, "line-fields", row=row, pointer=pointer, detail=f"{len(fields)} fields")
        else:
            label = Label(pointer=pointer, item_id=fields[places[0]].strip(), row=row)
            yield from _transcript(label, fields[places[1]].strip(), name, row, options)
        row += 1


def _fields(text: str, delimiter: str) -> list[str]:
    if delimiter != "comma":
        return text.split(DELIMITERS[delimiter])
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return []


def _transcript(label: Label, text: str, name: str, row: int, options: Mapping[str, Any]) -> Iterator[Label | Defect]:
    label.kind = "transcript"
    attributes: dict[str, object] = {}
    side = options.get("dual")
    faulty = False
    if side is not None:
        faulty = bool(re.search("[()]", _PAIR.sub("", text)))
        if not faulty:
            mine, other = (1, 2) if side == "spelling" else (2, 1)
            if _PAIR.search(text):
                attributes["pronunciation" if side == "spelling" else "spelling"] = _PAIR.sub(rf"\{other}", text)
            text = _PAIR.sub(rf"\{mine}", text)
    if options.get("marks") == "drop":
        text, marks = unmarked(text)
        if marks:
            attributes["marks"] = marks
    label.text = text
    label.attributes = json.dumps(attributes, ensure_ascii=False, sort_keys=True) if attributes else None
    yield label
    if faulty:
        yield defect(name, "dual-transcription", row=row, pointer=label.pointer)


def unmarked(text: str) -> tuple[str, dict[str, int]]:
    """The text without KsponSpeech's marks, and how many of each there were."""
    marks: Counter[str] = Counter()
    for found in _NOISE.findall(text):
        marks[found] += 1
    bare = _NOISE.sub("", text)
    for found in _TAIL.findall(bare):
        marks.update(found)
    bare = _TAIL.sub("", bare)
    return (" ".join(bare.split()) if marks else text), dict(sorted(marks.items()))
