"""Values as reports may show them: the shape of a value, never the value.

Digits become 9, Hangul 가, Latin letters a or A, other letters x; spaces and ASCII punctuation stay, everything else
(controls, bidi marks, emoji) becomes ?. So `2024-13-01` reads `9999-99-99` and a name cannot be read back.
"""

from __future__ import annotations

LONGEST = 40


def shape(value: object) -> str:
    """The masked shape of one value, at most 40 characters and its length."""
    text = "" if value is None else str(value)
    masked = "".join(_letter(c) for c in text[:LONGEST])
    return masked if len(text) <= LONGEST else f"{masked}… ({len(text)})"


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
