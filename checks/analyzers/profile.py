"""What a column could be declared as: which types all its values have, their bounds, its few labels, and whether it is a key.

The tally under `dambo contract infer`. Typing is the checks' own (`conform`), so that what is inferred passes. Each part
can only shrink as data comes (a type is ruled out, labels are given up beyond LABELS, a key at its first double), so any
split and order gives the same. It must not keep free text: of values only short texts of columns with few of them stay.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any, ClassVar, Self, cast

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.labels import label_text
from checks.columns import Col, LogicalType, View
from checks.conform import conform
from checks.kernel import Analyzer, State
from checks.predicates import ADDRESSES, FORMATS

LABELS = 50
"""Distinct values kept; a column with more has no labels."""

LABEL_CHARS = 40
"""A longer text is no label, and gives all labels of its column up."""

KEYS = 1 << 24
"""Distinct keys followed in memory; beyond it the column is no candidate."""

CANDIDATES: dict[str, tuple[LogicalType, str | None]] = {
    "boolean": ("boolean", None),
    "integer": ("integer", None),
    "number": ("number", None),
    "date": ("date", None),
    "timestamp": ("timestamp", None),
    "time": ("time", None),
    "date yyyy/MM/dd": ("date", "yyyy/MM/dd"),
    "date yyyy.MM.dd": ("date", "yyyy.MM.dd"),
    "date yyyyMMdd": ("date", "yyyyMMdd"),
    "object": ("object", None),
    "array": ("array", None),
    "string": ("string", None),
}
"""Name to logical type and format."""

TEXT_FORMATS = ("uuid", "email", "uri", "ipv4", "ipv6")
PADDED = r"^[+-]?0[0-9]|^\+"
_SAMPLE = 100
_PATTERNS = {form: re.compile(pattern.removesuffix("$") + r"\Z") for form, pattern in FORMATS.items()}

Bounds = tuple[str, str]
_ORDER: dict[str, Callable[[str], Any]] = {"integer": int, "number": float, "timestamp": int, "string": int}


def order(kind: str, value: str) -> Any:
    """A bound's place among bounds: numbers, microseconds and lengths as numbers, dates and times as ISO text."""
    return _ORDER.get(kind, str)(value)


class Profile(State, frozen=True):
    """`rows`, `nulls`: counts. `out`: candidates, text formats and traits that some value rules out, sorted.

    `bounds` by candidate that is not out: smallest and largest; microseconds of timestamps, lengths of strings.
    `labels`: text to count, None once given up. `keys`: sorted uint64 hashes, None once a value stood twice.
    Traits: "midnight" (every timestamp is one), "unpadded" (no number text has a plus or a leading zero).
    """

    rows: int = 0
    nulls: int = 0
    out: tuple[str, ...] = ()
    bounds: dict[str, Bounds] = msgspec.field(default_factory=dict)
    labels: dict[str, int] | None = msgspec.field(default_factory=dict)
    keys: bytes | None = b""

    @property
    def values(self) -> int:
        """How many are not null."""
        return self.rows - self.nulls

    def is_possible(self, word: str) -> bool:
        """Has nothing ruled it out?"""
        return word not in self.out

    def merge(self, other: Self) -> Self:
        """Both columns as one."""
        out = tuple(sorted({*self.out, *other.out}))
        bounds = {}
        for kind in sorted({*self.bounds, *other.bounds} - set(out)):
            found = [b[kind] for b in (self.bounds, other.bounds) if kind in b]
            bounds[kind] = (
                min((low for low, _ in found), key=lambda v: order(kind, v)),
                max((high for _, high in found), key=lambda v: order(kind, v)),
            )
        labels = None
        if self.labels is not None and other.labels is not None:
            labels = _few(Counter(self.labels) + Counter(other.labels))
        keys = None
        if self.keys is not None and other.keys is not None:
            keys = _distinct(np.concatenate([np.frombuffer(k, "<u8") for k in (self.keys, other.keys)]))
        return type(self)(self.rows + other.rows, self.nulls + other.nulls, out, bounds, labels, keys)


def _few(counts: Counter[str]) -> dict[str, int] | None:
    return dict(sorted(counts.items())) if len(counts) <= LABELS else None


def _distinct(keys: np.ndarray) -> bytes | None:
    ordered = np.sort(keys)
    if len(ordered) > KEYS or (ordered[1:] == ordered[:-1]).any():
        return None
    return ordered.astype("<u8").tobytes()


