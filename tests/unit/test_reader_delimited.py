"""CSV and TSV: the rules of the dialect, each defect code, and laws over windows, batches and writers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.batch import Batch, Defect
from checks.columns import Col
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import Limits, reader_for


def spec_of(*sources: str, fmt: str = "csv", **options: object) -> ObjectSpec:
    return ObjectSpec(
        "o", fmt, "*", tuple(ColumnSpec(Col(f"c{i}"), source) for i, source in enumerate(sources)), options
    )


def write(folder: Path, data: str | bytes) -> Path:
    path = folder / "f.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, spec: ObjectSpec, limits: Limits | None = None) -> tuple[list[tuple], list[Defect], list[Batch]]:
    """(row index, values...) of every record, the defects, the batches."""
    records, defects, batches = [], [], []
    for found in reader_for(spec.format, limits).read(path, "f.csv", spec):
        if isinstance(found, Defect):
            defects.append(found)
        else:
            found.table.validate(full=True)
            batches.append(found)
            values = [found.table.column(i).to_pylist() for i in range(found.table.num_columns)]
            records += list(zip(found.row_index().tolist(), *values, strict=True))
    return records, defects, batches


def codes(defects: list[Defect]) -> list[tuple[str, int]]:
    return [(found.code, found.row) for found in defects]


def test_reads_declared_columns_by_contract_name(tmp_path):
    path = write(tmp_path, "x,번호,y\n1,2,3\n4,5,6\n")
    records, defects, batches = read(path, spec_of("y", "번호", "absent"))
    assert records == [(0, "3", "2"), (1, "6", "5")]
    assert not defects
    assert batches[0].table.schema.names == ["c0", "c1"]
    assert batches[0].found == ("x", "번호", "y")
    assert batches[0].lexical
    assert batches[0].pointer.format(row=1, number=2) == "row 2"


def test_empty_fields_are_null_quoted_or_not(tmp_path):
    assert read(write(tmp_path, 'a,b\n,""\n" ",x\n'), spec_of("a", "b"))[0] == [(0, None, None), (1, " ", "x")]


def test_empty_lines_are_no_records_and_take_no_index(tmp_path):
    path = write(tmp_path, "\n\na,b\n\n1,2\n\r\n\n3,4\n\n")
    assert read(path, spec_of("a", "b"))[0] == [(0, "1", "2"), (1, "3", "4")]


def test_blank_rows_with_delimiters_are_records(tmp_path):
    assert read(write(tmp_path, "a,b\n,\n \n"), spec_of("a"))[:2] == (
        [(0, None)],
        [Defect("f.csv", 1, "row 2", "structure", "field-count", "a row with another number of fields than the header: 1 instead of 2")],
    )  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_record_and_stays_as_it_is_in_quotes(tmp_path, end):
    path = write(tmp_path, end.join(["a,b", "1,2", f'"x{end}y",3', "4,5"]))
    assert read(path, spec_of("a", "b"))[0] == [(0, "1", "2"), (1, f"x{end}y", "3"), (2, "4", "5")]


def test_quotes(tmp_path):
    path = write(tmp_path, 'a,b\n"say ""x""",pl"ain\n """,1\n')
    assert read(path, spec_of("a", "b"))[0] == [(0, 'say "x"', 'pl"ain'), (1, ' """', "1")]


def test_quote_none_takes_unbalanced_quotes_as_they_are(tmp_path):
    path = write(tmp_path, 'a\tb\n"x\ty"\n1\t"\n')
    assert read(path, spec_of("a", "b", fmt="tsv", quote="none"))[0] == [(0, '"x', 'y"'), (1, "1", '"')]


def test_single_quote_as_the_quote_character(tmp_path):
    assert read(write(tmp_path, "a,b\n'x,''y',\"\n"), spec_of("a", "b", quote="'"))[0] == [(0, "x,'y", '"')]


def test_rows_of_another_width_are_defects_that_keep_their_index(tmp_path):
    records, defects, batches = read(write(tmp_path, "a,b\n1,2\n3\n4,5\n6,7,8\n9,0\n"), spec_of("a"))
    assert records == [(0, "1"), (2, "4"), (4, "9")]
    assert codes(defects) == [("field-count", 1), ("field-count", 3)]
    assert defects[0].pointer == "row 2"
    assert batches[0].rows.tolist() == [0, 2, 4]


