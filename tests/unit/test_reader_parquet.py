"""Parquet: parts and row groups give the same records, broken ones are defects, footers are not believed."""

from __future__ import annotations

import datetime as dt
import json
import struct
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.batch import Batch, Defect
from checks.columns import Col
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import Limits, Part, join, reader_for
from include.deliveries.readers import parquet as parquet_module
from include.deliveries.readers.arrowcolumns import decoded_bytes
from include.deliveries.readers.parquetpages import PageError, longest_value, walk


def spec_of(*sources: str) -> ObjectSpec:
    return ObjectSpec("o", "parquet", "*", tuple(ColumnSpec(Col(source), source) for source in sources), {})


def collect(found: list[Batch | Defect]) -> tuple[list, list[Defect], list[Batch]]:
    records, defects, batches = [], [], []
    for one in found:
        if isinstance(one, Defect):
            defects.append(one)
            continue
        one.table.validate(full=True)
        batches.append(one)
        values = [one.table.column(i).to_pylist() for i in range(one.table.num_columns)]
        records += list(zip(one.row_index().tolist(), *values, strict=True))
    return records, defects, batches


def read(
    path: Path, spec: ObjectSpec, limits: Limits | None = None, part: Part | None = None
) -> tuple[list, list, list]:
    return collect(list(reader_for("parquet", limits).read(path, "f.parquet", spec, part)))


def write(folder: Path, table: pa.Table, **options: object) -> Path:
    path = folder / "f.parquet"
    pq.write_table(table, path, **options)
    return path


def codes(defects: list[Defect]) -> list[tuple[str, int]]:
    return [(found.code, found.row) for found in defects]


NUMBERS = pa.table({"n": pa.array(range(100)), "s": [f"값 {i}" for i in range(100)], "x": [b"\xff"] * 100})


def test_reads_declared_columns_only(tmp_path):
    records, defects, batches = read(write(tmp_path, NUMBERS), spec_of("s", "n", "absent"))
    assert (records[3], len(records), defects) == ((3, "값 3", 3), 100, [])
    assert batches[0].found == ("n", "s", "x")
    assert batches[0].table.schema.names == ["s", "n"]
    assert not batches[0].lexical


def test_no_declared_column_still_counts_rows(tmp_path):
    _, defects, batches = read(write(tmp_path, NUMBERS), spec_of("absent"))
    assert (sum(batch.table.num_rows for batch in batches), defects) == (100, [])


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=8), st.sampled_from([1, 3, 1000]), st.sampled_from([1, 7, 1000])
)
def test_parts_and_batches_change_nothing(tmp_path_factory, sizes, part_bytes, rows):
    path = tmp_path_factory.mktemp("parquet") / "f.parquet"
    total = sum(sizes)
    table = pa.table({"n": range(total), "s": [None if i % 3 == 0 else str(i % 5) for i in range(total)]})
    with pq.ParquetWriter(path, table.schema) as writer:
        for size, start in zip(sizes, np.cumsum([0, *sizes]), strict=False):
            writer.write_table(table.slice(start, size))
    spec, limits = spec_of("s", "n"), Limits(batch_rows=rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_module, "_PART_BYTES", part_bytes)
        parts = reader_for("parquet").parts(path, spec)
    assert json.loads(json.dumps([asdict(part) for part in parts]))[0]["first_row"] == 0
    assert [part.first_row_group for part in parts[1:]] == [part.stop_row_group for part in parts[:-1]]
    whole = read(path, spec)[:2]
    assert whole == ([(i, s, i) for i, s in enumerate(table["s"].to_pylist())], [])
    apart = [read(path, spec, limits, part)[:2] for part in parts]
    assert ([record for records, _ in apart for record in records], [d for _, ds in apart for d in ds]) == whole
    assert read(path, spec, limits, join(parts))[:2] == whole


def test_parts_must_be_consecutive_to_join():
    with pytest.raises(ValueError, match="consecutive"):
        join([Part(0, 1), Part(2, 3)])


def test_zero_rows_give_an_empty_batch_with_its_types(tmp_path):
    records, defects, batches = read(write(tmp_path, NUMBERS.slice(0, 0)), spec_of("n"))
    assert (records, defects) == ([], [])
    assert [batch.table.schema.field("n").type for batch in batches] == [pa.int64()]


def test_duplicate_columns(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "b", "a"])
    records, defects, _ = read(write(tmp_path, table), spec_of("a"))
    assert records == [(0, 1)]
    assert [(d.code, d.pointer) for d in defects] == [("duplicate-column", "column 3")]


