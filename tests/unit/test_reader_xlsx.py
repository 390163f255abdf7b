"""The XLSX reader: cells as they are stored; every defect at its place; openpyxl, a library of others, as the oracle."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from checks.batch import Batch, Defect
from checks.columns import Col, View
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import Limits, reader_for
from include.deliveries.readers.xlsxbook import style_of

SHARED = Path(__file__).parents[2] / "../shared/data/tables/frictionless/data"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def spec_of(*names: str, **options: object) -> ObjectSpec:
    return ObjectSpec("o", "xlsx", "*", tuple(ColumnSpec(Col(name), name) for name in names), options)


def read(
    path: Path, spec: ObjectSpec, limits: Limits | None = None
) -> tuple[list[tuple[object, ...]], list[Defect], list[Batch]]:
    """Records as (row, values...), defects, batches."""
    records, defects, batches = [], [], []
    for found in reader_for("xlsx", limits).read(path, "f", spec):
        if isinstance(found, Defect):
            defects.append(found)
        else:
            found.table.validate(full=True)
            batches.append(found)
            columns = [column.to_pylist() for column in found.table.columns]
            records += list(zip(found.row_index().tolist(), *columns, strict=True))
    return records, defects, batches


def book(path: Path, rows: str, **parts: str) -> Path:
    """A workbook of one sheet with this XML inside sheetData; `parts` replace or add files (`xl_styles_xml`)."""
    files = {
        "_rels/.rels": f'<Relationships xmlns="r"><Relationship Id="a" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {NS} xmlns:r="{REL}"><sheets><sheet name="Sheet1" sheetId="1" r:id="s1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="r"><Relationship Id="s1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="s2" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="s3" Type="{REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst {NS}><si><t>a</t></si><si><t>가</t></si><si><r><t>리</t></r><r><t xml:space="preserve">치 </t></r><rPh><t>x</t></rPh></si><si><t/></si></sst>',
        "xl/styles.xml": f'<styleSheet {NS}><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;년&quot; m"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="20"/><xf numFmtId="46"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f"<worksheet {NS}><sheetData>{rows}</sheetData></worksheet>",
    }
    for name, text in parts.items():
        files[name.replace("__", "/").replace("_xml", ".xml")] = text
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            if text:
                file.writestr(name, text)
    return path


HEAD = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


def one(tmp_path: Path, cell: str, col: Col | None = None, **parts: str) -> tuple[list[object], list[str]]:
    """The values, as the contract's type makes them, and the defects, of one cell A2 under the header `a`."""
    path = book(tmp_path / "f.xlsx", f'{HEAD}<row r="2">{cell}</row>', **parts)
    spec = ObjectSpec("o", "xlsx", "*", (ColumnSpec(col or Col("a"), "a"),))
    _, defects, batches = read(path, spec)
    typed = [View(batch).typed(spec.columns[0].col).to_pylist() for batch in batches]
    return [v for values in typed for v in values], [d.code for d in defects]


CELLS = [
    ('<c r="A2"><v>3</v></c>', 3),
    ('<c r="A2"><v>3.0</v></c>', 3),
    ('<c r="A2"><v>-1E3</v></c>', -1000),
    ('<c r="A2"><v>2.5</v></c>', 2.5),
    ('<c r="A2"><v>9007199254740992</v></c>', 2**53),
    ('<c r="A2"><v>9007199254740994</v></c>', 9007199254740994.0),
    ('<c r="A2" t="s"><v>1</v></c>', "가"),
    ('<c r="A2" t="s"><v>2</v></c>', "리치 "),
    ('<c r="A2" t="inlineStr"><is><t>_x0041_b_xD800_</t></is></c>', "_x0041_b_xD800_"),
    ('<c r="A2" t="inlineStr"><is><t>_x0041_b</t></is></c>', "Ab"),
    ('<c r="A2" t="str"><f>"x"</f><v>x</v></c>', "x"),
    ('<c r="A2" t="b"><v>1</v></c>', True),
    ('<c r="A2" s="1"><v>61</v></c>', date(1900, 3, 1)),
    ('<c r="A2" s="1"><v>59</v></c>', date(1900, 2, 28)),
    ('<c r="A2" s="1"><v>45292</v></c>', date(2024, 1, 1)),
    ('<c r="A2" s="1"><v>45292.5208333333</v></c>', datetime.fromisoformat("2024-01-01T12:30")),
    ('<c r="A2" s="2"><v>45292</v></c>', date(2024, 1, 1)),
    ('<c r="A2" s="3"><v>0.75</v></c>', time(18)),
    ('<c r="A2" s="3"><v>1.75</v></c>', datetime.fromisoformat("1900-01-01T18:00")),
    ('<c r="A2" s="4"><v>1.5</v></c>', 1.5),
    ('<c r="A2" t="d"><v>2024-02-29</v></c>', date(2024, 2, 29)),
    ('<c r="A2" t="d"><v>2024-02-29T01:02:03</v></c>', datetime.fromisoformat("2024-02-29T01:02:03")),
]


