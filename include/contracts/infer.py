"""A first contract from what data shows: an ODCS document in YAML, for a person to edit.

Rules hold on the data they came from. What data cannot say (programme, contracted counts, targets of agreement and
balance) stands as comments in Korean and English, marked "사람이 정할 것 | for a person". Of values only labels are
written, with their counts; never free text. A pure function: the same profiles give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from checks.analyzers.profile import CANDIDATES, TEXT_FORMATS, Profile
from include.contracts.objects import RESERVED
from include.contracts.problems import Problems
from include.contracts.yaml import MAX_DIGITS, plain, read

MARK = "# 사람이 정할 것 | for a person:"
UNIQUE_CHARS = 64
"""A longer text that never repeats is text, not a key."""

POINTED = frozenset({"json", "jsonl", "parquet"})
"""Formats whose columns can be found by JSON pointer."""

_LONG = 10**8
_REPEATED = 3
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*|[0-9]{1,2}(\.[0-9]{1,2}){2}")
_WHOLE = 10_000
_FIRST = (
    "boolean", "date yyyyMMdd", "integer", "number", "date", "timestamp", "time", "date yyyy/MM/dd", "date yyyy.MM.dd",
    "object", "array", "string",
)  # fmt: skip
_YEARS = ("1900-01-01", "2100-12-31")


@dataclass(frozen=True, slots=True)
class Column:
    """A column or key as the file spells it; no profile where its values could not be looked at."""

    name: str
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class Inferred:
    """One group of files: what a schema object is made of. `left_out`: columns beyond what is declared."""

    format: str
    glob: str
    reader: Mapping[str, Any]
    columns: tuple[Column, ...]
    rows: int
    files: int
    defects: tuple[tuple[str, int], ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Typed:
    """A column decided: its contract name, candidate (None: no type fits all values), and whether it has few labels."""

    name: str
    column: Column
    profile: Profile
    candidate: str | None

    @property
    def labels(self) -> dict[str, int] | None:
        """Labels with counts, if there are few and they repeat."""
        found = self.profile.labels
        if self.candidate not in {"string", "integer"} or not found or self.profile.keys is not None:
            return None
        return found if self.profile.values >= _REPEATED * len(found) else None


def decide(profile: Profile, fmt: str) -> str | None:
    """The candidate that says most of those that fit all values; None if none does."""
    if not profile.values:
        return "string"
    if fmt == "xlsx" and profile.is_possible("midnight"):
        return "date"
    for word in _FIRST:
        if not profile.is_possible(word):
            continue
        if word in {"integer", "number"} and not profile.is_possible("unpadded"):
            continue
        if word == "date yyyyMMdd":
            low, high = profile.bounds[word]
            if not _YEARS[0] <= low <= high <= _YEARS[1]:
                continue
        return word
    return None


def contract_text(
    objects: tuple[Inferred, ...], *, name: str, programme: str | None, known: tuple[str, ...], others: int = 0
) -> str:
    """The YAML document. `known`: programme ids; the first stands in where none is given. `others`: unclaimed files.

    Of tables so wide that no contract can hold them, as many columns are declared as fit.
    """
    most = max((len(found.columns) for found in objects), default=0)
    while True:
        cut = tuple(_narrowed(found, most) for found in objects)
        text = "\n".join(_document(cut, name, programme, known, others)) + "\n"
        if most <= 1 or read(text.encode(), Problems()) is not None:
            return text
        most //= 2


def _narrowed(found: Inferred, most: int) -> Inferred:
    gone = max(0, len(found.columns) - most)
    return replace(found, columns=found.columns[:most], left_out=found.left_out + gone) if gone else found


def _document(
    objects: tuple[Inferred, ...], name: str, programme: str | None, known: tuple[str, ...], others: int
) -> Iterator[str]:
    yield "# dambo contract infer: 데이터에서 추론한 초안입니다. 사람이 고쳐야 계약이 됩니다."
    yield "# A draft inferred from data; it becomes a contract when a person has edited it."
    yield "apiVersion: v3.1.0"
    yield "kind: DataContract"
    yield f"id: {scalar(identity(name))}"
    yield f"name: {scalar(name)}"
    yield "version: 0.1.0"
    yield "status: draft"
    yield "customProperties:"
    if programme is None:
        yield f"  {MARK} 사업 | the programme: {', '.join(known)}"
    yield f"  - {{property: programme, value: {scalar(programme or known[0])}}}"
    if others:
        yield f"  {MARK} 읽지 않은 파일 {others}개 | {others} files that no object claims; closed: true refuses them"
    yield "schema:"
    taken: set[str] = set(RESERVED)
    for found in objects:
        yield from (f"  {line}".rstrip() for line in _object(found, taken))


def identity(name: str) -> str:
    """`name` as a contract id."""
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:128]
    return word or "inferred-contract"


def ascii_name(name: str, fallback: str, taken: set[str]) -> str:
    """A free contract name near `name`, taken from now on."""
    word = name if _NAME.fullmatch(name) else re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:100]
    base = word if _NAME.fullmatch(word) else fallback
    made, number = base, 2
    while made in taken:
        made, number = f"{base}_{number}", number + 1
    taken.add(made)
    return made


def scalar(value: str) -> str:
    """A text as YAML: bare where it stays a text, else in JSON's quotes."""
    if _BARE.fullmatch(value) and plain(value, (1, 1)) == value:
        return value
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _object(found: Inferred, taken: set[str]) -> Iterator[str]:
    stem = re.sub(r"\*\*/|/?\*?\.[A-Za-z]+$", "", found.glob).rpartition("/")[2]
    yield f"- name: {scalar(ascii_name(stem, 'records', taken))}"
    yield f"  # {found.files} files, {found.rows} rows"
    yield f"  physicalType: {found.format}"
    yield f"  physicalName: {scalar(found.glob)}"
    if found.reader:
        yield f"  customProperties: [{{property: reader, value: {json.dumps(dict(found.reader), ensure_ascii=False)}}}]"
    for code, count in found.defects:
        yield f"  {MARK} 읽지 못한 것 {count}건 | {count} defects of reading: {code}"
    if found.left_out:
        yield f"  {MARK} 열 {found.left_out}개 생략 | {found.left_out} more columns are not declared"
    names: set[str] = set()
    columns = []
    for number, column in enumerate(found.columns, 1):
        profile = column.profile or Profile()
        name = ascii_name(column.name, f"column_{number}", names)
        columns.append(Typed(name, column, profile, decide(profile, found.format)))
    if columns:
        yield "  properties:"
    for item in columns:
        yield from (f"    {line}" for line in _property(item, found.format))
    yield from (f"  {line}" for line in _proposals(columns, found.rows))


