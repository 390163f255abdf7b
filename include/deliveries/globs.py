"""Which files a schema object claims: globs on the NFC path in the delivery; `*` stops at "/", `**` does not."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=1024)
def compiled(glob: str) -> re.Pattern[str]:
    """The glob as an expression: `**/` any folders or none, `**` anything, `*` and `?` within a name, `[...]` a set."""
    out, i = "", 0
    glob = unicodedata.normalize("NFC", glob)
    while i < len(glob):
        token, step = _token(glob, i)
        out += token
        i += step
    return re.compile(out, re.DOTALL)


def _token(glob: str, i: int) -> tuple[str, int]:
    if glob.startswith("**/", i):
        return "(?:.*/)?", 3
    if glob.startswith("**", i):
        return ".*", 2
    if glob[i] == "*":
        return "[^/]*", 1
    if glob[i] == "?":
        return "[^/]", 1
    closing = glob.find("]", i + 2) if glob[i] == "[" else -1
    if closing > 0:
        inside = glob[i + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
        inside = (
            "^" + inside[1:]
            if inside.startswith("!")
            else inside.replace("^", "\\^", 1)
            if inside[0] == "^"
            else inside
        )
        return f"(?!/)[{inside}]", closing - i + 1
    return re.escape(glob[i]), 1


def claims(glob: str, path: str) -> bool:
    """Does the glob claim the path?"""
    return compiled(glob).fullmatch(unicodedata.normalize("NFC", path)) is not None
