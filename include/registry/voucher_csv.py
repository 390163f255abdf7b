"""The vouchers CSV as people save it: UTF-8 with or without BOM, or CP949 as Korean Excel writes. No database here.

It gives rows with their line numbers, or every problem of the file at once: those of its shape and those of its rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from include.registry.voucher_rules import COLUMNS, RowProblem, VouchersError, read_rows

MAX_BYTES = 64 * 2**20


def read_csv(data: bytes) -> tuple[list[Mapping[str, str]], list[int]]:
    """Rows (column -> text) and the line each one starts on. Raises VouchersError."""
    problems: list[RowProblem] = []
    rows: list[Mapping[str, str]] = []
    lines: list[int] = []
    table = _cells(_text(data))
    header = _header(*next(table, (1, [])))
    for line, cells in table:
        if isinstance(cells, RowProblem):
            problems.append(cells)
        elif not any(cell.strip() for cell in cells):
            continue
        elif len(cells) != len(header):
            problems.append(
                RowProblem(
                    line,
                    "",
                    f"{len(cells)} fields instead of {len(header)}: is a comma not quoted?",
                    f"열이 {len(header)}개가 아니라 {len(cells)}개입니다. 따옴표 없는 쉼표가 있습니까?",
                )
            )
        else:
            rows.append(dict(zip(header, cells, strict=True)))
            lines.append(line)
    if not rows and not problems:
        raise VouchersError([RowProblem(1, "", "there is no row below the header", "머리글 아래에 행이 없습니다")])
    try:
        read_rows(rows, lines)
    except VouchersError as error:
        problems += error.problems
    if problems:
        raise VouchersError(sorted(problems, key=lambda p: p.line))
    return rows, lines


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _whole("the file is larger than 64 MiB", "파일이 64 MiB를 넘습니다")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _whole(
            "the file is UTF-16: save it as 'CSV UTF-8'", "UTF-16 파일입니다. 'CSV UTF-8' 형식으로 저장하십시오"
        )
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
    raise _whole(f"neither UTF-8 nor CP949 (at line {line})", f"UTF-8도 CP949도 아닙니다({line}행)")


def _cells(text: str) -> Iterator[tuple[int, list[str] | RowProblem]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            yield start, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, RowProblem(start, "", f"not CSV: {error}", f"CSV 형식이 아닙니다: {error}")
            return


def _header(line: int, cells: list[str] | RowProblem) -> Sequence[str]:
    if isinstance(cells, RowProblem):
        raise VouchersError([cells])
    names = [cell.strip() for cell in cells]
    missing = [name for name in COLUMNS if name not in names]
    strange = [name for name in names if name not in COLUMNS]
    if len(names) == 1 and any(c in names[0] for c in ";\t"):
        raise _whole("fields must be separated by commas", "열은 쉼표로 구분해야 합니다")
    problems = [RowProblem(line, n, f"column {n} is missing", f"{n} 열이 없습니다") for n in missing]
    if strange:
        known = ",".join(COLUMNS)
        problems.append(
            RowProblem(
                line,
                "",
                f"{len(strange)} unknown column(s); the columns are {known}",
                f"알 수 없는 열이 {len(strange)}개 있습니다. 열은 {known}",
            )
        )
    problems += [
        RowProblem(line, n, f"column {n} stands twice", f"{n} 열이 두 번 있습니다")
        for n in COLUMNS
        if names.count(n) > 1
    ]
    if problems:
        raise VouchersError(problems)
    return names


def _whole(message: str, ko: str) -> VouchersError:
    return VouchersError([RowProblem(1, "", message, ko)])
