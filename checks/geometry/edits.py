"""Edit distances of transcripts (Levenshtein 1966), by characters and by words.

Texts are compared in NFC, so that one syllable is one character however it is stored, and without blanks at their ends.
Nothing else is normalised: what a contract wants ignored (marks, punctuation) its transcripts must not differ in.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

Unit = Literal["cer", "cer-no-space", "wer"]

Tokens = str | Sequence[str]


def _characters(text: str) -> str:
    return text


def _without_spaces(text: str) -> str:
    return "".join(text.split())


def _words(text: str) -> list[str]:
    return text.split()


TOKENS: Mapping[Unit, Callable[[str], Tokens]] = {
    "cer": _characters,
    "cer-no-space": _without_spaces,
    "wer": _words,
}
"""What an edit is of: characters with spaces among them, characters without, words between spaces."""


def tokens(text: str, unit: Unit) -> Tokens:
    """The characters or words of a transcript."""
    return TOKENS[unit](unicodedata.normalize("NFC", text).strip())


def distance(left: Tokens, right: Tokens) -> int:
    """The fewest insertions, deletions and substitutions that make one of the other."""
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(left, right))
