"""Schema objects and their columns: which files, which reader, which columns under which names in the file.

Properties inside an object become columns of their own, named `a.b` and found by a JSON pointer `/a/b`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast, get_args

from checks.columns import Col, LogicalType
from checks.predicates import check_format
from checks.streams import COLUMNS, STREAM_OF, Stream
from include.contracts.customs import OBJECT, customs
from include.contracts.label_schema import check_label_schema
from include.contracts.model import ColumnSpec, ObjectSpec
from include.contracts.node import Node
from include.contracts.problems import Path, Problems
from include.contracts.yaml import Value

RESERVED = frozenset({"delivery", "items", "annotations", "defects"})
"""`delivery` is the delivery as a whole; the others are streams of labelled media, with fixed columns: `items` and
`annotations` name an object whose format gives that stream."""

FLAT = frozenset({"csv", "tsv", "xlsx"})
"""Formats without nested values."""

TEMPORAL = frozenset({"date", "time", "timestamp"})
TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array"}) | TEMPORAL
_POINTER = re.compile(r"(/([^~/]|~[01])*)+")


@dataclass(frozen=True, slots=True)
class Property:
    """A property that has become a column."""

    node: Node
    spec: ColumnSpec

    @property
    def name(self) -> str:
        """The column's contract name."""
        return self.spec.col.name


@dataclass(frozen=True, slots=True)
class Object:
    """A schema object, read but without rules yet. `extra`, `order`: what it asks of the columns of its files; `pairing`:
    how its label files belong to samples, and where that is declared."""

    node: Node
    spec: ObjectSpec
    properties: tuple[Property, ...]
    extra: str
    order: bool
    pairing: tuple[dict[str, Value], Path] | None = None


def read_objects(document: Node, problems: Problems) -> list[Object]:
    """Every schema object with a name and files."""
    objects: list[Object] = []
    globs: dict[tuple[str, Stream], str] = {}
    for node in document.each("schema"):
        name = node.text("name")
        if name is None:
            continue
        stream = STREAM_OF.get(node.text("physicalType") or "")
        if name in RESERVED and name != stream:
            problems.add(node.at("name"), "reserved-name", word=name)
        if any(name == other.spec.name for other in objects):
            problems.add(node.at("name"), "duplicate-name", word=name)
            continue
        made = _object(node, name, problems)
        for role in (stream,) if stream else get_args(Stream):  # an image may be an item and, by its folder, a label
            taken = globs.setdefault((made.spec.glob, role), name)
            if made.spec.glob and taken != name:
                problems.add(node.at("physicalName"), "glob-taken", other=taken)
                break
        objects.append(made)
    return objects


def _object(node: Node, name: str, problems: Problems) -> Object:
    form = node.text("physicalType") or ""
    own = customs(node, OBJECT, problems)
    stream = STREAM_OF.get(form)
    found = _properties(node, form, "", "", problems) if stream is None else _fixed(node, stream, problems)
    properties = _unique(found, problems)
    declared = tuple(p.spec for p in properties)
    reader = _mapping(own.get("reader"))
    if stream == "annotations" and "schema" in reader:
        check_label_schema(reader["schema"], (*own["reader"][1], "schema"), problems)
    columns = _mapping(own.get("columns"))
    spec = ObjectSpec(
        name=name,
        format=form,
        glob=_glob(node, problems),
        columns=declared if stream is None else _streamed(declared, stream),
        reader=reader,
    )
    extra, order = str(columns.get("extra", "allow")), columns.get("order") is True
    pairing = (_mapping(own["pairing"]), own["pairing"][1]) if "pairing" in own else None
    return Object(node, spec, properties, extra, order, pairing)


def _mapping(found: tuple[Value, Path] | None) -> dict[str, Value]:
    return found[0] if found and isinstance(found[0], dict) else {}


def _unique(properties: Iterator[Property], problems: Problems) -> tuple[Property, ...]:
    """The first of each name."""
    seen: dict[str, Property] = {}
    for item in properties:
        if item.name in seen:
            problems.add(item.node.at("name"), "duplicate-name", word=item.name)
        seen.setdefault(item.name, item)
    return tuple(seen.values())


def _properties(holder: Node, form: str, prefix: str, base: str, problems: Problems) -> Iterator[Property]:
    """The properties of `holder`, each before what it holds. `base` is the pointer to the holder, "" for the record."""
    for node in holder.each("properties"):
        name = node.text("name")
        if name is None:
            continue
        made = Property(node, _column(node, prefix + name, base, problems))
        yield made
        _refuse(node, problems)
        if "properties" in node.value:
            if form in FLAT:
                problems.add(node.at("properties"), "nested-in-table", format=form)
            pointer = made.spec.source if made.spec.source.startswith("/") else "/" + _escape(made.spec.source)
            yield from _properties(node, form, f"{prefix}{name}.", pointer, problems)


