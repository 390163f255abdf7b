"""Text of the data made harmless to look at: nothing invisible, reordering or terminal-steering passes unseen.

Names, labels and values are the supplier's. Escaping for HTML is the template's task; this module only makes sure that
what a person sees is what the bytes say. It must never be applied to report.json, which keeps the text as it is.
"""

from __future__ import annotations

from itertools import chain

BLANK = frozenset(
    map(chr, chain((0x34F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0), range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)))
)  # fmt: skip
"""Letters and marks that draw nothing: combining grapheme joiner, Hangul fillers, empty Braille, variation selectors."""


def visible(text: str, limit: int = 500) -> str:
    """`text` with every unseen character as \\uXXXX (or \\UXXXXXXXX), cut after `limit` characters with "…".

    Unseen is what `str.isprintable` refuses (control, format, surrogate, private, unassigned, separators other than
    the space) and what draws nothing.
    """
    shown = "".join(_shown(c) for c in text[:limit])
    return shown + "…" if len(text) > limit else shown


def _shown(c: str) -> str:
    if c.isprintable() and c not in BLANK:
        return c
    return f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"
