"""Values as reports may show them: the shape of a value, never the value.

Digits become 9, Hangul 가, Latin letters a or A, other letters x; spaces and ASCII punctuation stay, everything else
(controls, bidi marks, emoji) becomes ?. So `2024-13-01` reads `9999-99-99` and a name cannot be read back.
"""

from __future__ import annotations

from collections.abc import Collection

LONGEST = 40

PUBLIC_FROM = 5
"""A class, rater or group that the contract does not name is shown as it is from this many records on: a label recurs,
a person's name or number in a label column does not."""


def shape(value: object) -> str:
    """The masked shape of one value, at most 40 characters and its length."""
    text = "" if value is None else str(value)
    masked = "".join(_letter(c) for c in text[:LONGEST])
    return masked if len(text) <= LONGEST else f"{masked}… ({len(text)})"


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
