"""Real files of others through the readers: each is read as its makers say, or refused with a clear finding.

`readers_frictionless.txt` is the judgement on all 264 files of frictionless-py's data folder, checked by eye against
its dialects, packages and tests. What it shows beside plain reading: comment lines and dialects that only a
datapackage describes (countries.csv, skip-rows.csv, matrix-with-comment.csv) are rows of another width; latin1.csv
and the Greek file are neither UTF-8 nor CP949; arrays of arrays (table.json) are no records.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from checks.batch import Batch, Defect
from checks.columns import Col
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import reader_for

SHARED = Path(__file__).parents[2] / "../shared/data"
GOLDEN = Path(__file__).with_name("readers_frictionless.txt")
FORMATS = {
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parq": "parquet",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real data is not there")


def read(
    path: Path, fmt: str, sources: tuple[str, ...] | None = None, **options: object
) -> tuple[list[Batch], list[Defect]]:
    """All columns of the file, or those named; two readings, since a contract names columns and here the file does."""
    reader = reader_for(fmt)
    if sources is None:
        spec = ObjectSpec("o", fmt, "*", (), options)
        found = [one.found for one in reader.read(path, path.name, spec) if isinstance(one, Batch)]
        sources = tuple(dict.fromkeys(name for names in found for name in names))
    columns = tuple(ColumnSpec(Col(source), source) for source in sources)
    everything = list(reader.read(path, path.name, ObjectSpec("o", fmt, "*", columns, options)))
    batches = [one for one in everything if isinstance(one, Batch)]
    for batch in batches:
        batch.table.validate(full=True)
    return batches, [one for one in everything if isinstance(one, Defect)]


def rows_of(batches: list[Batch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.table.to_pylist()]


def as_meant(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Empty fields back from null, as the makers' JSON has them."""
    return [{key: value or "" for key, value in row.items()} for row in rows]


SPECTRUM = sorted(path.stem for path in (SHARED / "tables/csv-spectrum/csvs").glob("*.csv"))


def test_csv_spectrum_is_all_there():
    assert len(SPECTRUM) == 12


@pytest.mark.parametrize("stem", SPECTRUM)
def test_csv_spectrum(stem):
    folder = SHARED / "tables/csv-spectrum"
    batches, defects = read(folder / f"csvs/{stem}.csv", "csv")
    meant = json.loads((folder / f"json/{stem}.json").read_text())
    if stem == "location_coordinates":  # the makers' JSON is one object and has another phone number than their CSV
        meant = [meant | {"Contact Phone Number": "2095257564"}]
    if stem == "newlines_crlf":  # the CSV was stored with LF, its JSON still says CRLF
        meant = [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in meant]
    assert (as_meant(rows_of(batches)), defects) == (meant, [])


def frictionless() -> dict[str, str]:
    folder = SHARED / "tables/frictionless/data"
    lines = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            batches, defects = read(path, FORMATS.get(path.suffix, "csv"))
            rows = sum(batch.table.num_rows for batch in batches)
            columns = len(dict.fromkeys(name for batch in batches for name in batch.found))
            found = Counter((defect.code, "file" if defect.row < 0 else "row") for defect in defects)
            words = " ".join(f"{code}/{scope}x{count}" for (code, scope), count in sorted(found.items()))
            lines[path.relative_to(folder).as_posix()] = f"{rows} {columns} {words or '-'}"
    return lines