@pytest.mark.parametrize(("cell", "value"), CELLS)
def test_a_cell_is_what_is_stored(tmp_path, cell, value):
    found, defects = one(tmp_path, cell)
    assert (found, defects) == ([value], [])
    assert type(found[0]) is type(value)


FAULTS = [
    ('<c r="A2" t="e"><v>#N/A</v></c>', "cell-error"),
    ('<c r="A2"><f>B2+1</f></c>', "formula-without-value"),
    ('<c r="A2"><f>B2+1</f><v></v></c>', "formula-without-value"),
    ('<c r="A2" t="s"><v>99</v></c>', "bad-cell"),
    ('<c r="A2" t="s"><v>-1</v></c>', "bad-cell"),
    ('<c r="A2"><v>nan</v></c>', "bad-cell"),
    ('<c r="A2"><v>1e999</v></c>', "bad-cell"),
    ('<c r="A2"><v>12px</v></c>', "bad-cell"),
    ('<c r="A2" t="b"><v>yes</v></c>', "bad-cell"),
    ('<c r="A2" t="d"><v>2024-02-30</v></c>', "bad-cell"),
    ('<c r="A2" t="?"><v>1</v></c>', "bad-cell"),
    ('<c r="A2" s="99"><v>1</v></c>', "bad-cell"),
    ('<c r="A2" s="1"><v>60</v></c>', "bad-cell"),
    ('<c r="A2" s="1"><v>0.5</v></c>', "bad-cell"),
    ('<c r="A2" s="1"><v>-3</v></c>', "bad-cell"),
    ('<c r="A2" s="1"><v>2958466</v></c>', "bad-cell"),
    ('<c r="A3"><v>1</v></c>', "bad-cell"),
    ('<c r="B2"><v>1</v></c><c r="A2"><v>1</v></c>', "bad-cell"),
    ('<c r="B2"><v>1</v></c>', "field-count"),
]


@pytest.mark.parametrize(("cell", "code"), FAULTS)
def test_a_cell_that_is_no_value_is_a_defect_and_its_record_is_left_out(tmp_path, cell, code):
    path = book(tmp_path / "f.xlsx", f'{HEAD}<row r="2">{cell}</row><row r="3"><c r="A3"><v>7</v></c></row>')
    records, defects, _ = read(path, spec_of("a"))
    assert records == [(2, 7)]
    assert [(d.code, d.row) for d in defects] == [(code, 1)]
    assert defects[0].pointer.startswith("Sheet1!")
    assert "12px" not in defects[0].message


def test_errors_outside_declared_columns_are_not_looked_into(tmp_path):
    head = '<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>'
    path = book(tmp_path / "f.xlsx", f'{head}<row r="2"><c><v>1</v></c><c t="e"><v>#REF!</v></c></row>')
    assert read(path, spec_of("a"))[:2] == ([(1, 1)], [])
    _, (found,), _ = read(path, spec_of("a", "가"))
    assert (found.code, found.pointer) == ("cell-error", "Sheet1!B2")


def test_dates_of_1904(tmp_path):
    made = f'<workbook {NS} xmlns:r="{REL}"><workbookPr date1904="1"/><sheets><sheet name="S" r:id="s1"/></sheets></workbook>'
    assert one(tmp_path, '<c r="A2" s="1"><v>60</v></c>', xl__workbook_xml=made) == ([date(1904, 3, 1)], [])
    assert one(tmp_path, '<c r="A2" s="1"><v>0</v></c>', xl__workbook_xml=made) == ([date(1904, 1, 1)], [])
    assert one(tmp_path, '<c r="A2" s="1"><v>2957004</v></c>', xl__workbook_xml=made)[1] == ["bad-cell"]


