"""The ZIP package of a workbook, opened warily: bounded directory, bounded parts, XML without declarations of its own.

A part is decompressed in chunks and never held; its XML goes through expat with document types refused (so no entity
ever expands), bounded depth, and a bound on bytes that give no event. What a part says about its own size is not used.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from checks.batch import Defect
from include.deliveries.readers.base import Limits
from include.deliveries.readers.codes import defect

CHUNK = 1 << 16
DEPTH = 64
_ELEMENTS = 1_000_000  # of a part that is held; sheets and shared texts have bounds of their own
_RATIO = 250  # sheets pack 4 to 30 times, at the very worst 200; deflate can do a thousand
_DIRECTORY = 16 << 20  # a workbook has some dozens of parts
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_END, _END64 = b"PK\x05\x06", b"PK\x06\x06"

BAD_BYTES = (
    BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, ValueError, LookupError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""What the standard library raises on bytes that are no good package."""

Attributes = Mapping[str, str]


class Refused(Exception):  # noqa: N818 - carries a defect code to the reader, which always catches it
    """The part is not read any further: a defect code and its detail."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def local(name: str) -> str:
    """An element's or attribute's name without its namespace: transitional and strict documents differ in that alone."""
    return name.rpartition(" ")[2]


class Package:
    """The parts of an open workbook by name, which is matched without case."""

    def __init__(self, file: ZipFile, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._parts: dict[str, ZipInfo] = {}
        for info in file.infolist():
            if self._parts.setdefault(info.filename.lower(), info) is not info:
                raise Refused("corrupt-workbook", "a part occurs twice")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def has(self, part: str) -> bool:
        """Is there such a part?"""
        return part.lower() in self._parts

    def chunks(self, part: str) -> Iterator[bytes]:
        """The part's bytes. Raises Refused, and BAD_BYTES."""
        info = self._parts.get(part.lower())
        if info is None:
            raise Refused("corrupt-workbook", "a part is missing")
        if info.flag_bits & 1:
            raise Refused("encrypted")
        room = min(16 * self._limits.page_bytes, max(self._limits.record_bytes, _RATIO * info.compress_size))
        total = 0
        with self._file.open(info) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > room:
                    raise Refused("too-large", f"a part of more than {room} bytes")
                yield chunk

    def parse(self, part: str, handler: Handler) -> Iterator[None]:
        """Feeds the part to the handler; yields after each chunk, so that the caller can take what has come."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = handler.start
        parser.EndElementHandler = handler.end
        parser.CharacterDataHandler = handler.text
        silent, seen = 0, -1
        for chunk in self.chunks(part):
            parser.Parse(chunk, False)
            silent = silent + len(chunk) if handler.progress == seen else 0
            seen = handler.progress
            if silent > self._limits.record_bytes:
                raise Refused("too-large", "one element")
            yield
        parser.Parse(b"", True)
        yield


class Handler:
    """Takes the events of a part. `progress` must grow with whatever was completed: it bounds what is pending."""

    def __init__(self) -> None:
        self.progress = 0
        self.path: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        if len(self.path) >= DEPTH:
            raise Refused("too-deep")
        self.path.append(local(name))
        self.opened(self.path[-1], attributes)

    def end(self, _: str) -> None:
        """An element ends."""
        self.closed(self.path.pop())

    def opened(self, name: str, attributes: Attributes) -> None:
        """An element of this local name begins; it is the last of `path`."""

    def closed(self, name: str) -> None:
        """It ends; it is no longer in `path`."""

    def text(self, text: str) -> None:
        """Characters, in any number of pieces."""


class Elements(Handler):
    """Calls `take(parent, name, attributes)` for each element."""

    def __init__(self, take: Callable[[str, str, Attributes], None]) -> None:
        super().__init__()
        self._take = take

    def opened(self, name: str, attributes: Attributes) -> None:
        """Hands it on."""
        self.progress += 1
        if self.progress > _ELEMENTS:
            raise Refused("too-large", "elements")
        self._take(self.path[-2] if len(self.path) > 1 else "", name, attributes)


def _refuse_doctype(*_: object) -> None:
    raise Refused("corrupt-workbook", "a document type declaration")


def open_package(path: Path, name: str, limits: Limits) -> Package | Defect:
    """The package of a file, or the defect that keeps it from being opened."""
    with path.open("rb") as file:
        head = file.read(len(_OLE))
        if not head:
            return defect(name, "empty-file")
        if head == _OLE:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return defect(name, "encrypted" if data.find(_ENCRYPTED_PACKAGE) >= 0 else "not-xlsx")
        if not b"PK\x03\x04".startswith(head[:4]):
            return defect(name, "not-xlsx")
        size = _directory_bytes(path)
    if size is None:
        return defect(name, "truncated")
    if size > _DIRECTORY:
        return defect(name, "too-large", detail=f"a directory of {size} bytes")
    try:
        return Package(ZipFile(path), limits)
    except Refused as stop:
        return defect(name, stop.code, detail=stop.detail)
    except BAD_BYTES:
        return defect(name, "corrupt-workbook")


def _directory_bytes(path: Path) -> int | None:
    """Bytes of the central directory by the archive's end record; None if there is none."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return None
    found: int = struct.unpack_from("<I", tail, at + 12)[0]
    large = tail.rfind(_END64, 0, at)
    if large >= 0 and len(tail) >= large + 56:
        found = max(found if found != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, large + 40)[0])
    return found
