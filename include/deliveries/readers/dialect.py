"""How the records of a delimited text stand in it: the rules of RFC 4180, made exact where it is silent.

- A record ends at LF, CRLF or a lone CR outside quotes, or at the end of the file.
- A line of no characters at all is no record and takes no index.
- A field is quoted if its first character is the quote; inside, two quotes stand for one. Text between a closing quote
  and the next delimiter is a defect. A quote further on in an unquoted field is a plain character.
- Blanks around a field belong to it.

Scanning never holds more than the window; a record that the window does not yet hold whole is `None`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

DELIMITERS = (",", ";", "\t", "|")
"""What is sniffed, in the order of preference when two explain a file equally well."""

SAMPLE_CHARS = 65_536
"""The head of a file on which its delimiter is decided."""

_LINE_REST = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the text, at most one line end behind it. `fault`: the code of its defect, None if it is whole."""

    fields: tuple[str, ...]
    end: int
    fault: str | None = None


@dataclass(frozen=True)
class Dialect:
    """A delimiter and a quote character (None: quotes are plain characters), with their patterns."""

    delimiter: str
    quote: str | None = '"'
    _plain: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_plain", re.compile(rf"[^{re.escape(self.delimiter)}\r\n]*+"))

    @cached_property
    def _quoted(self) -> re.Pattern[str]:
        q = re.escape(self.quote or "")
        return re.compile(f"{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}")

    @cached_property
    def _whole(self) -> re.Pattern[str]:
        d, q = re.escape(self.delimiter), re.escape(self.quote or "")
        plain = rf"(?:[^{q}{d}\r\n][^{d}\r\n]*+)?+"
        quoted = rf"{q}[^{q}\r]*+(?:{q}{q}[^{q}\r]*+|\r\n[^{q}\r]*+)*+{q}"
        one = f"(?:{quoted}|{plain})"
        return re.compile(rf"(?:{one}(?:{d}{one})*+\r?\n)*+")

    def record(self, text: str, start: int, *, ended: bool) -> Record | None:
        """The record that begins at `start`, which is not at a line end; None if the window must be longer first."""
        end = self._line_end(text, start)
        if self.quote is not None and text.find(self.quote, start, end) >= 0:
            return self._quoted_record(text, start, ended=ended)
        close = line_break(text, end, ended=ended)
        return None if close is None else Record(tuple(text[start:end].split(self.delimiter)), close)

    def _line_end(self, text: str, start: int) -> int:
        found = _LINE_REST.match(text, start)
        assert found is not None
        return found.end()

    def _quoted_record(self, text: str, start: int, *, ended: bool) -> Record | None:
        fields: list[str] = []
        at = start
        while True:
            is_quoted = text.startswith(self.quote or "", at)
            found = (self._quoted if is_quoted else self._plain).match(text, at)
            if found is None:
                return Record(tuple(fields), len(text), "unterminated-quote") if ended else None
            at = found.end()
            if at == len(text) and not ended:
                return None
            fields.append(self._unquoted(found.group()) if is_quoted else found.group())
            if text.startswith(self.delimiter, at):
                at += 1
                continue
            return self._closed(text, at, fields, ended=ended)

    def _closed(self, text: str, at: int, fields: list[str], *, ended: bool) -> Record | None:
        end = self._line_end(text, at)
        close = line_break(text, end, ended=ended)
        if close is None:
            return None
        return Record(tuple(fields), close, "stray-quote" if end > at else None)

    def _unquoted(self, token: str) -> str:
        quote = self.quote or ""
        return token[1:-1].replace(quote + quote, quote)

    def quotes_in(self, text: str) -> bool:
        """Could there be quoted fields in the text?"""
        return self.quote is not None and self.quote in text

    def whole(self, text: str, start: int, *, quotes: bool, last: int) -> int:
        """Where the well-formed records from `start` end, each closed by LF or CRLF: any CSV parser reads these alike.

        `quotes`: `quotes_in(text)`; `last`: the end of the last LF; handed in because they hold for the whole window.
        The work is proportional to the stretch found.
        """
        if quotes:
            found = self._whole.match(text, start)
            assert found is not None
            return found.end()
        lone = _LONE_CR.search(text, start, last) if last > start else None
        return max(start, last if lone is None else text.rfind("\n", start, lone.start()) + 1)


_LONE_CR = re.compile(r"\r(?!\n)")


def line_break(text: str, at: int, *, ended: bool) -> int | None:
    """Where the line break at `at` ends (`at` itself at the end of the file); None if the window must be longer."""
    if at + 1 >= len(text) and not ended:
        return None if at == len(text) or text[at] == "\r" else at + 1
    if text.startswith("\r\n", at):
        return at + 2
    return at + 1 if at < len(text) else at


def sniff(sample: str, quote: str | None) -> str:
    """The delimiter that explains the sample best; a comma if none occurs in its first record.

    Each candidate that cuts the first record into at least two fields is rated by the share of records with as many
    fields as the first; ties go to more fields, then to the order of DELIMITERS.
    """
    best, rated = DELIMITERS[0], (0.0, 1)
    for delimiter in DELIMITERS:
        rating = _rating(sample, Dialect(delimiter, quote))
        if rating[1] > 1 and rating > rated:
            best, rated = delimiter, rating
    return best


def _rating(sample: str, dialect: Dialect) -> tuple[float, int]:
    at, first, same, records = skip_blank(sample, 0), 0, 0, 0
    while at < len(sample):
        found = dialect.record(sample, at, ended=True)
        assert found is not None
        width = len(found.fields)
        first = first or width
        records += 1
        same += found.fault is None and width == first
        at = skip_blank(sample, found.end)
    return (same / records if records else 0.0, first)


_BLANK = re.compile(r"[\r\n]*")


def skip_blank(text: str, at: int) -> int:
    """Past the empty lines that begin at `at`, the start of a line."""
    found = _BLANK.match(text, at)
    assert found is not None
    return found.end()