MIXED = '<c r="A2" s="1"><v>45292</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>2024.01.02</t></is></c></row><row r="4"><c r="A4"><v>5</v></c></row><row r="5"><c r="A5" s="1"><v>45292.5</v></c>'


@pytest.mark.parametrize(
    ("col", "values"),
    [
        (Col("a", "date", "yyyy.MM.dd"), [date(2024, 1, 1), date(2024, 1, 2), None, None]),
        (Col("a", "date"), [date(2024, 1, 1), None, None, None]),
        (Col("a", "string"), [None, "2024.01.02", None, None]),
        (Col("a", "integer"), [None, None, 5, None]),
        (Col("a", "number"), [None, None, 5.0, None]),
    ],
)
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_each_value_of_a_mixed_column_is_typed_by_itself_in_any_batch(tmp_path, col, values, rows):
    path = book(tmp_path / "f.xlsx", f'{HEAD}<row r="2">{MIXED}</row>')
    spec = ObjectSpec("o", "xlsx", "*", (ColumnSpec(col, "a"),))
    views = [View(batch) for batch in read(path, spec, Limits(batch_rows=rows))[2]]
    assert [value for view in views for value in view.typed(col).to_pylist()] == values
    wrong = [view.mistyped(col) or pa.array([False] * view.num_rows) for view in views]
    assert [bad for mask in wrong for bad in mask.to_pylist()] == [value is None for value in values]


def test_a_whole_day_is_a_timestamp_at_midnight(tmp_path):
    path = book(
        tmp_path / "f.xlsx",
        f'{HEAD}<row r="2"><c s="1"><v>45292</v></c></row><row r="3"><c s="1"><v>45292.5</v></c></row>',
    )
    col = Col("a", "timestamp")
    (batch,) = read(path, ObjectSpec("o", "xlsx", "*", (ColumnSpec(col, "a"),)))[2]
    found = [value.isoformat() for value in View(batch).typed(col).to_pylist()]
    assert found == ["2024-01-01T00:00:00+00:00", "2024-01-01T12:00:00+00:00"]


def grid(path: Path, rows: list[list[object]], title: str = "자료") -> Path:
    made = Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def test_blank_rows_are_no_records_and_places_are_the_sheets(tmp_path):
    path = grid(tmp_path / "f.xlsx", [[], ["a", "b"], [1, "x"], [], [None, ""], [2, None]], "새 '시트'{}")
    records, defects, (batch,) = read(path, spec_of("a", "b"))
    assert (records, defects) == ([(2, 1, "x"), (5, 2, None)], [])
    assert batch.pointer.format(row=5, number=6) == "'새 ''시트''{}'!A6"
    assert batch.found == ("a", "b")


def test_header_and_range_and_sheet(tmp_path):
    rows = [["제목"], [None, "a", "b", "메모"], [None, 1, 2, "x"], [None, 3, 4], ["끝"]]
    path = grid(tmp_path / "f.xlsx", rows)
    assert read(path, spec_of("a", "b", range="B2:C4"))[:2] == ([(2, 1, 2), (3, 3, 4)], [])
    records, defects, (batch,) = read(path, spec_of("a", header=2))
    assert (records, [(d.code, d.pointer) for d in defects]) == ([(2, 1), (3, 3)], [("field-count", "자료!A5")])
    assert batch.pointer == "자료!B{number}"
    assert read(path, spec_of("1", "2", header=False, range="B3:C4"))[0] == [(2, 1, 2), (3, 3, 4)]
    assert [d.code for d in read(path, spec_of("a", header=9))[1]] == ["empty-file"]
    assert [d.code for d in read(path, spec_of("a", range="C4:B2"))[1]] == ["sheet-absent"]
    assert [d.code for d in read(path, spec_of("a", sheet="없음"))[1]] == ["sheet-absent"]
    assert [d.code for d in read(path, spec_of("a", sheet=2))[1]] == ["sheet-absent"]
    assert read(path, spec_of("a", sheet="자료", range="B2:B3"))[0] == [(2, 1)]