def _property(item: Typed, fmt: str) -> Iterator[str]:
    profile, kind = item.profile, item.candidate or "string"
    logical, form = CANDIDATES[kind]
    yield f"- name: {scalar(item.name)}"
    if item.name != item.column.name:
        yield f"  physicalName: {scalar(_source(item.column.name, fmt))}"
    yield f"  logicalType: {logical}"
    if item.column.profile is None or item.candidate is None:
        yield f"  {MARK} 값의 형이 섞여 있음 | no one type fits all values"
    if not profile.values:
        yield f"  {MARK} 값이 없음 | no values"
        return
    yield f"  # null {profile.nulls} / {profile.rows}" if profile.nulls else "  required: true"
    if item.candidate is None:
        return
    if profile.keys is not None and profile.values > 1 and _keyed(item):
        yield "  unique: true  # 키 후보 | key candidate"
    options = [f"{key}: {value}" for key, value in _options(item, logical, form)]
    if options:
        yield f"  logicalTypeOptions: {{{', '.join(options)}}}"
    yield from (f"  {line}" for line in _labels(item))


def _source(name: str, fmt: str) -> str:
    """A name that would be taken for a pointer, as one."""
    return _pointer(name) if name.startswith("/") and fmt in POINTED else name


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _labels(item: Typed) -> Iterator[str]:
    """The set of a text's labels as a rule; numbers may be labels or just few."""
    labels = item.labels
    if labels and item.candidate == "string":
        yield "quality:"
        yield "  - metric: invalidValues"
        yield "    mustBe: 0"
        yield "    arguments:"
        yield "      validValues:"
        for label, count in labels.items():
            yield f"        - {scalar(label)}  # {count}"
    elif labels:
        yield f"{MARK} 분류값인가 | are these labels? {', '.join(f'{k} ({n})' for k, n in labels.items())}"


def _keyed(item: Typed) -> bool:
    if item.candidate == "string":
        return int(item.profile.bounds["string"][1]) <= UNIQUE_CHARS
    return item.candidate == "integer"