def test_frictionless_is_judged_file_by_file():
    found = frictionless()
    expected = dict(
        line.split(" | ") for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    assert found == expected


def test_frictionless_csv_says_what_pythons_csv_says():
    compared = 0
    for path in sorted((SHARED / "tables/frictionless/data").rglob("*.csv")):
        batches, defects = read(path, "csv")
        if defects or not batches:
            continue
        header = list(batches[0].found)
        text = path.read_bytes().decode("utf-8-sig")
        readings = [
            [row for row in csv.reader(text.splitlines(keepends=True), delimiter=sign) if row] for sign in ",;\t|"
        ]
        expected = next(reading for reading in readings if reading[0] == header)
        assert [[row[name] for name in header] for row in as_meant(rows_of(batches))] == expected[1:], path.name
        compared += 1
    assert compared > 80


PARQUET = {  # name: rows, defects as (code, row group's first row); what pyarrow reads without a check, we compare with
    "alltypes_plain.parquet": (8, []),
    "concatenated_gzip_members.parquet": (513, []),
    "datapage_v1-corrupt-checksum.parquet": (0, [("corrupt-data", 0)]),
    "datapage_v1-snappy-compressed-checksum.parquet": (5120, []),
    "dict-page-offset-zero.parquet": (39, []),
    "float16_nonzeros_and_nans.parquet": (8, []),
    "incorrect_map_schema.parquet": (0, [("unsupported-schema", -1)]),
    "int96_from_spark.parquet": (6, []),
    "large_string_map.brotli.parquet": (0, [("too-large", 0)]),
    "list_columns.parquet": (3, []),
    "lz4_raw_compressed.parquet": (4, []),
    "nan_in_stats.parquet": (2, []),
    "nation.dict-malformed.parquet": (25, []),
    "nested_lists.snappy.parquet": (3, []),
    "null_list.parquet": (1, []),
    "nulls.snappy.parquet": (8, []),
    "page_v2_empty_compressed.parquet": (10, []),
    "repeated_no_annotation.parquet": (6, [("row-count", -1)]),
    "rle-dict-uncompressed-corrupt-checksum.parquet": (0, [("corrupt-data", 0)]),
    "single_nan.parquet": (1, []),
    "uniform_encryption.parquet.encrypted": (0, [("encrypted", -1)]),
    "unknown-logical-type.parquet": (3, []),
}


def test_parquet_data_is_all_judged():
    assert {path.name for path in (SHARED / "tables/parquet-data/data").glob("*.parquet*")} == set(PARQUET)


@pytest.mark.parametrize("name", sorted(PARQUET))
def test_parquet_data(name):
    path = SHARED / "tables/parquet-data/data" / name
    rows, expected = PARQUET[name]
    batches, defects = read(path, "parquet")
    assert sum(batch.table.num_rows for batch in batches) == rows
    assert [(found.code, found.row) for found in defects] == expected
    if not rows:
        return
    plain = pq.read_table(path, coerce_int96_timestamp_unit="us")
    for column in batches[0].table.schema.names:
        if batches[0].table.schema.field(column).metadata is None:
            got, meant = batches[0].table.column(column), plain.column(column).combine_chunks()
            assert pc.fill_null(got.cast("string"), "-").equals(pc.fill_null(meant.cast("string"), "-"))  # NaN is NaN


def test_int96_beyond_nanoseconds_does_not_wrap():
    batches, _ = read(SHARED / "tables/parquet-data/data/int96_from_spark.parquet", "parquet")
    years = batches[0].table.column(0).cast("int64").to_pylist()
    assert max(value for value in years if value is not None) > 2**63 // 1000  # microseconds no nanosecond could hold


@pytest.mark.parametrize(("name", "rows"), [("sts-dev.tsv", 1500), ("sts-test.tsv", 1379)])
def test_korsts_needs_plain_quotes(name, rows):
    path = SHARED / "text/kornlu/KorSTS" / name
    batches, defects = read(path, "tsv", quote="none")
    lines = path.read_text(encoding="utf-8").split("\n")
    fields = [line.split("\t") for line in lines[1:] if line]
    assert [list(row.values()) for row in as_meant(rows_of(batches))] == fields
    assert (len(fields), defects) == (rows, [])
    _, defects = read(path, "tsv")
    assert {found.code for found in defects} >= {"stray-quote"}


def test_nsmc_raw():
    for path in sorted((SHARED / "text/nsmc-raw/raw").glob("*.json")):
        batches, defects = read(path, "json")
        assert (rows_of(batches), defects) == (json.loads(path.read_text(encoding="utf-8")), [])


def test_klue_nli():
    path = SHARED / "labels/klue-nli/klue-nli-v1.1_dev.json"
    batches, defects = read(path, "json")
    assert (rows_of(batches), defects) == (json.loads(path.read_text(encoding="utf-8")), [])
    assert sum(batch.table.num_rows for batch in batches) == 3000
    assert batches[0].pointer.format(row=2999, number=3000) == "/2999"