def test_several_sheets_must_be_chosen_from_and_hidden_ones_are_read(tmp_path):
    made = Workbook()
    made.active.append(["a"])
    made.active.append([1])
    made.create_sheet("Blank")
    other = made.create_sheet("Two")
    other.append(["a"])
    other.append([2])
    other.sheet_state = "hidden"
    other.row_dimensions[2].hidden = True
    made.save(tmp_path / "f.xlsx")
    records, (found,), _ = read(tmp_path / "f.xlsx", spec_of("a"))
    assert (records, found.code, found.message[-17:]) == ([(1, 1)], "several-sheets", "1 more with cells")
    assert read(tmp_path / "f.xlsx", spec_of("a", sheet="two"))[:2] == ([(1, 2)], [])
    assert read(tmp_path / "f.xlsx", spec_of("a", sheet=3))[:2] == ([(1, 2)], [])


def test_headers(tmp_path):
    path = grid(tmp_path / "f.xlsx", [["a", None, "a", 2024, 1.5, True], [1, 2, 3, 4, 5, 6]])
    records, defects, (batch,) = read(path, spec_of("a", "2024", "1.5", "TRUE"))
    assert records == [(1, 1, 4, 5, 6)]
    assert batch.found == ("a", "", "a", "2024", "1.5", "TRUE")
    assert [(d.code, d.pointer, d.row) for d in defects] == [
        ("blank-header", "자료!B1", -1),
        ("duplicate-column", "자료!C1", -1),
    ]


def test_merged_cells_over_records(tmp_path):
    made = Workbook()
    for row in (["t", None], ["a", "b"], [1, 2], [3, 4]):
        made.active.append(row)
    for merge in ("A1:B1", "A3:A4", "D3:E4"):
        made.active.merge_cells(merge)
    made.save(tmp_path / "f.xlsx")
    records, (found,), _ = read(tmp_path / "f.xlsx", spec_of("a", "b", header=2))
    assert records == [(2, 1, 2), (3, None, 4)]
    assert (found.code, found.row, found.pointer) == ("merged-cells", 2, "Sheet!A3:A4")


def test_no_rows_give_an_empty_batch_and_no_header_a_defect(tmp_path):
    _, defects, (batch,) = read(grid(tmp_path / "f.xlsx", [["a"]]), spec_of("a"))
    assert (defects, batch.table.num_rows, batch.table.schema.names) == ([], 0, ["a"])
    assert [d.code for d in read(grid(tmp_path / "g.xlsx", []), spec_of("a"))[1]] == ["empty-file"]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e300, 1e300).map(lambda x: float(f"{x:.15g}")),  # openpyxl writes 16 digits, Excel 15 to 17
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20),
    st.dates(date(1900, 3, 1)),
)


@given(st.lists(st.tuples(st.integers(0, 9), SCALARS, SCALARS), max_size=12), st.sampled_from([1, 5, 100]))
def test_what_openpyxl_writes_is_read(rows, size):
    rows = [(a, b, c) for a, b, c in rows if not any(isinstance(v, str) and v.startswith(("=", "#")) for v in (b, c))]
    made = Workbook(write_only=True)
    sheet = made.create_sheet()
    for row in (("a", "b", "c"), *rows):
        sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    found: list[tuple[object, ...]] = []
    spec = spec_of("a", "b", "c")
    with Temporary(stream.getvalue()) as path:
        for batch in reader_for("xlsx", Limits(batch_rows=size)).read(path, "f", spec):
            assert isinstance(batch, Batch)
            texts = [batch.table.schema.field(n).metadata for n in ("a", "b", "c")]
            for row in batch.table.to_pylist():
                found.append(tuple(plain(v, bool(t)) for v, t in zip(row.values(), texts, strict=True)))
    wanted = [tuple(plain(whole(v), False) for v in row) for row in rows]
    assert found == wanted


class Temporary:
    """A file for the length of a `with`."""

    def __init__(self, data: bytes) -> None:
        import tempfile

        self._file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - closed in __exit__
        self._file.write(data)
        self._file.flush()

    def __enter__(self) -> Path:
        return Path(self._file.name)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53 else value


def plain(value: object, is_json: bool) -> object:
    import json

    if is_json and isinstance(value, str):
        value = json.loads(value)
        return next(iter(value.values())) if isinstance(value, dict) else number(value)
    return value.isoformat() if isinstance(value, date) else number(value)


def number(value: object) -> object:
    """Alone among floats an integer is the same float; booleans stay apart."""
    return ("bool", value) if isinstance(value, bool) else float(value) if isinstance(value, int | float) else value