def _options(item: Typed, logical: str, form: str | None) -> Iterator[tuple[str, str]]:
    profile, kind = item.profile, item.candidate or "string"
    if form is not None:
        yield "format", scalar(form)
    if logical == "string":
        for word in TEXT_FORMATS:
            if profile.is_possible(word):
                yield "format", word
                break
        low, high = profile.bounds["string"]
        if item.labels is None:
            if low != "0":
                yield "minLength", low
            yield "maxLength", high
        return
    source = "timestamp" if kind == "date" and "date" not in profile.bounds else kind
    if source not in profile.bounds:
        return
    for word, bound in zip(("minimum", "maximum"), profile.bounds[source], strict=True):
        text = _bound(source, kind, bound, up=word == "maximum")
        if text is not None:
            yield word, text


def _bound(source: str, kind: str, bound: str, *, up: bool) -> str | None:
    """A bound as YAML; None for a number that YAML of ours does not take."""
    if source in {"integer", "number"}:
        text = f"{_rounded(Decimal(bound), whole=source == 'integer', up=up):f}"
        return text if len(text) <= MAX_DIGITS else None
    if source == "timestamp":
        seconds, micro = divmod(int(bound), 1_000_000)
        try:
            moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro, tzinfo=None)
        except (ValueError, OverflowError, OSError):
            return None
        return scalar((moment.date() if kind == "date" else moment).isoformat())
    return scalar(bound)


def _rounded(value: Decimal, *, whole: bool, up: bool) -> Decimal:
    """Outward: fractions to six digits, whole numbers of nine digits or more (of a person, or a thing) to two."""
    digits = (2 if abs(value) >= _LONG else 60) if whole else 6
    return Context(prec=digits, rounding=ROUND_CEILING if up else ROUND_FLOOR).plus(value)


def _proposals(columns: list[Typed], rows: int) -> Iterator[str]:
    """What a person may turn on: contracted counts, agreement of raters, balance of labels."""
    yield "quality:"
    yield "  - {metric: rowCount, mustBeGreaterThan: 0}"
    yield f"  {MARK} 계약 수량 | the contracted number of records"
    yield f"  # - {{id: contracted-rows, metric: rowCount, mustBe: {rows}}}"
    for number, group in enumerate(_rater_groups(columns), 1):
        raters = ", ".join(scalar(item.name) for item in group)
        yield f"  {MARK} 평가자 열이면 일치도 계수와 목표 | if these are raters: coefficient and target"
        yield f"  # - id: agreement-{number}"
        yield "  #   type: custom"
        yield "  #   engine: dambo"
        yield (
            f"  #   implementation: {{check: label-agreement, raters: [{raters}], level: nominal, "
            "coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.8}"
        )
    for item in columns:
        if item.labels and len(item.labels) > 1 and item.candidate == "string":
            yield f"  {MARK} 라벨이면 계약 구성비와 목표 | if this is the label: the contracted distribution and target"
            yield f"  # - id: {scalar(f'balance-{item.name}')}"
            yield "  #   type: custom"
            yield "  #   engine: dambo"
            target = ", ".join(f"{_key(label)}: {share}" for label, share in _shares(item.labels).items())
            yield (
                f"  #   implementation: {{check: class-balance, column: {scalar(item.name)}, measure: overlap, "
                f"target: {{{target}}}, mustBeGreaterOrEqualTo: 0.9}}"
            )


def _key(label: str) -> str:
    return json.dumps(label, ensure_ascii=not label.isprintable())


def _rater_groups(columns: list[Typed]) -> list[list[Typed]]:
    """Columns whose labels are mostly the same ones."""
    groups: list[list[Typed]] = []
    for item in columns:
        labels = set(item.labels or ())
        if len(labels) < 2:
            continue
        for group in groups:
            first = set(group[0].labels or ())
            if group[0].candidate == item.candidate and 2 * len(first & labels) >= len(first | labels):
                group.append(item)
                break
        else:
            groups.append([item])
    return [group for group in groups if len(group) > 1]


def _shares(labels: Mapping[str, int]) -> dict[str, Decimal]:
    """Observed shares in ten-thousandths that sum to exactly 1: largest remainders first."""
    total = sum(labels.values())
    parts = {label: divmod(count * _WHOLE, total) for label, count in labels.items()}
    missing = _WHOLE - sum(whole for whole, _ in parts.values())
    raised = set(sorted(parts, key=lambda label: (-parts[label][1], label))[:missing])
    return {
        label: (Decimal(whole + (label in raised)) / _WHOLE).quantize(Decimal("0.0001"))
        for label, (whole, _) in parts.items()
    }