def test_nested_values_by_pointer_and_as_text(tmp_path):
    rows = [
        {"a": {"b": [1, 2], "t": "x"}},
        {"a": {"b": None, "t": None}},
        {"a": None},
        {"a": {"b": [], "t": "y"}},
    ]
    records, defects, batches = read(
        write(tmp_path, pa.Table.from_pylist(rows)), spec_of("/a/b/1", "/a/t", "a", "/a/z")
    )
    assert defects == []
    assert [record[1:] for record in records] == [
        (2, "x", '{"b":[1,2],"t":"x"}'),
        (None, None, '{"b":null,"t":null}'),
        (None, None, None),
        (None, "y", '{"b":[],"t":"y"}'),
    ]
    assert batches[0].table.schema.field("a").metadata == {b"dambo.json": b"1"}
    assert batches[0].table.schema.field("/a/t").metadata is None


def test_values_json_has_no_form_for(tmp_path):
    values = [{"f": float("nan"), "b": b"\x00", "d": dt.date(2020, 1, 2)}]
    assert read(write(tmp_path, pa.table({"v": values})), spec_of("v"))[0] == [
        (0, '{"f":"nan","b":"AA==","d":"2020-01-02"}')
    ]


def test_maps_are_lists_of_pairs(tmp_path):
    table = pa.table({"m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int64()))})
    assert read(write(tmp_path, table), spec_of("m"))[0] == [(0, '[["k",1]]'), (1, None)]


def test_bytes_of_a_slice_of_a_map_are_its_own():
    table = pa.RecordBatch.from_arrays(
        [pa.array([[("x" * 1000, 1)], [("k", 1), ("l", 2)]], pa.map_(pa.string(), pa.int64()))], ["m"]
    )
    assert decoded_bytes(table) > 1000
    assert decoded_bytes(table.slice(1)) < 100


@pytest.mark.parametrize("dictionary", [True, False])
def test_text_that_is_not_utf8_spoils_its_record_only(tmp_path, dictionary):
    raw = pa.array([b"a", b"\xff\xfe", None, b"b"], pa.binary())
    table = pa.table({"s": pa.Array.from_buffers(pa.string(), 4, raw.buffers(), 1), "n": range(4)})
    records, defects, batches = read(write(tmp_path, table, use_dictionary=dictionary), spec_of("s", "n"))
    assert records == [(0, "a", 0), (2, None, 2), (3, "b", 3)]
    assert codes(defects) == [("undecodable-value", 1)]
    assert batches[0].rows.tolist() == [0, 2, 3]


def test_dictionary_columns_come_as_plain_text(tmp_path):
    table = pa.table({"s": pa.array(["a", "b", "a"]).dictionary_encode()})
    _, _, batches = read(write(tmp_path, table), spec_of("s"))
    assert batches[0].table.schema.field("s").type == pa.string()


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty-file"), (b"PK\x03\x04 no parquet", "not-parquet"), (b"PAR1 cut", "truncated"), (b"PAR1PAR1", "truncated"),
     (b"PAR1....PARE", "encrypted"), (b"PAR1\x00\x00\x00\x00\x00\xff\xff\xff\x7fPAR1", "corrupt-footer")],
)  # fmt: skip
def test_files_that_are_refused(tmp_path, data, code):
    path = tmp_path / "f.parquet"
    path.write_bytes(data)
    assert codes(read(path, spec_of("a"))[1]) == [(code, -1)]
    (part,) = reader_for("parquet").parts(path, spec_of("a"))
    assert codes(read(path, spec_of("a"), part=part)[1]) == [(code, -1)]
    assert read(path, spec_of("a"), part=Part(1, 2))[1] == []


