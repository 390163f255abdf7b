"""Date and time formats: ODCS writes them as Unicode (JDK DateTimeFormatter) patterns; ISO 8601 is the default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

YEAR = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
"""1 to 9999: there is no year 0, and Python and Arrow would not agree on one."""

ISO = {
    "date": f"^{YEAR}" + r"-[0-9]{2}-[0-9]{2}$",
    "time": r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?$",
    "timestamp": (
        f"^{YEAR}" + r"-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
        r"(Z|[+-][0-9]{2}:?[0-9]{2})?$"
    ),
}

TOKENS: dict[str, tuple[str, str]] = {
    "yyyy": ("%Y", YEAR),
    "uuuu": ("%Y", YEAR),
    "yy": ("%y", "[0-9]{2}"),
    "MM": ("%m", "[0-9]{2}"),
    "M": ("%m", "[0-9]{1,2}"),
    "dd": ("%d", "[0-9]{2}"),
    "d": ("%d", "[0-9]{1,2}"),
    "HH": ("%H", "[0-9]{2}"),
    "H": ("%H", "[0-9]{1,2}"),
    "mm": ("%M", "[0-9]{2}"),
    "ss": ("%S", "[0-9]{2}"),
    "SSSSSS": ("%f", "[0-9]{6}"),
    "SSS": ("%f", "[0-9]{3}"),
    "XXX": ("%z", "(Z|[+-][0-9]{2}:[0-9]{2})"),
}
"""Pattern letters and what they stand for: strptime directive, and the exact digits (strptime alone takes fewer)."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a temporal text must look (`regex`, anchored) and how it is parsed."""

    regex: str
    strptime: str
    iso: bool


@lru_cache(maxsize=256)
def pattern_of(kind: str, form: str | None) -> Pattern:
    """The pattern of a contract's `format` (None: ISO 8601). Raises ValueError for letters we do not know."""
    if form is None:
        return Pattern(ISO[kind], "", iso=True)
    if "%" in form:
        raise ValueError("write the format with pattern letters such as yyyy-MM-dd, not with % directives")
    regex, directive = "", ""
    for piece in _pieces(form):
        if piece in TOKENS:
            directive += TOKENS[piece][0]
            regex += TOKENS[piece][1]
        elif piece.startswith("'"):
            directive += piece.strip("'")
            regex += re.escape(piece.strip("'"))
        elif piece[0].isalpha():
            raise ValueError(f"unknown pattern letters {piece!r}; known: {', '.join(TOKENS)}")
        else:
            directive += piece
            regex += re.escape(piece)
    return Pattern(f"^{regex}$", directive, iso=False)


def _pieces(form: str) -> list[str]:
    """Runs of one letter, quoted literals, and single other characters."""
    return [m.group(0) for m in re.finditer(r"'[^']*'|([A-Za-z])\1*|.", form)]
