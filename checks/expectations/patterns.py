"""`re.search` over a column of texts: Python's regular expressions, at RE2's speed wherever both mean the same.

GX's patterns are Python's. RE2 (Arrow's kernel) reads classes such as `\\d` and `\\b` as ASCII, and `$` without Python's
trailing newline; so a pattern with these runs in RE2 on texts of plain ASCII without newlines, and in `re` on the others.
A pattern with anything else that the two may read differently runs in `re`, once per distinct text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Reach = Literal["all", "lines", "ascii", "ascii-lines", "none"]
"""Which texts RE2 may judge: every one, those without newlines, those of ASCII, those with neither, none."""

_CLASSES = re.compile(r"\\[wWdDbB]")
_STRANGE = re.compile(r"\\[^\W_wWdDbBntr]|\(\?(?!:)|\[\[?:|&&|\|\||--|~~|\\_")


@lru_cache(maxsize=256)
def reach(pattern: str) -> Reach:
    """What RE2 may judge of `pattern`, by the syntax that it has."""
    plain = re.sub(r"\\\\", "", pattern)
    if _STRANGE.search(plain):
        return "none"
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid:
        return "none"
    if _CLASSES.search(plain):
        return "ascii-lines" if "$" in plain else "ascii"
    return "lines" if "$" in plain else "all"


def check_pattern(pattern: str) -> str | None:
    """None if Python takes the pattern, else why not."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as wrong:
        return str(wrong)
    return None


def contains(texts: pa.Array, pattern: str) -> pa.Array:
    """Does each text contain a match? Boolean [n], null where the text is."""
    allowed = reach(pattern)
    if allowed == "all":
        return pc.match_substring_regex(texts, pattern)
    if allowed == "none":
        return _searched(texts, pattern)
    easy = pc.match_substring_regex(texts, pattern)
    plain = _plain(texts, allowed)
    if pc.all(plain, min_count=0).as_py():
        return easy
    hard = pc.if_else(plain, pa.scalar(None, texts.type), texts)
    return pc.if_else(plain, easy, _searched(hard, pattern))


def _plain(texts: pa.Array, allowed: Reach) -> pa.Array:
    """Which texts RE2 may judge, null where the text is."""
    if allowed == "lines":
        return pc.invert(pc.match_substring(texts, "\n"))
    ascii_only = pc.equal(pc.binary_length(texts), pc.utf8_length(texts))
    if allowed == "ascii":
        return ascii_only
    return pc.and_(ascii_only, pc.invert(pc.match_substring(texts, "\n")))


def _searched(texts: pa.Array, pattern: str) -> pa.Array:
    """By Python, once per distinct text."""
    compiled = re.compile(pattern)
    encoded = texts.dictionary_encode()
    found = [compiled.search(text) is not None for text in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.bool_()).take(encoded.indices)
