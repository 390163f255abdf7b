"""Names of archive members: in which encoding they are, and which of them no file may have.

A zip says UTF-8 by a flag, or nothing at all; Korean tools then write CP949 and macOS writes UTF-8 in NFD without the
flag. One short name proves little (of CP949 names of one syllable, 9.3 % are valid UTF-8 too), so that all names without
a flag decide together, by vote. Names are compared and shown in NFC; their bytes are kept. Nothing is repaired.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Encoding = Literal["utf-8", "cp949"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "cp949")

MAX_BYTES = 1024
"""Of a name in UTF-8: what every store holds a key to."""

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(slots=True)
class Ballot:
    """Collects the votes of one archive's names. `decided` is the encoding of the names that carry no flag."""

    votes: Counter[Encoding] = field(default_factory=Counter)

    def add(self, raw: bytes) -> None:
        """A name without a flag votes for the one encoding it is valid in, or the more Korean of two."""
        if raw.isascii():
            return
        shares = {encoding: share for encoding in ENCODINGS if (share := _hangul_share(raw, encoding)) is not None}
        best = max(shares.values(), default=0.0)
        winners = [encoding for encoding, share in shares.items() if share == best]
        if len(winners) == 1:
            self.votes[winners[0]] += 1

    @property
    def decided(self) -> Encoding:
        """UTF-8 where nobody voted otherwise, and in a draw."""
        return max(ENCODINGS, key=lambda encoding: self.votes[encoding])


def _hangul_share(raw: bytes, encoding: Encoding) -> float | None:
    """Which share of the characters beyond ASCII is Hangul; None if the bytes are not of this encoding."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return len(_HANGUL.findall(text)) / sum(not character.isascii() for character in text)


@dataclass(frozen=True, slots=True)
class Named:
    """A name read: `text` in NFC without a leading "./", and how its bytes were written, for the report."""

    text: str
    written: str


def read_name(raw: bytes, *, flagged: bool, decided: Encoding) -> Named | None:
    """The name of these bytes; None if they are not of the encoding that the flag or the vote says."""
    encoding = "utf-8" if flagged else decided
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    composed = unicodedata.normalize("NFC", text)
    written = "ascii" if raw.isascii() else f"{encoding}-flag" if flagged else encoding
    if composed != text:
        written += "-nfd"
    return Named(composed.removeprefix("./"), written)


def fault(name: str) -> str | None:
    """The code of what is wrong with a member's name; None for a plain relative path."""
    segments = name.split("/")
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_BYTES or _CONTROL.search(name) or "!/" in name:
        return "member-name"
    if "\\" in name:
        return "member-backslash"
    if name.startswith("/") or _DRIVE.match(name):
        return "member-absolute"
    if ".." in segments:
        return "member-traversal"
    if "" in segments or "." in segments:
        return "member-name"
    return None


def shown(raw: bytes) -> str:
    """A name that cannot be read or must not be used, for people: ASCII, everything else escaped, cut at 200."""
    text = raw[:200].decode("ascii", "backslashreplace")
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