def test_number_formats_are_dates_where_openpyxl_says_so():
    codes = [*BUILTIN_FORMATS.values(), '0.00"day"', "[Red]0", "[$-412]yyyy-mm-dd", "mm/dd", "h:mm AM/PM", "#,##0_ ", r"0\d", "General", "0;d"]  # fmt: skip
    for code in codes:
        if code in {"[h]:mm:ss", "0;d"}:  # elapsed hours are a number of days; a positive number is not shown as a day
            continue
        assert (style_of(164, code) != "number") == is_date_format(code), code
    assert {style_of(n, None) for n in (14, 22, 27, 31, 34, 50, 58)} == {"date"}
    assert {style_of(n, None) for n in (18, 20, 32, 33, 45)} == {"time"}
    assert {style_of(n, None) for n in (0, 1, 46, 49)} == {"number"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real data is not there")
def test_real_workbooks_read_as_openpyxl_reads_them():
    compared = 0
    for path in sorted(SHARED.rglob("*.xlsx")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sheets = load_workbook(path, data_only=True).worksheets
        for i, sheet in enumerate(sheets, 1):
            _, _, batches = read(path, spec_of(sheet=i))
            names = list(dict.fromkeys(n for b in batches for n in b.found))
            records, defects, batches = read(path, spec_of(*names, sheet=i))
            if {d.code for d in defects} & {"duplicate-column", "blank-header"} or not batches:
                continue
            columns = {str(c.value): c.column for c in next(r for r in sheet.iter_rows() if any(c.value is not None for c in r)) if c.value is not None}  # fmt: skip
            texts = [bool(field.metadata) for field in batches[0].table.schema]
            for row, *values in records:
                cells = [sheet.cell(row + 1, columns[name]).value for name in batches[0].table.schema.names]
                cells = [c.date() if isinstance(c, datetime) and c.time() == time() else c for c in cells]
                found = [plain(v, t) for v, t in zip(values, texts, strict=True)]
                assert found == [plain(whole(c), False) for c in cells], (path.name, row)
                compared += 1
    assert compared > 30


# What is no good workbook


def codes(path: Path, limits: Limits | None = None, spec: ObjectSpec | None = None) -> list[str]:
    return [d.code for d in read(path, spec or spec_of("a"), limits)[1]]


def test_files_that_are_no_workbook(tmp_path):
    path = tmp_path / "f.xlsx"
    for data, code in {
        b"": "empty-file",
        b"a,b\n1,2\n": "not-xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600: "not-xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"): "encrypted",
        b"PK\x03\x04" + b"\0" * 100: "truncated",
        b"PK": "truncated",
    }.items():
        path.write_bytes(data)
        assert codes(path) == [code]
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("hello.txt", "hello")
    assert codes(path) == ["not-xlsx"]


GOOD_ROWS = HEAD + "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(2, 30))


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl__workbook_xml": ""}, "not-xlsx"),
        ({"xl__worksheets__sheet1_xml": ""}, "corrupt-workbook"),
        ({"xl__workbook_xml": f"<workbook {NS}><sheets/></workbook>"}, "sheet-absent"),
        ({"xl__sharedStrings_xml": "<sst><si>"}, "corrupt-workbook"),
        ({"xl__styles_xml": "no xml"}, "corrupt-workbook"),
        ({"xl__worksheets__sheet1_xml": "<a>" * 100 + "</a>" * 100}, "too-deep"),
        ({"xl__worksheets__sheet1_xml": '<!DOCTYPE a [<!ENTITY b "bb">]><worksheet>&b;</worksheet>'}, "corrupt-workbook"),
    ],
)  # fmt: skip
def test_broken_parts(tmp_path, parts, code):
    assert codes(book(tmp_path / "f.xlsx", GOOD_ROWS, **parts)) == [code]


def test_a_sheet_that_breaks_in_the_middle_keeps_what_came_before(tmp_path):
    for tail in (
        '<row r="30"><c r="A30"><v>1</v>',
        '<row r="5"><c r="A5"><v>1</v></c></row>',
        '<row r="9999999"><c><v>1</v></c></row>',
    ):
        path = book(tmp_path / "f.xlsx", GOOD_ROWS + tail)
        records, (found,), _ = read(path, spec_of("a"))
        assert len(records) == 28
        assert (found.code, found.row) == ("corrupt-workbook", 29)


