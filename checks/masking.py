"""Values as reports may show them: the shape of a value, never the value.

Digits become 9, Hangul 가, Latin letters a or A, other letters x; spaces and ASCII punctuation stay, everything else
(controls, bidi marks, emoji) becomes ?. So `2024-13-01` reads `9999-99-99` and a name cannot be read back.
"""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 40

PUBLIC_FROM = 5
"""A class, rater or group that the contract does not name is shown as it is from this many records on: a label recurs,
a person's name or number in a label column does not."""


def shape(value: object) -> str:
    """The masked shape of one value, at most 40 characters and its length."""
    text = "" if value is None else str(value)
    return _masked(text[:LONGEST], len(text))


def shape_at(array: pa.Array, position: int) -> str:
    """The masked shape of one value of a column; of a text of many megabytes no more than its beginning is copied."""
    one = array.slice(position, 1)
    if one.null_count or not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return shape(one[0].as_py())
    return _masked(pc.utf8_slice_codeunits(one, 0, LONGEST)[0].as_py(), pc.utf8_length(one)[0].as_py())


def _masked(beginning: str, length: int) -> str:
    masked = "".join(_letter(c) for c in beginning)
    return masked if length <= LONGEST else f"{masked}… ({length})"


def public(name: str, count: int, named: Collection[str] = ()) -> str:
    """A class, rater or group as tables may show it: itself if the contract names it or `count` records bear it, else
    its shape."""
    known = name in named or (count >= PUBLIC_FROM and len(name) <= LONGEST)
    return name if known else shape(name)


def _letter(c: str) -> str:
    if c.isdigit():
        return "9"
    if "가" <= c <= "힣" or "ᄀ" <= c <= "ᇿ" or "ㄱ" <= c <= "ㆎ":
        return "가"
    if c.isascii() and c.isalpha():
        return "A" if c.isupper() else "a"
    if c == " " or (c.isascii() and c.isprintable()):
        return c
    return "x" if c.isalpha() else "?"