def test_a_corrupt_row_group_is_a_defect_and_the_next_is_read(tmp_path):
    path = write(
        tmp_path, NUMBERS, row_group_size=50, compression="none", use_dictionary=False, write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    data[data.index("값 10".encode())] ^= 1
    path.write_bytes(data)
    records, defects, _ = read(path, spec_of("s"))
    assert codes(defects) == [("corrupt-data", 0)]
    assert defects[0].pointer == "row group 1"
    assert [record[0] for record in records] == list(range(50, 100))
    untouched, defects, _ = read(path, spec_of("n"))
    assert (len(untouched), defects) == (100, [])


def test_columns_inside_other_columns_names(tmp_path):
    table = pa.table({"a.b": [1], "a": [{"b": 2}], "ab": [3]})
    assert read(write(tmp_path, table), spec_of("a.b", "/a/b", "ab"))[0] == [(0, 1, 2, 3)]


def test_limits(tmp_path):
    path = write(tmp_path, NUMBERS)
    assert codes(read(path, spec_of("n"), Limits(columns=2))[1]) == [("too-many-columns", -1)]
    assert codes(read(path, spec_of("n"), Limits(row_group_rows=99))[1]) == [("too-large", 0)]
    assert codes(read(path, spec_of("n"), Limits(page_bytes=100))[1]) == [("too-large", 0)]
    assert codes(read(path, spec_of("n"), Limits(row_group_bytes=100))[1]) == [("too-large", 0)]


def test_a_record_beyond_the_limit(tmp_path):
    table = pa.table({"s": ["a", "x" * 10_000, "b"]})
    records, defects, _ = read(write(tmp_path, table), spec_of("s"), Limits(batch_bytes=100, record_bytes=1000))
    assert (records, codes(defects)) == ([(0, "a"), (2, "b")], [("too-large", 1)])


def test_batches_are_cut_by_bytes(tmp_path):
    table = pa.table({"s": ["x" * 1000] * 1000})
    for dictionary in (True, False):
        path = write(tmp_path, table, use_dictionary=dictionary)
        records, _, batches = read(path, spec_of("s"), Limits(batch_bytes=50_000))
        assert len(records) == 1000
        assert max(batch.table.nbytes for batch in batches) < 60_000


def test_longest_value_of_a_dictionary_page():
    assert longest_value(memoryview(b"\x01\0\0\0a\x03\0\0\0abc\0\0\0\0")) == 3
    assert longest_value(memoryview(b"")) == 0


@pytest.mark.parametrize(
    "options",
    [{"dictionary_pagesize_limit": 2000}, {"use_dictionary": False, "column_encoding": {"s": "DELTA_BYTE_ARRAY"}}],
)
@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip", "brotli", "lz4"])
def test_encodings_that_repeat_long_values_are_read_in_few_rows(tmp_path, options, codec):
    values = [f"{i % 97}" + "x" * 50 * (i % 31) for i in range(3000)]
    path = write(tmp_path, pa.table({"s": values}), compression=codec, data_page_size=4000, **options)
    records, defects, batches = read(path, spec_of("s"), Limits(page_bytes=2_000_000))
    assert (records, defects) == (list(enumerate(values)), [])
    assert max(batch.table.num_rows for batch in batches) <= 2_000_000 // 1500
    assert read(path, spec_of("s"))[0] == records


def varint(number: int) -> bytes:
    head = number & 0x7F
    return bytes([head | 0x80]) + varint(number >> 7) if number > 0x7F else bytes([head])


def page_header(decoded: int, stored: int, values: int) -> bytes:
    """A v1 data page header in Thrift's compact protocol, built by hand from parquet.thrift."""
    data_page = b"\x15" + varint(2 * values) + b"\x15\x00" * 3 + b"\x00"
    return b"\x15\x00\x15" + varint(2 * decoded) + b"\x15" + varint(2 * stored) + b"\x2c" + data_page + b"\x00"


def test_walk_adds_up_pages():
    data = page_header(10, 3, 7) + b"abc" + page_header(20, 1, 5) + b"x"
    found = walk(memoryview(data), 0, len(data), 12)
    assert (found.values, found.largest, found.encodings) == (12, 20, frozenset({0}))


@pytest.mark.parametrize(
    "data", [b"", b"\x15", b"\xff" * 40, b"\x00", page_header(10, 99, 7), page_header(1, 1, 1) + b"x", b"\x1c" * 40]
)
def test_walk_refuses_what_is_no_page(data):
    with pytest.raises(PageError):
        walk(memoryview(data), 0, len(data), 12)


def test_a_page_that_claims_gigabytes_is_not_decoded(tmp_path):
    path = write(tmp_path, pa.table({"n": [1]}), use_dictionary=False, compression="none", write_statistics=False)
    data = path.read_bytes()
    start = pq.read_metadata(path).row_group(0).column(0).data_page_offset
    at = data.index(b"\x15", start + 2) + 1  # the decoded size, second field of the header
    assert data[at] < 0x80
    path.write_bytes(data[:at] + varint(2 * (2**31 - 1)) + data[at + 1 :])
    assert codes(read(path, spec_of("n"))[1]) == [("too-large", 0)]


def test_footer_row_counts_are_checked(tmp_path):
    path = write(tmp_path, pa.table({"n": list(range(63))}), store_schema=False)
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    footer = data[-8 - length : -8]
    found = []
    for change, byte in enumerate(footer):
        if byte == 126:  # 63 as a zigzag varint: rows of the file, rows of the group, values of the column
            broken = footer[:change] + b"\x7c" + footer[change + 1 :]
            path.write_bytes(data[: -8 - length] + broken + data[-8:])
            found += [found.code for found in read(path, spec_of("n"))[1]]
    assert found.count("row-count") >= 3