def test_stray_quote_spoils_its_row_only(tmp_path):
    records, defects, _ = read(write(tmp_path, 'a,b\n"x"y,1\n2,3\n'), spec_of("a", "b"))
    assert (records, codes(defects)) == ([(1, "2", "3")], [("stray-quote", 0)])


def test_unterminated_quote_takes_the_rest_of_the_file(tmp_path):
    records, defects, _ = read(write(tmp_path, 'a,b\n1,2\n3,"x\n4,5\n'), spec_of("a", "b"))
    assert (records, codes(defects)) == ([(0, "1", "2")], [("unterminated-quote", 1)])


def test_defect_messages_hold_no_values(tmp_path):
    _, defects, _ = read(write(tmp_path, 'a,b\nsecret\n"secret"secret,1\n1,"secret'), spec_of("a", "b"))
    assert len(defects) == 3
    assert not any("secret" in found.message + found.pointer for found in defects)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,,b\n", [("blank-header", "column 2")]),
        ("a, ,b\n", [("blank-header", "column 2")]),
        ("a,b,a,a\n", [("duplicate-column", "column 3"), ("duplicate-column", "column 4")]),
    ],
)
def test_header_defects(tmp_path, text, expected):
    _, defects, batches = read(write(tmp_path, text), spec_of("a"))
    assert [(found.code, found.pointer) for found in defects] == expected
    assert {found.list for found in defects} == {"structure"}
    assert sum(batch.table.num_rows for batch in batches) == 0


def test_first_of_duplicate_columns_is_taken(tmp_path):
    assert read(write(tmp_path, "a,b,a\n1,2,3\n"), spec_of("a"))[0] == [(0, "1")]


def test_header_without_rows_gives_an_empty_batch(tmp_path):
    records, defects, batches = read(write(tmp_path, "a,b"), spec_of("b"))
    assert (records, defects) == ([], [])
    assert [(batch.table.schema.names, batch.found) for batch in batches] == [(["c0"], ("a", "b"))]


def test_without_header_columns_are_named_by_position(tmp_path):
    path = write(tmp_path, "1,x\n2,y\n")
    assert read(path, spec_of("2", "1", header=False))[0] == [(0, "x", "1"), (1, "y", "2")]


@pytest.mark.parametrize("data", [b"", b"\n\r\n\n", b"\xef\xbb\xbf"])
def test_empty_file(tmp_path, data):
    records, defects, batches = read(write(tmp_path, data), spec_of("a"))
    assert (records, codes(defects), batches) == ([], [("empty-file", -1)], [])


def test_no_declared_column_still_counts_rows(tmp_path):
    _, _, batches = read(write(tmp_path, "a,b\n1,2\n3,4\n"), spec_of("z"))
    assert sum(batch.table.num_rows for batch in batches) == 2


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\nx, y\tz\n", "\t"),
        ("a|b\n1|x;y\n", "|"),
        ('"a;b",c\n1,2\n', ","),
        ("a,b\n1\n1,2,3\n", ","),
        ("name\nx\n", ","),
        ("a;b,c\n1,2;3\n4,5;6\n", ","),
    ],
)
def test_sniffing(tmp_path, text, delimiter):
    header = read(write(tmp_path, text), spec_of())[2][0].found
    assert header == tuple(next(csv.reader([text.splitlines()[0]], delimiter=delimiter)))


def test_delimiter_option_wins(tmp_path):
    assert read(write(tmp_path, "a;b,c\n1;2,3\n"), spec_of("c", delimiter=","))[0] == [(0, "3")]


HANGUL = "이름,값\n가나다,똠방각하\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_encoding_is_decided(tmp_path, encoding):
    records, defects, _ = read(write(tmp_path, HANGUL.encode(encoding)), spec_of("이름", "값"))
    assert (records, defects) == ([(0, "가나다", "똠방각하")], [])


