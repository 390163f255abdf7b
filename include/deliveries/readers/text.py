"""Text files: which encoding a file is in, decided on all of its bytes, and a sliding window over its text.

The decision is strict and the same on every machine: the contract's encoding if it names one; else a byte order mark;
else UTF-8 if every byte of the file is; else CP949 if every byte is; else the file is undecodable. Nothing is guessed
from frequencies and nothing is replaced.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from checks.batch import Defect
from include.deliveries.readers.codes import defect

CHUNK = 1 << 20

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr", "johab", "ascii", "iso-8859-1", "iso-8859-7", "windows-1252", "shift_jis", "gb18030")  # fmt: skip

ENCODING_OPTION: Mapping[str, Any] = {
    "enum": list(ENCODINGS),
    "description": "Encoding of the text; without it: byte order mark, else UTF-8, else CP949, decided on the whole file.",
}

_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ISO_2022_KR = b"\x1b$)C"


def decide_encoding(path: Path, name: str, declared: str | None = None) -> str | Defect:
    """The codec to read the file with, or the defect that keeps it from being read. Reads the file once or twice."""
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        return defect(name, "empty-file")
    if declared is None and head in _UTF32:
        return defect(name, "unsupported-encoding", detail="UTF-32")
    failures = []
    for codec in _candidates(head, declared):
        found = _decode_all(path, codec)
        if found is None:
            return codec
        if isinstance(found, str):
            return defect(name, found, detail="ISO-2022-KR" if found == "unsupported-encoding" else "")
        failures.append(f"not {codec} at byte {found}")
    return defect(name, "undecodable", detail=", ".join(failures))


def _candidates(head: bytes, declared: str | None) -> tuple[str, ...]:
    if declared is not None:
        return ("utf-8-sig",) if declared == "utf-8" else (declared,)
    if head.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    if head.startswith(_UTF16):
        return ("utf-16",)
    return ("utf-8", "cp949")


def _decode_all(path: Path, codec: str) -> int | str | None:
    """None if the whole file decodes; the byte where it does not; or the code of what text must not hold."""
    decoder = codecs.getincrementaldecoder("utf-8" if codec == "utf-8-sig" else codec)()
    offset, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return offset - held + error.start
            if "\0" in text:
                return "nul-character"
            if not codec.startswith("utf-16") and _ISO_2022_KR in tail + chunk:
                return "unsupported-encoding"
            offset, tail = offset + len(chunk), chunk[-3:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return offset - len(error.object) + error.start
    return None


class Window:
    """A sliding window over the text of a file: `text[pos:]` is what has not been used yet.

    `ended` is True once the window reaches the end of the file. Line ends come as they stand in the file.
    """

    def __init__(self, path: Path, codec: str, chunk: int) -> None:
        self._file: TextIO = path.open(encoding=codec, newline="")
        self._chunk = chunk
        self.text = ""
        self.pos = 0
        self.ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def pending(self) -> int:
        """Characters in the window that have not been used yet."""
        return len(self.text) - self.pos

    def use(self, pos: int) -> None:
        """Everything before `pos` has been used. Drops it once it is much, so that work on the window stays small."""
        self.pos = pos
        if pos >= 2 * self._chunk:
            self.text, self.pos = self.text[pos:], 0

    def more(self) -> bool:
        """Drops what was used and reads on, at least doubling what is pending. False if there was nothing more."""
        if self.ended:
            return False
        kept = self.text[self.pos :]
        fresh = self._file.read(max(self._chunk, len(kept)))
        self.text, self.pos = kept + fresh, 0
        self.ended = not fresh
        return not self.ended
