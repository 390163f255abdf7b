"""What lint says: a Problem names the place in the YAML, in plain Korean and English, with a hint.

Every text stands in `texts.py` under its stable code, so that the docs list them all. A Problem quotes the contract
(ours), never the delivered data.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from include.contracts.texts import TEXTS

Path = tuple[str | int, ...]
"""Keys and indices from the document's root to a value."""

Place = tuple[int, int]
"""Line and column, both from 1."""

_PLAIN_KEY = re.compile(r"[^\W\d][\w-]*")


def show_path(path: Path) -> str:
    """A path as people write it: `schema[0].properties[2].quality[0].mustBe`; the root is empty."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            shown += f".{part}" if shown else part
        else:
            shown += f'["{part}"]'
    return shown


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    by_folded = {k.casefold(): k for k in known}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a contract. `level` error: the contract can't be used; warning: it can, but look at it.

    `path` is "" for the document as a whole; `line` and `column` count from 1.
    """

    path: str
    line: int
    code: str
    message_en: str
    message_ko: str
    hint: str = ""
    hint_ko: str = ""
    column: int = 1
    level: Literal["error", "warning"] = "error"

    def as_json(self) -> dict[str, str | int]:
        """For `--json`."""
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "level": self.level,
            "code": self.code,
            "message": self.message_en,
            "message_ko": self.message_ko,
            "hint": self.hint,
            "hint_ko": self.hint_ko,
        }


@dataclass
class Problems:
    """Collects problems; knows where each path stands in the file."""

    places: Mapping[Path, Place] = field(default_factory=dict)
    _found: dict[tuple[Path, str, str], Problem] = field(default_factory=dict)
    _errors: set[Path] = field(default_factory=set)

    def add(self, path: Path, code: str, **words: object) -> None:
        """One problem by its code; `words` fill its text. The same one twice is kept once."""
        self.report(path, code, words)

    def report(
        self, path: Path, code: str, words: Mapping[str, object], *, place: Place | None = None, hint: str | None = None
    ) -> None:
        """As `add`, at a place of its own, or with a `hint` that a check or the standard gives (in English only)."""
        text = TEXTS[code]
        filled = {k: str(v) for k, v in words.items()}
        line, column = place or self.place(path)
        problem = Problem(
            path=show_path(path),
            line=line,
            column=column,
            code=code,
            message_en=text.en.format(**filled),
            message_ko=text.ko.format(**filled),
            hint=text.hint.format(**filled) if hint is None else hint,
            hint_ko=text.hint_ko.format(**filled) if hint is None else hint,
            level=text.level,
        )
        self._found.setdefault((path, code, problem.message_en), problem)
        if text.level == "error":
            self._errors.update(path[:n] for n in range(len(path) + 1))

    def unknown(self, path: Path, code: str, word: str, known: Iterable[str], **words: object) -> None:
        """An unknown word, with the one that was probably meant, or all that there are."""
        listed = sorted(known)
        meant = closest(word, listed)
        if meant is not None:
            en, ko = f"did you mean {meant!r}?", f"{meant!r} 을(를) 쓰려고 하셨나요?"
        else:
            en, ko = f"known: {', '.join(listed)}", f"쓸 수 있는 것: {', '.join(listed)}"
        self.report(path, code, {**words, "word": word, "help": en, "help_ko": ko})

    def place(self, path: Path) -> Place:
        """Where `path`, or the nearest thing around it, stands."""
        for n in range(len(path), -1, -1):
            if path[:n] in self.places:
                return self.places[path[:n]]
        return (1, 1)

    def broken(self, path: Path) -> bool:
        """Is there an error at `path` or anywhere inside it?"""
        return path in self._errors

    def has(self, code: str) -> bool:
        """Was anything told under this code?"""
        return any(p.code == code for p in self._found.values())

    def listed(self) -> list[Problem]:
        """All of them in the file's order."""
        return sorted(self._found.values(), key=lambda p: (p.line, p.column, p.path, p.code, p.message_en))


_KINDS = (
    (dict, "a mapping", "키와 값"),
    (list, "a list", "목록"),
)


def describe(value: object) -> tuple[str, str]:
    """What a value is, for `wrong-type`: in English and in Korean."""
    if value is None:
        return "empty", "빈 값"
    for kind, en, ko in _KINDS:
        if isinstance(value, kind):
            return en, ko
    if isinstance(value, bool):
        word = "true" if value else "false"
        return word, word
    shown = str(value) if len(str(value)) <= 40 else str(value)[:40] + "..."
    return (
        (f"the text {shown!r}", f"글 {shown!r}") if isinstance(value, str) else (f"the number {shown}", f"수 {shown}")
    )