@pytest.mark.parametrize("encoding", ["johab", "iso-8859-1", "utf-16-le", "utf-8"])
def test_encoding_option(tmp_path, encoding):
    text = "a,b\né,ü\n" if encoding.startswith("iso") else "a,b\n가,나\n"
    expected = [(0, *text.split("\n")[1].split(","))]
    assert read(write(tmp_path, text.encode(encoding)), spec_of("a", "b", encoding=encoding))[0] == expected


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("이름\n가\n".encode() + b"\xc7\n", "undecodable"),
        ("문장\n대한민국의 모든 국민은 법 앞에 평등하다\n".encode("johab"), "undecodable"),
        (b"\xef\xbb\xbfa\n\xb0\xa1\n", "undecodable"),
        (b"a,b\n1,\x002\n", "nul-character"),
        (b"\x1b$)Ca\n\x0e0!\x0f\n", "unsupported-encoding"),
        ("a,b\n".encode("utf-32"), "unsupported-encoding"),
        ("a,b\n1,2\n".encode("utf-16-le"), "nul-character"),
    ],
)
def test_text_that_is_refused(tmp_path, data, code):
    records, defects, _ = read(write(tmp_path, data), spec_of("a"))
    assert (records, codes(defects)) == ([], [(code, -1)])


def test_undecodable_tells_where(tmp_path):
    data = b"a\n" + b"x" * (1 << 20) + b"\xff\n"
    assert f"not utf-8 at byte {(1 << 20) + 2}" in read(write(tmp_path, data), spec_of("a"))[1][0].message


def test_encoding_is_decided_on_the_whole_file(tmp_path):
    data = b"a\n" + b"x\n" * 700_000 + "가\n".encode("cp949")
    records, defects, _ = read(write(tmp_path, data), spec_of("a"))
    assert (records[-1], defects) == ((700_000, "가"), [])


def test_limits(tmp_path):
    small = Limits(record_chars=100, columns=3, window_chars=16)
    assert codes(read(write(tmp_path, "a,b,c,d\n"), spec_of("a"), small)[1]) == [("too-many-columns", -1)]
    records, defects, _ = read(write(tmp_path, f'a\n1\n"{"x" * 1000}"\n2\n'), spec_of("a", delimiter=","), small)
    assert (records, codes(defects)) == ([(0, "1")], [("too-large", 1)])


NASTY = st.text(alphabet=st.sampled_from("ab,;\"\n\r\t |가\ufeff'é"), max_size=8)


@given(st.lists(st.lists(NASTY, min_size=3, max_size=3), min_size=1, max_size=12), st.booleans(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([1, 2, 7, 1 << 20]))  # fmt: skip
def test_what_a_csv_writer_writes_comes_back(tmp_path_factory, rows, all_quoted, delimiter, end, window):
    special = {delimiter, '"', "\n", "\r", "\ufeff"}

    def written(field: str) -> str:
        return '"' + field.replace('"', '""') + '"' if all_quoted or special & set(field) else field

    text = "".join(delimiter.join(map(written, row)) + end for row in [["x", "y", "z"], *rows])
    path = write(tmp_path_factory.mktemp("csv"), text)
    records, defects, _ = read(path, spec_of("x", "y", "z", delimiter=delimiter), Limits(window_chars=window))
    assert defects == []
    assert records == [(i, *(field or None for field in row)) for i, row in enumerate(rows)]


@given(st.text(alphabet=st.sampled_from('ab,"\n\r \ufeff'), max_size=60), st.sampled_from(['"', "none"]), st.sampled_from([1, 3, 16]), st.sampled_from([1, 2, 5]))  # fmt: skip
def test_window_batch_and_path_change_nothing(tmp_path_factory, text, quote, window, rows):
    path = write(tmp_path_factory.mktemp("csv"), "x,y\n" + text)
    spec = spec_of("y", "x", delimiter=",", quote=quote)
    whole = read(path, spec)[:2]
    assert read(path, spec, Limits(window_chars=window, batch_rows=rows))[:2] == whole


@given(st.text(alphabet=st.sampled_from('ab,"\n\r '), max_size=60))
def test_careful_path_alone_gives_the_same(tmp_path_factory, text):
    from include.deliveries.readers.dialect import Dialect

    path = write(tmp_path_factory.mktemp("csv"), "x,y\n" + text)
    spec = spec_of("y", "x", delimiter=",")
    whole = read(path, spec)[:2]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dialect, "whole", lambda self, text, start, *, quotes, last: start)
        assert read(path, spec)[:2] == whole
