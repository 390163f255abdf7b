"""Names inside a pack: what people wrote (contract titles, delivery ids) as one path segment, safe on every system."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import Final

from include.evidence.pack_zip import ILLEGAL

LONGEST: Final = 120
"""Bytes of a segment; five of them fit into any system's limit."""

PHASES: Final = {"self": "자체", "preliminary": "사전", "final": "최종", "remedy": "보완"}
UNKNOWN_PHASE: Final = "미정"

DEVICES: Final = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))})


def segment(text: str) -> str:
    """`text` as a file name: `/` becomes `·`, what no name may hold becomes `_`.

    A name that had to be cut, or that lost characters other than `/`, carries part of its digest: none clash.
    """
    plain = unicodedata.normalize("NFC", text).replace("/", "·")
    safe = "".join(
        "_" if c in ILLEGAL or unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c for c in plain
    )
    safe = _cut(safe.strip(" ").rstrip(". "))
    device = safe.split(".")[0].casefold() in DEVICES
    if safe == plain and safe and not device:
        return safe
    return f"{'_' * device}{safe}_{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def phase_name(phase: str | None) -> str:
    """The folder of a phase: 사전, 최종, 보완-1 ..."""
    word, dash, number = (phase or "").partition("-")
    if word not in PHASES:
        return UNKNOWN_PHASE if not phase else segment(phase)
    return PHASES[word] + (f"-{segment(number)}" if dash else "")


def _cut(text: str) -> str:
    """At most LONGEST bytes, never half a character, and nothing odd at its new end."""
    if len(text.encode()) <= LONGEST:
        return text
    return text.encode()[:LONGEST].decode("utf-8", "ignore").rstrip(". ")