def test_a_flipped_byte_in_the_sheet_is_noticed(tmp_path):
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(book(path, GOOD_ROWS)) as file:
        info = file.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02" + data[data.find(b"PK\x01\x02") + 4 : data.find(b"PK\x01\x02") + 6])
    data[at + 16] ^= 1  # the checksum of the last part, which is the sheet
    path.write_bytes(data)
    records, (found,), _ = read(path, spec_of("a"))
    assert info.CRC
    assert (records, found.code) == ([], "corrupt-workbook")  # a small part is read, and so verified, in one go


def test_an_encrypted_part_and_one_that_occurs_twice(tmp_path):
    path = book(tmp_path / "f.xlsx", GOOD_ROWS)
    data = path.read_bytes()
    central = data.find(b"PK\x01\x02")
    flagged = bytearray(data)
    flagged[central + 8] |= 1
    path.write_bytes(flagged)
    assert codes(path) == ["encrypted"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(book(path, GOOD_ROWS), "a") as file:
            file.writestr("XL/worksheets/SHEET1.xml", "<worksheet/>")
    assert codes(path) == ["corrupt-workbook"]


def test_bombs_are_refused_by_what_they_unpack_to(tmp_path):
    limits = Limits(page_bytes=1 << 16, record_bytes=1 << 18, record_chars=5000)
    path = tmp_path / "f.xlsx"
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>{i}</v></c></row>' for i in range(2, 60_000))
    records, defects, _ = read(book(path, HEAD + rows), spec_of("a"), limits)
    assert [d.code for d in defects] == ["too-large"]
    assert 0 < len(records) < 40_000
    assert codes(book(path, " " * (1 << 20) + GOOD_ROWS), Limits(record_bytes=1 << 18)) == ["too-large"]
    texts = f"<sst {NS}>" + "<si><t>가</t></si>" * 5000 + "</sst>"
    assert codes(book(path, GOOD_ROWS, xl__sharedStrings_xml=texts), limits) == ["too-large"]
    long = "x" * 4000
    texts = f"<sst {NS}><si><t>a</t></si><si><t>{long}</t></si></sst>"
    wide = "".join(f'<c r="{c}1" t="inlineStr"><is><t>{c}</t></is></c>' for c in "ABC")
    cells = "".join(f'<c r="{c}2" t="s"><v>1</v></c>' for c in "ABC")
    made = book(path, f'<row r="1">{wide}</row><row r="2">{cells}</row>', xl__sharedStrings_xml=texts)
    records, (found,), _ = read(made, spec_of("A", "B", "C"), limits)
    assert (records, found.code, found.row) == ([], "too-large", 1)
    cell = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{long}{long}</t></is></c></row><row r="3"><c r="A3"><v>3</v></c></row>'
    records, (found,), _ = read(book(path, HEAD + cell), spec_of("a"), limits)
    assert (records, found.code, found.row) == ([(2, 3)], "too-large", 1)


def test_parts_that_pack_beyond_belief_or_have_endless_cells(tmp_path):
    path = tmp_path / "f.xlsx"
    small = Limits(record_bytes=1 << 20)
    empties = "".join(f'<row r="{i}">' + "<c/>" * 1500 + "</row>" for i in range(2, 4000))
    assert codes(book(path, HEAD + empties), small) == ["too-large"]
    assert codes(book(path, HEAD + empties)) == []
    wide = '<row r="2">' + "<c><v>1</v></c>" * 100_000 + '</row><row r="3"><c><v>3</v></c></row>'
    records, (found,), _ = read(book(path, HEAD + wide), spec_of("a"))
    assert (records, found.code, found.row) == ([(2, 3)], "bad-cell", 1)
    styles = f"<styleSheet {NS}><cellXfs>" + "<xf/>" * 1_000_001 + "</cellXfs></styleSheet>"
    assert codes(book(path, GOOD_ROWS, xl__styles_xml=styles)) == ["too-large"]


def test_a_directory_that_claims_to_be_huge_is_not_read(tmp_path):
    path = book(tmp_path / "f.xlsx", GOOD_ROWS)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.rfind(b"PK\x05\x06") + 12, 1 << 30)
    path.write_bytes(data)
    assert codes(path) == ["too-large"]


def test_too_many_columns(tmp_path):
    path = grid(tmp_path / "f.xlsx", [[f"c{i}" for i in range(30)]])
    assert codes(path, Limits(columns=20)) == ["too-many-columns"]
