"""CoNLL columns: one token a line with its BIO tag, sentences apart by blank lines; of words, or of characters as KLUE's.

A sentence is an item, its spans are counted in characters of its tokens put together again. An I- tag that continues
nothing is a defect; the span stands as it is tagged, from there.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

from checks.batch import Defect
from include.contracts.model import ObjectSpec
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.base import Label, LabelReader, label_options
from include.deliveries.readers.labels.lines import Line, lines

_DELIMITERS = {"tab": "\t", "space": " ", "blank": None}
_START = "-DOCSTART-"


class ConllReader(LabelReader):
    """Spans of tagged tokens."""

    format: ClassVar[str] = "conll"
    options: ClassVar[Mapping[str, Any]] = label_options(
        level={
            "enum": ["word", "character"],
            "description": "What a line's token is: a word, apart from the next by a space (the default), or a character (KLUE).",
        },
        delimiter={"enum": list(_DELIMITERS), "description": "Between columns: `tab`, one `space`, or any `blank` (the default)."},
        token={"type": "integer", "minimum": 0, "description": "The column of the token, from 0 (the default)."},
        tag={"type": "integer", "minimum": -1, "description": "The column of the tag; -1, the last, without it."},
        comment={
            "type": "string",
            "minLength": 1,
            "description": "What a line of comment begins with (KLUE: `## `); the first word behind it is the sentence's id. Without it there are no comments, and a sentence's id is the file's name, `#` and its number.",
        },
    )  # fmt: skip

    def labels(self, path: Path, name: str, spec: ObjectSpec) -> Iterator[Label | Defect]:
        """See LabelReader."""
        layout, row = _Layout.of(spec.reader), 0
        sentence, number = _Sentence(), 1
        for line in lines(path, name, self.limits, spec.reader.get("encoding")):
            if isinstance(line, Defect):
                yield line
            elif layout.separates(line.text):
                if sentence.tokens:
                    row += yield from _spans(sentence, name, layout, number, row)
                    sentence, number = _Sentence(), number + 1
            elif layout.comment and line.text.startswith(layout.comment):
                words = line.text.removeprefix(layout.comment).split()
                sentence.id = words[0] if words else None
            else:
                yield from layout.take(line, sentence, name)
        if sentence.tokens:
            yield from _spans(sentence, name, layout, number, row)


@dataclass(slots=True)
class _Sentence:
    """Tokens with tag and line number."""

    id: str | None = None
    tokens: list[tuple[str, str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Layout:
    """The contract's options."""

    characters: bool
    delimiter: str | None
    token: int
    tag: int
    comment: str | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> _Layout:
        return cls(
            options.get("level") == "character",
            _DELIMITERS[options.get("delimiter", "blank")],
            options.get("token", 0),
            options.get("tag", -1),
            options.get("comment"),
        )

    def separates(self, text: str) -> bool:
        """Is it an empty line, or the start of a document? A tab may stand beside a token that is a space."""
        return text.startswith(_START) or not (text if self.delimiter else text.strip())

    def take(self, line: Line, sentence: _Sentence, name: str) -> Iterator[Defect]:
        """One token; a line without its columns is a defect, and its sentence goes on behind it."""
        fields = line.text.split(self.delimiter)
        if len(fields) <= max(self.token, self.tag, 1):
            yield defect(name, "line-fields", pointer=f"line {line.number}", detail=f"{len(fields)} fields")
        else:
            sentence.tokens.append((fields[self.token], fields[self.tag], line.number))


def _spans(
    sentence: _Sentence, name: str, layout: _Layout, number: int, row: int
) -> Generator[Label | Defect, None, int]:
    """The labels of a sentence, then its defects; returns how many labels it has."""
    item = sentence.id or f"{PurePosixPath(name).stem}#{number}"
    gap, place, first = 0 if layout.characters else 1, 0, row
    told: list[Defect] = []
    open_label: Label | None = None
    for token, tag, line in sentence.tokens:
        pointer, end = f"line {line}", place + len(token)
        kind, _, label = tag.partition("-")
        if tag != "O" and (kind not in {"B", "I"} or not label):
            told.append(defect(name, "bad-tag", pointer=pointer))
            kind, label = "O", ""
        continues = kind == "I" and open_label is not None and open_label.label == label
        if open_label is not None and not continues:
            yield open_label
            open_label, row = None, row + 1
        if continues and open_label is not None:
            open_label.end, open_label.text = end, f"{open_label.text}{' ' * gap}{token}"
        elif kind != "O":
            if kind == "I":
                told.append(defect(name, "broken-sequence", row=row, pointer=pointer))
            open_label = Label(pointer, item, kind="span", label=label, start=place, end=end, text=token, row=row)
        place = end + gap
    if open_label is not None:
        yield open_label
        row += 1
    yield from told
    return row - first