@dataclass(frozen=True)
class ProfileOf(Analyzer[Profile]):
    """The profile of one column as the reader gave it."""

    state_type: ClassVar[type[State]] = Profile

    object: str
    column: str

    def columns(self) -> frozenset[str]:
        """The one column."""
        return frozenset({self.column})

    def zero(self) -> Profile:
        """Everything is possible yet."""
        return Profile()

    def observe(self, view: View) -> Profile:
        """One batch: each distinct value is looked at once."""
        raw = view.raw(self.column)
        nulls = raw.null_count
        if nulls == len(raw):
            return Profile(len(raw), nulls)
        counted = (raw.dictionary_decode() if pa.types.is_dictionary(raw.type) else raw).drop_null().value_counts()
        batch = _Distinct(counted.field(0), counted.field(1), view.is_json(self.column), view.batch.lexical)
        out, bounds = batch.typed()
        texts = batch.texts()
        out |= batch.ruled_out(texts)
        labels = keys = None
        if texts is not None:
            if len(texts) <= LABELS and all(map(_is_label, texts)):
                tally: Counter[str] = Counter()
                for text, count in zip(texts, batch.counts.to_pylist(), strict=True):
                    tally[text] += count
                labels = _few(tally)
            if len(texts) == len(raw) - nulls:
                keys = _distinct(pl.Series(texts, dtype=pl.String).hash(seed=7).to_numpy().astype("<u8"))
        kept = {kind: bound for kind, bound in bounds.items() if kind not in out}
        return Profile(len(raw), nulls, tuple(sorted(out)), kept, labels, keys)


def _is_label(text: str) -> bool:
    """A short printable text that is not mostly a number of somebody or something."""
    return 0 < len(text) <= LABEL_CHARS and text.isprintable() and sum(c.isdigit() for c in text) < 6


@dataclass(frozen=True)
class _Distinct:
    """The distinct values of a batch and their counts."""

    values: pa.Array
    counts: pa.Array
    json_texts: bool
    lexical: bool

    def typed(self) -> tuple[set[str], dict[str, Bounds]]:
        """Candidates that a value rules out, and the bounds of the others."""
        out, bounds = set(), {}
        for word, (kind, form) in CANDIDATES.items():
            col = Col("", kind, form)
            head = self._conform(self.values.slice(0, _SAMPLE), col)
            whole = None if head is None else self._conform(self.values, col)
            if whole is None:
                out.add(word)
                continue
            found = _bounds(kind, whole)
            if found is not None:
                bounds[word] = found
            if word == "timestamp" and pc.any(pc.not_equal(_midnights(whole), whole)).as_py():
                out.add("midnight")
        if "timestamp" in out:
            out.add("midnight")
        return out, bounds

    def _conform(self, values: pa.Array, col: Col) -> pa.Array | None:
        typed, wrong = conform(values, col, lexical=self.lexical, json_texts=self.json_texts)
        return typed if wrong is None else None

    def texts(self) -> list[str] | None:
        """The values by their label text; None where one has none (nested values, bytes)."""
        found: list[str] = []
        for value in self.values.to_pylist():
            plain = json.loads(value) if self.json_texts else value
            if plain is None or isinstance(plain, dict | list | bytes):
                return None
            found.append(label_text(plain))
        return found

    def ruled_out(self, texts: list[str] | None) -> set[str]:
        """Text formats and traits that a value rules out."""
        if texts is None:
            return {*TEXT_FORMATS, "unpadded"}
        array = pa.array(texts, pa.large_string())
        out = set()
        for form in TEXT_FORMATS:
            if not all(_is_of(form, text) for text in texts[:_SAMPLE]) or not all(_is_of(form, t) for t in texts):
                out.add(form)
        if self.lexical and pc.any(pc.match_substring_regex(array, PADDED)).as_py():
            out.add("unpadded")
        return out


def _is_of(form: str, text: str) -> bool:
    if form not in ADDRESSES:
        return _PATTERNS[form].search(text) is not None
    try:
        ADDRESSES[form](text)
    except ValueError:
        return False
    return True


def _midnights(stamps: pa.Array) -> pa.Array:
    return pc.floor_temporal(stamps, unit="day")


def _bounds(kind: str, values: pa.Array) -> Bounds | None:
    if kind == "string":
        values = pc.utf8_length(values)
    elif kind == "timestamp":
        values = values.cast(pa.int64())
    elif kind in {"boolean", "object", "array"}:
        return None
    found = pc.min_max(values)
    return _bound_text(found["min"].as_py()), _bound_text(found["max"].as_py())


def _bound_text(value: object) -> str:
    if isinstance(value, float):
        return repr(value)
    return cast("date", value).isoformat() if isinstance(value, date | time) else str(value)
