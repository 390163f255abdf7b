"""What a row of the vouchers CSV must say, and what rows of one voucher must say together. Pure: no database here.

Every problem is found, not only the first, each with its row's place, so that a person corrects a file once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Final
from urllib.parse import quote

from include.errors import ContractError

COLUMNS: Final = (
    "voucher",
    "programme",
    "demand_firm",
    "supplier",
    "region",
    "sector",
    "milestone",
    "sequence",
    "amount_krw",
    "due_on",
    "contract_id",
    "contract_version",
    "contract_sha256",
)
"""The CSV's columns, one row a milestone."""

VOUCHER_COLUMNS: Final = ("programme", "demand_firm", "supplier", "region", "sector")
"""Facts of the voucher: the same in each of its rows."""

NAME_BYTES: Final = 100
"""An identifier's length at most, percent-encoded: it becomes part of a file's name."""

_NAMES = ("voucher", "programme", "milestone", "contract_id", "contract_version")
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """A valid row. `line`: its place in what was loaded (a CSV's line number, else counted from 1)."""

    line: int
    voucher: str
    programme: str
    demand_firm: str
    supplier: str
    region: str
    sector: str
    milestone: str
    sequence: int
    amount_krw: int
    due_on: date
    contract_id: str
    contract_version: str
    contract_sha256: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row (`line` 0: with the whole), in English and Korean. Names the column, not the value."""

    line: int
    column: str
    message: str
    ko: str


class VouchersError(ContractError):
    """The rows are refused, all of them; `problems` says why."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(
            "vouchers-refused",
            f"{len(self.problems)} problem(s), nothing was loaded; the first, in line {first.line}: {first.message}",
            hint="Correct the file and load it again.",
            ko=f"문제 {len(self.problems)}건으로 아무것도 저장하지 않았습니다. 첫 번째는 {first.line}행: {first.ko}",
            ko_hint="파일을 고친 뒤 다시 올리십시오.",
        )

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.problems,))


def read_rows(rows: Iterable[Mapping[str, object]], lines: Sequence[int] | None) -> tuple[VoucherRow, ...]:
    """The rows as typed values, checked one by one and together; VouchersError with every problem otherwise."""
    problems: list[RowProblem] = []
    good: list[VoucherRow] = []
    for number, row in enumerate(rows):
        line = lines[number] if lines is not None else number + 1
        text = {name: unicodedata.normalize("NFC", str(row.get(name, "")).strip()) for name in COLUMNS}
        found = [*_row_problems(line, text)]
        problems += found
        if not found:
            good.append(_typed(line, text))
    problems += together(good)
    if problems:
        raise VouchersError(sorted(problems, key=lambda p: p.line))
    return tuple(good)


def together(rows: Sequence[VoucherRow]) -> Iterable[RowProblem]:
    """Rules over several rows: each milestone once, one set of facts a voucher, dates in the order of the sequence.

    Rows on line 0 are those that the registry holds already: they come first, problems are told on the others.
    """
    for _, group in groupby(sorted(rows, key=lambda r: (r.voucher, r.sequence, r.line)), key=lambda r: r.voucher):
        members = list(group)
        yield from _duplicates(members)
        first = min(members, key=lambda r: r.line)
        for row in members:
            for name in VOUCHER_COLUMNS:
                if getattr(row, name) != getattr(first, name):
                    yield RowProblem(
                        row.line,
                        name,
                        f"{name} differs from the voucher's other milestones ({_place(first)})",
                        f"{name} 값이 같은 바우처의 다른 행({_place(first)})과 다릅니다",
                    )
        for before, after in pairwise(members):
            if before.sequence < after.sequence and after.due_on < before.due_on:
                yield RowProblem(
                    max(after.line, before.line),
                    "due_on",
                    "due_on does not follow the order of the voucher's milestones",
                    "기한이 마일스톤의 순서와 맞지 않습니다",
                )


def _duplicates(members: Sequence[VoucherRow]) -> Iterable[RowProblem]:
    for name in ("milestone", "sequence"):
        seen: dict[object, VoucherRow] = {}
        for row in sorted(members, key=lambda r: r.line):
            value = getattr(row, name)
            if value in seen:
                yield RowProblem(
                    row.line,
                    name,
                    f"{name} is already used by this voucher ({_place(seen[value])})",
                    f"같은 바우처({_place(seen[value])})에서 이미 쓰인 {name} 값입니다",
                )
            seen.setdefault(value, row)


def _place(row: VoucherRow) -> str:
    return f"line {row.line}" if row.line else "in the registry"


def _row_problems(line: int, text: Mapping[str, str]) -> Iterable[RowProblem]:
    def problem(column: str, message: str, ko: str) -> RowProblem:
        return RowProblem(line, column, f"{column} {message}", f"{column}: {ko}")

    for name, value in text.items():
        if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in value):
            yield problem(name, "holds a control or invisible character", "제어 문자나 보이지 않는 문자가 있습니다")
        elif not value and name not in {"region", "sector"}:
            yield problem(name, "is empty", "비어 있습니다")
        elif name in _NAMES and not _is_name(value):
            yield problem(
                name,
                f"must be letters, digits, '.', '_' and '-', starting with a letter or digit, at most {NAME_BYTES} bytes",
                f"문자·숫자로 시작하고 문자, 숫자, '.', '_', '-'만 쓸 수 있으며 {NAME_BYTES}바이트 이하여야 합니다",
            )
        elif name in {"sequence", "amount_krw"} and not _NUMBER.fullmatch(value):
            yield problem(
                name,
                "must be a positive whole number, without separators or unit",
                "쉼표나 단위 없는 양의 정수여야 합니다",
            )
        elif name == "sequence" and int(value) > 1000:
            yield problem(name, "must be at most 1000", "1000 이하여야 합니다")
        elif name == "due_on" and not _is_date(value):
            yield problem(name, "must be a date, YYYY-MM-DD", "YYYY-MM-DD 날짜여야 합니다")
        elif name == "contract_sha256" and not _SHA256.fullmatch(value.lower()):
            yield problem(name, "must be 64 hexadecimal digits", "16진수 64자리여야 합니다")


def _is_name(value: str) -> bool:
    words = all(c.isalnum() or c in "._-" for c in value)
    return words and value[0].isalnum() and len(quote(value)) <= NAME_BYTES


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.fullmatch(value)) and date.fromisoformat(value) > date.min
    except ValueError:
        return False


def _typed(line: int, text: Mapping[str, str]) -> VoucherRow:
    return VoucherRow(
        line=line,
        sequence=int(text["sequence"]),
        amount_krw=int(text["amount_krw"]),
        due_on=date.fromisoformat(text["due_on"]),
        contract_sha256=text["contract_sha256"].lower(),
        **{name: text[name] for name in {*VOUCHER_COLUMNS, *_NAMES}},
    )
