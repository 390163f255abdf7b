"""XML label files: the elements below the root, one after the other, each with all that is in it.

Entity declarations are refused, so none ever expands and nothing outside the file is read; depth and the size of what is
held are bounded. Only the elements at hand are kept, whatever the file's size. Namespaces are not used by any label format.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect
from include.deliveries.readers.labels.taking import MISSING, Taking
from include.deliveries.readers.text import decide_encoding

_CHUNK = 1 << 16
_DEPTH = 64
_ELEMENT = 250
"""About how many bytes an element takes while it is held, beside its text."""

_AT_END = frozenset(map(expat.errors.codes.get, (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)))  # fmt: skip


class Element:
    """An element: its name, attributes, text (of its own, joined once it is complete), children, and its XPath."""

    __slots__ = ("attributes", "children", "parts", "pointer", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], pointer: str) -> None:
        self.tag = tag
        self.attributes = attributes
        self.pointer = pointer
        self.children: list[Element] = []
        self.parts: list[str] = []
        self.text = ""

    def all(self, tag: str) -> list[Element]:
        """The children of a name."""
        return [child for child in self.children if child.tag == tag]


class _Refused(Exception):  # noqa: N818 - carries a code to `elements`, which always catches it
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def elements(
    path: Path, name: str, limits: Limits, declared: str | None, *, kept: bool = False
) -> Iterator[Element | Defect]:
    """The root without its children, then its children; or what keeps them from being read.

    `kept`: the caller keeps them all, so that the bound is on the whole file and not on one of them.
    """
    codec = decide_encoding(path, name, declared)
    if isinstance(codec, Defect):
        yield codec
        return
    builder = _Builder()
    with path.open(encoding=codec, newline="") as file:
        try:
            while chunk := file.read(_CHUNK):
                builder.feed(chunk)
                if builder.done and not kept:
                    builder.weight = 0
                yield from builder.taken()
                if builder.weight > limits.record_bytes:
                    yield defect(name, "too-large", detail="the rest of the file was not read")
                    return
            builder.close()
            yield from builder.taken()
        except _Refused as stop:
            yield from builder.taken()
            yield defect(name, stop.code, pointer=builder.place())
        except expat.ExpatError as error:
            yield from builder.taken()
            code = "truncated" if error.code in _AT_END else "invalid-xml"
            yield defect(name, code, pointer=f"line {error.lineno}", detail=expat.ErrorString(error.code))


def document(path: Path, name: str, limits: Limits, declared: str | None, tag: str) -> Element | Defect:
    """The whole of a small document whose root has this name."""
    root: Element | None = None
    for found in elements(path, name, limits, declared, kept=True):
        if isinstance(found, Defect):
            return found
        if root is None:
            root = found
        else:
            root.children.append(found)
    return root if root is not None and root.tag == tag else defect(name, "key-absent", pointer="/" + tag)


class _Builder:
    def __init__(self) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        self._parser = parser
        self._open: list[Element] = []
        self._counts: list[dict[str, int]] = []
        self.done: list[Element] = []
        self.weight = 0

    def feed(self, text: str) -> None:
        self.weight += len(text)
        self._parser.Parse(text, False)

    def close(self) -> None:
        self._parser.Parse("", True)

    def place(self) -> str:
        return f"line {self._parser.CurrentLineNumber}"

    def taken(self) -> Iterator[Element]:
        done, self.done = self.done, []
        yield from done

    def _refuse(self, *_: object) -> NoReturn:
        raise _Refused("xml-entity")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.weight += _ELEMENT
        depth = len(self._open)
        if depth >= _DEPTH:
            raise _Refused("too-deep")
        if depth == 0:
            element = Element(tag, attributes, "/" + tag)
            self.done.append(element)
        else:
            parent, counts = self._open[-1], self._counts[-1]
            counts[tag] = counts.get(tag, 0) + 1
            element = Element(tag, attributes, f"{parent.pointer}/{tag}[{counts[tag]}]")
            if depth > 1:
                parent.children.append(element)
        self._open.append(element)
        self._counts.append({})

    def _end(self, _: str) -> None:
        element = self._open.pop()
        element.text = "".join(element.parts)
        element.parts.clear()
        self._counts.pop()
        if len(self._open) == 1:
            self.done.append(element)

    def _text(self, text: str) -> None:
        if len(self._open) > 1:
            self._open[-1].parts.append(text)


def child(parent: Element, tag: str, taking: Taking, *, required: bool = True) -> Element | None:
    """The one child of a name; more than one, or none that is required, is a defect."""
    found = parent.all(tag)
    if not found and required:
        taking.fault("key-absent", f"{parent.pointer}/{tag}")
    if len(found) > 1:
        taking.fault("duplicate-element", found[1].pointer)
    return found[0] if found else None


def content(parent: Element, tag: str, taking: Taking, *, required: bool = True) -> str | None:
    """The text of the one child of a name, without the white space around it; None if it is empty."""
    found = child(parent, tag, taking, required=required)
    return None if found is None else found.text.strip() or None


def quantity(parent: Element, tag: str, taking: Taking, *, required: bool = True) -> float | None:
    """The number that the one child of a name says."""
    found = child(parent, tag, taking, required=required)
    return None if found is None else taking.number(found.text.strip(), found.pointer)


def number_of(element: Element, attribute: str, taking: Taking, *, required: bool = True) -> float | None:
    """The number that an attribute says."""
    value = element.attributes.get(attribute, MISSING)
    return taking.number(value, f"{element.pointer}/@{attribute}", required=required)
