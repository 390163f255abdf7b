"""JSON and JSON Lines: strictness where Python's json is lenient, pointers, column types, laws over windows and batches."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.batch import Defect
from checks.columns import Col
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import Limits, reader_for


def spec_of(*sources: str, fmt: str = "json", **options: object) -> ObjectSpec:
    return ObjectSpec("o", fmt, "*", tuple(ColumnSpec(Col(source), source) for source in sources), options)


def read(folder: Path, data: str | bytes, spec: ObjectSpec, limits: Limits | None = None) -> tuple[list, list, list]:
    """(row index, {column: value}) of every record with JSON texts decoded, the defects, the batches."""
    path = folder / "f.json"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    records, defects, batches = [], [], []
    for found in reader_for(spec.format, limits).read(path, "f.json", spec):
        if isinstance(found, Defect):
            defects.append(found)
            continue
        found.table.validate(full=True)
        batches.append(found)
        rows = [{} for _ in range(found.table.num_rows)]
        for field, column in zip(found.table.schema, found.table.columns, strict=True):
            is_text = (field.metadata or {}).get(b"dambo.json") == b"1"
            for row, value in zip(rows, column.to_pylist(), strict=True):
                row[field.name] = json.loads(value) if is_text and value is not None else value
        records += list(zip(found.row_index().tolist(), rows, strict=True))
    return records, defects, batches


def codes(defects: list[Defect]) -> list[tuple[str, int, str]]:
    return [(found.code, found.row, found.pointer) for found in defects]


def test_array_of_records(tmp_path):
    records, defects, batches = read(tmp_path, '[{"a":1,"b":"x"},{"b":null,"c":[]}]', spec_of("a", "b"))
    assert (records, defects) == ([(0, {"a": 1, "b": "x"}), (1, {"a": None, "b": None})], [])
    assert batches[0].found == ("a", "b", "c")
    assert batches[0].pointer.format(row=1, number=2) == "/1"
    assert not batches[0].lexical


def test_records_at_a_pointer(tmp_path):
    text = '{"info": {"n": [1, 2]}, "a/b": [0, {"x~{y}": [{"v": 1}, {"v": 2}]}], "after": "z"}'
    records, defects, batches = read(tmp_path, text, spec_of("v", records="/a~1b/1/x~0{y}"))
    assert (records, defects) == ([(0, {"v": 1}), (1, {"v": 2})], [])
    assert batches[0].pointer.format(row=1, number=2) == "/a~1b/1/x~0{y}/1"


def test_an_object_is_one_record(tmp_path):
    for text, options in (('{"v": 7}', {}), ('{"d": {"v": 7}, "w": 1}', {"records": "/d"})):
        records, defects, batches = read(tmp_path, text, spec_of("v", **options))
        assert (records, defects) == ([(0, {"v": 7})], [])
        assert batches[0].pointer.format(row=0, number=1) == options.get("records", "")


def test_columns_by_pointer(tmp_path):
    text = '[{"a":{"b":[1,{"~/":"x"}]}},{"a":{"b":[]}},{"a":5}]'
    records, _, _ = read(tmp_path, text, spec_of("/a/b/1/~0~1", "/a/b/0", "/a/b/01"))
    assert [row for _, row in records] == [
        {"/a/b/1/~0~1": "x", "/a/b/0": 1},
        {"/a/b/1/~0~1": None, "/a/b/0": None},
        {"/a/b/1/~0~1": None, "/a/b/0": None},
    ]


@pytest.mark.parametrize("fmt", ["json", "jsonl"])
@pytest.mark.parametrize("rows", [1, 2, 100])
def test_absence_is_decided_for_the_whole_file(tmp_path, fmt, rows):
    lines = ['{"a":1}', '{"a":2}', '{"a":3,"late":null}']
    text = "\n".join(lines) if fmt == "jsonl" else f"[{','.join(lines)}]"
    _, _, batches = read(tmp_path, text, spec_of("late", "a", "never", fmt=fmt), Limits(batch_rows=rows))
    assert {tuple(batch.table.schema.names) for batch in batches} == {("late", "a")}


@pytest.mark.parametrize(
    ("values", "kind", "is_text"),
    [
        ("[1, null, -9223372036854775808]", pa.int64(), False),
        ("[9223372036854775808, 1]", pa.string(), True),
        ("[1, 2.5]", pa.float64(), False),
        ("[1.0, 2.5]", pa.float64(), False),
        ("[9007199254740993, 0.5]", pa.string(), True),
        ("[true, null]", pa.bool_(), False),
        ("[true, 1]", pa.string(), True),
        ('["1", 1]', pa.string(), True),
        ('["x", null]', pa.string(), False),
        ("[null, null]", pa.null(), False),
        ("[[1], {}]", pa.string(), True),
    ],
)
def test_column_types(tmp_path, values, kind, is_text):
    expected = json.loads(values)
    records, _, batches = read(tmp_path, json.dumps([{"v": v} for v in expected]), spec_of("v"))
    field = batches[0].table.schema.field("v")
    assert (field.type, field.metadata == {b"dambo.json": b"1"}) == (kind, is_text)
    assert [row["v"] for _, row in records] == expected


@pytest.mark.parametrize(
    ("values", "declared", "kind"),
    [
        ("[1, 2.5]", "number", pa.float64()),
        ("[9007199254740994, 0.5, null]", "number", pa.float64()),
        ("[9007199254740993, 0.5]", "number", pa.string()),
        ("[1, 2.5]", "integer", pa.string()),
        ("[1.0, 2.5]", "integer", pa.float64()),
    ],
)
def test_integers_join_floats_where_numbers_may_and_are_exact(tmp_path, values, declared, kind):
    spec = ObjectSpec("o", "json", "*", (ColumnSpec(Col("v", declared), "v"),), {})
    expected = json.loads(values)
    records, _, batches = read(tmp_path, json.dumps([{"v": v} for v in expected]), spec)
    assert batches[0].table.schema.field("v").type == kind
    assert [row["v"] for _, row in records] == expected


DEFECTIVE = [
    ('{"a":1,"a":2}', "duplicate-key", "/a"),
    ('{"a":{"b":1,"c":[{"d":1,"d":1}]}}', "duplicate-key", "/a/c/0/d"),
    ('{"a":[0,NaN]}', "not-a-number", "/a/1"),
    ('{"a":-Infinity}', "not-a-number", "/a"),
    ('{"a":1e400}', "number-out-of-range", "/a"),
    ('{"a":' + "9" * 5000 + "}", "number-out-of-range", "/a"),
    ('{"a":"\\ud800"}', "lone-surrogate", "/a"),
    ('{"a":1,"b":["\\uDC00\\uD800"]}', "lone-surrogate", "/b/0"),
    ('{"a":' + "[" * 201 + "]" * 201 + "}", "too-deep", ""),
    ('{"a":' + "[" * 5000 + "]" * 5000 + "}", "too-deep", ""),
    ("[1]", "not-an-object", ""),
    ("7", "not-an-object", ""),
    ('"x,]"', "not-an-object", ""),
    ("null", "not-an-object", ""),
    ("{'a':1}", "invalid-json", ""),
    ('{"a":01}', "invalid-json", ""),
    ('{"a":tru}', "invalid-json", ""),
    ('{"a":"\t"}', "invalid-json", ""),
    ('{"a":1,}', "invalid-json", ""),
    ("nul", "invalid-json", ""),
    ("1.", "invalid-json", ""),
]


@pytest.mark.parametrize("window", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("record", "code", "pointer"), DEFECTIVE, ids=[f"{c}-{i}" for i, (_, c, _) in enumerate(DEFECTIVE)]
)
def test_a_defective_record_of_an_array_is_left_out(tmp_path, record, code, pointer, window):
    limits = Limits(window_chars=window)
    records, defects, _ = read(tmp_path, f'[{{"a":1}}, {record}, {{"a":"\\ud83d\\ude00"}}]', spec_of("a"), limits)
    assert codes(defects) == [(code, 1, "/1" + pointer)]
    assert records == [(0, {"a": 1}), (2, {"a": "😀"})]


@pytest.mark.parametrize(
    ("record", "code", "pointer"), DEFECTIVE, ids=[f"{c}-{i}" for i, (_, c, _) in enumerate(DEFECTIVE)]
)
def test_a_defective_line_is_left_out(tmp_path, record, code, pointer):
    records, defects, batches = read(tmp_path, f'{{"a":1}}\n\n{record}\n{{"a":3}}\r\n', spec_of("a", fmt="jsonl"))
    if record == "1.":
        code = "trailing-data"
    assert codes(defects) == [(code, 2, f"line 3 {pointer}".strip())]
    assert records == [(0, {"a": 1}), (3, {"a": 3})]
    assert batches[0].pointer.format(row=3, number=4) == "line 4"


def test_depth_at_the_limit_is_taken(tmp_path):
    records, defects, _ = read(tmp_path, '[{"a":' + "[" * 199 + "]" * 199 + ',"b":"[[[[[["}]', spec_of("b"))
    assert (records, defects) == ([(0, {"b": "[[[[[["})], [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("empty-file", -1, "")]),
        ("  ", [("truncated", -1, "")]),
        ('[{"a":1}', [("truncated", -1, "")]),
        ('[{"a":1},', [("truncated", 1, "/1")]),
        ('[{"a":1}, {"a":', [("truncated", 1, "/1")]),
        ('[{"a":1}, {"a":"]', [("truncated", 1, "/1")]),
        ('[{"a":1}] x', [("trailing-data", -1, "")]),
        ('[{"a":1}][]', [("trailing-data", -1, "")]),
        ('[{"a":1},]', [("invalid-json", 1, "/1")]),
        ('[{"a":1},,{"a":1}]', [("invalid-json", 1, "/1")]),
        ('[{"a":1} {"a":1}]', [("invalid-json", -1, "")]),
        ('[{"a":1}}', [("invalid-json", -1, "")]),
        ("7", [("records-absent", -1, "")]),
        ("]", [("invalid-json", 0, ""), ("trailing-data", -1, "")]),
    ],
)
def test_broken_documents(tmp_path, text, expected):
    records, defects, _ = read(tmp_path, text, spec_of("a"))
    assert codes(defects) == expected
    assert all(row == {"a": 1} for _, row in records)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"e":1}', [("records-absent", -1, "/d")]),
        ('{"d":7}', [("records-absent", -1, "/d")]),
        ("[]", [("records-absent", -1, "/d")]),
        ('{"d":[{"a":1}],"d":[{"a":1}]}', [("duplicate-key", -1, "/d")]),
        ('{"d":[{"a":1}],"e":{"f":NaN}}', [("not-a-number", -1, "/e/f")]),
        ('{"d":[{"a":1}],"e":{"f"}}', [("invalid-json", -1, "/e")]),
        ('{"d":[{"a":1}],}', [("invalid-json", -1, "")]),
        ('{"d" [{"a":1}]}', [("invalid-json", -1, "")]),
        ('{"d":[{"a":1}]', [("truncated", -1, "")]),
        ('{"d":[{"a":1}]} []', [("trailing-data", -1, "")]),
    ],
)
def test_broken_documents_around_the_records(tmp_path, text, expected):
    assert codes(read(tmp_path, text, spec_of("a", records="/d"))[1]) == expected


def test_an_empty_array_has_no_columns(tmp_path):
    _, defects, batches = read(tmp_path, "[ ]", spec_of("a"))
    assert (defects, [batch.table.num_columns for batch in batches]) == ([], [0])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("fmt", ["json", "jsonl"])
def test_encodings(tmp_path, encoding, fmt):
    records, defects, _ = read(tmp_path, '{"가":"똠방각하"}'.encode(encoding), spec_of("가", fmt=fmt))
    assert (records, defects) == ([(0, {"가": "똠방각하"})], [])


@pytest.mark.parametrize("fmt", ["json", "jsonl"])
def test_bytes_that_are_no_text(tmp_path, fmt):
    assert codes(read(tmp_path, b'{"a":"\xff"}', spec_of("a", fmt=fmt))[1]) == [("undecodable", -1, "")]


def test_a_record_beyond_the_limit(tmp_path):
    small = Limits(record_chars=100, window_chars=16)
    big = json.dumps({"a": "x" * 1000})
    assert codes(read(tmp_path, f'[{{"a":1}},{big},{{"a":2}}]', spec_of("a"), small)[1]) == [("too-large", 1, "/1")]
    records, defects, _ = read(tmp_path, f'{{"a":1}}\n{big}\n{{"a":2}}', spec_of("a", fmt="jsonl"), small)
    assert (codes(defects), records) == ([("too-large", 1, "line 2")], [(0, {"a": 1}), (2, {"a": 2})])


def test_messages_hold_no_values(tmp_path):
    _, defects, _ = read(tmp_path, '[{"a":"secret",}, "secret", {"a":1} secret', spec_of("a"))
    assert len(defects) == 3
    assert not any("secret" in found.message for found in defects)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "c", "가"]), JSON, max_size=4), max_size=8)


@given(RECORDS, st.booleans(), st.sampled_from([1, 5, 64]), st.sampled_from([1, 2, 3]), st.booleans())
def test_what_is_written_comes_back_in_any_window_and_batch(
    tmp_path_factory, records, ascii_only, window, rows, as_lines
):
    folder, limits = tmp_path_factory.mktemp("json"), Limits(window_chars=window, batch_rows=rows)
    names = ["a", "b", "가"]
    present = [name for name in names if any(name in record for record in records)]
    expected = [(i, {name: record.get(name) for name in present}) for i, record in enumerate(records)]
    fmt = "jsonl" if as_lines else "json"
    lines = [json.dumps(record, ensure_ascii=ascii_only) for record in records] or [""]
    text = "\n".join(lines) + "\n" if as_lines else json.dumps(records, ensure_ascii=ascii_only, indent=1)
    for used in (limits, None):
        found, defects, _ = read(folder, text, spec_of(*names, fmt=fmt), used)
        assert (found, defects) == (expected, [])


@given(st.text(alphabet=st.sampled_from('[]{},:"\\ a1e.-\n'), max_size=40), st.sampled_from([1, 4]))
def test_windows_change_nothing_for_any_text(tmp_path_factory, text, window):
    folder = tmp_path_factory.mktemp("json")
    whole = read(folder, "[" + text, spec_of("a", ""))[:2]
    assert read(folder, "[" + text, spec_of("a", ""), Limits(window_chars=window))[:2] == whole