def _fixed(holder: Node, stream: Stream, problems: Problems) -> Iterator[Property]:
    """The declared properties of a stream: rules on its fixed columns, and what its attributes hold beside them."""
    columns = {col.name: col for col in COLUMNS[stream]}
    for node in holder.each("properties"):
        name = node.text("name")
        if name is None:
            continue
        if name == "attributes" and "properties" in node.value:
            yield from _attributes(node, problems)
            continue
        if name not in columns:
            problems.report(
                node.at("name"),
                "misdeclared",
                {"why": f"{stream} have no column {name!r}"},
                hint=f"their columns are fixed: {', '.join(columns)}",
            )
            continue
        col, word = columns[name], node.text("logicalType")
        if word in TYPES and word != col.type:
            why = f"the column {name!r} of {stream} is {col.type}"
            problems.report(node.at("logicalType"), "misdeclared", {"why": why}, hint=f"write logicalType: {col.type}")
        _refuse(node, problems)
        yield Property(node, ColumnSpec(col, name, node.flag("required") or node.flag("primaryKey")))


def _attributes(node: Node, problems: Problems) -> Iterator[Property]:
    """Columns out of the attributes: their pointers start there."""
    for item in _properties(node, "json", "attributes.", "/attributes", problems):
        if not item.spec.source.startswith("/attributes/"):
            why = f"{item.spec.source!r} does not lie in the attributes"
            problems.report(item.node.at("physicalName"), "misdeclared", {"why": why}, hint="write /attributes/...")
        yield item


def _streamed(declared: tuple[ColumnSpec, ...], stream: Stream) -> tuple[ColumnSpec, ...]:
    """All fixed columns, those with rules as they are declared, and then the attributes declared."""
    own = {spec.col.name: spec for spec in declared}
    fixed = tuple(own.pop(col.name, ColumnSpec(col, col.name)) for col in COLUMNS[stream])
    return fixed + tuple(own.values())


def _column(node: Node, name: str, base: str, problems: Problems) -> ColumnSpec:
    word = node.text("logicalType")
    kind = word if word in TYPES else "any"
    options = node.mapping("logicalTypeOptions")
    form = options.text("format") if kind in TEMPORAL else None
    if form is not None:
        wrong = check_format(str(kind), form)
        if wrong is not None:
            problems.add(options.at("format"), "misdeclared", why=wrong)
            form = None
    source = node.text("physicalName") or node.value["name"]
    assert isinstance(source, str)
    if source.startswith("/") and not _POINTER.fullmatch(source):
        problems.add(node.at("physicalName"), "bad-pointer", word=source)
    if base and not source.startswith("/"):
        source = f"{base}/{_escape(source)}"
    required = node.flag("required") or node.flag("primaryKey")
    return ColumnSpec(Col(name, cast("LogicalType", kind), form), source, required)


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _refuse(node: Node, problems: Problems) -> None:
    """What the standard has and we do not read."""
    word = node.text("logicalType")
    if word in {"map", "vector"}:
        _not_supported(node.at("logicalType"), word, problems, "declare it as object or array", "object 나 array 로")
    if "items" in node.value:
        en = "declare the list as logicalType: array without items"
        _not_supported(node.at("items"), "items", problems, en, "items 없이 logicalType: array 로 적으세요")


def _not_supported(path: Path, word: str, problems: Problems, en: str = "", ko: str = "") -> None:
    help_en = en or "remove it, or state it in words with type: text"
    help_ko = ko or "지우거나 type: text 로 글로 적으세요"
    problems.add(path, "not-supported", word=word, help=help_en, help_ko=help_ko)


def _glob(node: Node, problems: Problems) -> str:
    """physicalName in NFC, as paths of a delivery are compared."""
    given = node.text("physicalName") or ""
    glob = unicodedata.normalize("NFC", given)
    wrong = _wrong_glob(glob) if given else None
    if wrong is not None:
        problems.add(node.at("physicalName"), "bad-glob", word=given, why=wrong[0], why_ko=wrong[1])
    return glob


def _wrong_glob(glob: str) -> tuple[str, str] | None:
    parts = glob.split("/")
    if glob.startswith("/") or "\\" in glob:
        return "paths in a delivery are relative, with /", "납품물 안의 경로는 / 로 나눈 상대 경로입니다"
    if ".." in parts or "." in parts or "" in parts:
        return "it has an empty part, . or ..", "빈 부분이나 . 또는 .. 이 있습니다"
    if any("**" in part and part != "**" for part in parts):
        return "** stands alone between slashes", "** 는 / 사이에 혼자 써야 합니다"
    if glob.count("*") > 12:
        return "it has more than 12 stars", "별표가 12개보다 많습니다"
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in glob):
        return "it has invisible characters", "보이지 않는 글자가 있습니다"
    return None
