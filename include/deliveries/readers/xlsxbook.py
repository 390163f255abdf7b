"""What a workbook says outside of its sheets: which sheets there are, shared texts, styles that make numbers dates."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from include.deliveries.readers.base import Limits
from include.deliveries.readers.xlsxpackage import Attributes, Elements, Handler, Package, Refused, local

Style = Literal["number", "date", "time"]
"""What a cell's number format makes of a number: itself, a date (with or without a time), a time of day."""

_TIMES = frozenset({18, 19, 20, 21, 32, 33, 45, 47})
_DATES = frozenset({*range(14, 18), 22, *range(27, 32), *range(34, 37), *range(50, 59)})
"""Built-in formats (ECMA-376 part 1, 18.8.30), those of the Korean locale included; 46, elapsed hours, is a number."""

_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_HALF = re.compile(r"AM/PM|A/P", re.IGNORECASE)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENTRY = 64  # bytes that Python takes for a short text beside its characters


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet: its name, and its part in the package."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class Book:
    """`sheets`: worksheets in the workbook's order, hidden ones too. `styles`: by cell style index."""

    sheets: tuple[Sheet, ...]
    styles: tuple[Style, ...]
    texts: tuple[str, ...]
    epoch_1904: bool


def read_book(package: Package, limits: Limits) -> Book:
    """The workbook of the package. Raises Refused, and BAD_BYTES."""
    main = [target for kind, target in _relations(package, "").values() if kind == "officeDocument"]
    if not main or not package.has(main[0]):
        raise Refused("not-xlsx")
    listed: list[tuple[str, str]] = []
    flags: dict[str, str] = {}

    def take(_: str, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            flags.update(attributes)
        elif name == "sheet":
            relation = next((v for k, v in attributes.items() if " " in k and local(k) == "id"), "")
            listed.append((attributes.get("name", ""), relation))

    _all(package, main[0], Elements(take))
    related = _relations(package, main[0])
    sheets = tuple(Sheet(n, related[r][1]) for n, r in listed if r in related and related[r][0] == "worksheet")
    parts = {kind: target for kind, target in related.values() if package.has(target)}
    return Book(
        sheets,
        _styles(package, parts["styles"]) if "styles" in parts else (),
        _texts(package, parts["sharedStrings"], limits) if "sharedStrings" in parts else (),
        flags.get("date1904", "0").lower() in {"1", "true", "on"},
    )


def _all(package: Package, part: str, handler: Handler) -> None:
    for _ in package.parse(part, handler):
        pass


def _relations(package: Package, source: str) -> Mapping[str, tuple[str, str]]:
    """Id to (the last word of the type, target part) of a part's relationships; "" is the package itself."""
    folder, base = posixpath.split(source)
    part = posixpath.join(folder, "_rels", f"{base}.rels")
    found: dict[str, tuple[str, str]] = {}

    def take(_: str, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("TargetMode", "Internal") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

    if not package.has(part):
        raise Refused("not-xlsx")
    _all(package, part, Elements(take))
    return found


def _styles(package: Package, part: str) -> tuple[Style, ...]:
    codes: dict[int, str] = {}
    used: list[int] = []

    def take(parent: str, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name == "xf" and parent == "cellXfs":
            used.append(_number(attributes.get("numFmtId")))

    _all(package, part, Elements(take))
    return tuple(style_of(number, codes.get(number)) for number in used)


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else 0


def style_of(number: int, code: str | None) -> Style:
    """What a number format is: by its code if the workbook gives one, else by its built-in number."""
    if code is None:
        return "date" if number in _DATES else "time" if number in _TIMES else "number"
    if code.lower() == "general" or _ELAPSED.search(code):
        return "number"
    letters = _HALF.sub("", _LITERAL.sub("", code).split(";")[0]).lower()
    if "general" in letters:
        return "number"
    clock = "h" in letters or "s" in letters
    if "y" in letters or "d" in letters or ("m" in letters and not clock):
        return "date"
    return "time" if clock else "number"


class _Texts(Handler):
    """Shared texts: runs of rich text joined, phonetic guides left out."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._room = most

    def text(self, text: str) -> None:
        if self.path[-1] == "t" and "rPh" not in self.path:
            self._room -= len(text)
            self._pieces.append(text)
            if self._room < 0:
                raise Refused("too-large", "shared texts")

    def closed(self, name: str) -> None:
        if name == "si":
            self._room -= _ENTRY
            if self._room < 0:
                raise Refused("too-large", "shared texts")
            self.found.append(unescaped("".join(self._pieces)))
            self._pieces = []
            self.progress += 1


def _texts(package: Package, part: str, limits: Limits) -> tuple[str, ...]:
    handler = _Texts(2 * limits.page_bytes)
    _all(package, part, handler)
    return tuple(handler.found)


def unescaped(text: str) -> str:
    """`_x000D_` and its like as the characters they stand for (ECMA-376 part 1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    joined = _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text)
    try:
        return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:  # half a surrogate pair is no character, so it was no escape
        return text
