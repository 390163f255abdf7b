"""Hostile files: cuts, flipped bytes and bombs. No reader raises, hangs or grows; what it cannot read it reports.

Each attack is made here, from a small good file of every format.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from checks.batch import Batch, Defect
from checks.columns import Col
from checks.streams import STREAM_OF
from include.contracts.model import ColumnSpec, ObjectSpec
from include.deliveries.readers import CODES, FORMATS, reader_for

TABLES = tuple(name for name in FORMATS if name not in STREAM_OF)
ROWS = [{"id": i, "text": f'가나다 "{i}", 똠방각하', "label": "abc"[i % 3], "score": i / 7} for i in range(60)]
SECONDS = 2.0  # of CPU for a small file; a bomb of megabytes may take BOMB_SECONDS
BOMB_SECONDS = 6.0


def parquet(path: Path) -> None:
    pq.write_table(
        pa.Table.from_pylist([row | {"tags": ["x", row["label"]]} for row in ROWS]),
        path,
        row_group_size=20,
        write_page_checksum=True,
    )


def delimited(delimiter: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        quoted = ['"' + row["text"].replace('"', '""') + '"' for row in ROWS]
        lines = [delimiter.join(["id", "text", "label", "score"])]
        lines += [
            delimiter.join([str(row["id"]), text, row["label"], str(row["score"])])
            for row, text in zip(ROWS, quoted, strict=True)
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return make


def workbook(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["id", "text", "label", "score"])
    for row in ROWS:
        book.active.append(list(row.values()))
    book.save(path)


MAKERS: dict[str, Callable[[Path], None]] = {
    "parquet": parquet,
    "csv": delimited(","),
    "tsv": delimited("\t"),
    "json": lambda path: path.write_text(json.dumps({"n": 1, "data": [row | {"tags": [{"x": None}]} for row in ROWS]}, ensure_ascii=False)) and None,
    "jsonl": lambda path: path.write_text("".join(json.dumps(row) + "\n" for row in ROWS)) and None,
    "xlsx": workbook,
}  # fmt: skip


def spec_of(fmt: str) -> ObjectSpec:
    columns = tuple(ColumnSpec(Col(name), name) for name in ("id", "text", "label", "score", "tags"))
    return ObjectSpec("o", fmt, "*", columns, {"records": "/data"} if fmt == "json" else {})


def read(path: Path, fmt: str, seconds: float = SECONDS) -> tuple[list[tuple], list[Defect]]:
    """Every record as a tuple, and the defects; holds every promise of the port that can be seen from outside."""
    began = time.process_time()
    records, defects, last = [], [], -1
    for found in reader_for(fmt).read(path, "f", spec_of(fmt)):
        if isinstance(found, Defect):
            assert CODES[found.code].list == found.list
            defects.append(found)
            continue
        assert isinstance(found, Batch)
        found.table.validate(full=True)
        rows = found.row_index().tolist()
        assert len(rows) == found.table.num_rows
        if rows:
            assert rows == sorted(set(rows))
            assert rows[0] > last
            last = rows[-1]
        columns = [column.to_pylist() for column in found.table.columns]
        records += list(zip(rows, *columns, strict=True))
    assert time.process_time() - began < seconds
    return records, defects


def test_every_format_has_its_attacks():
    assert set(MAKERS) == set(TABLES)


@pytest.mark.parametrize("fmt", TABLES)
def test_the_good_file_is_read_whole(tmp_path, fmt):
    MAKERS[fmt](tmp_path / "f")
    records, defects = read(tmp_path / "f", fmt)
    assert (len(records), defects) == (60, [])


@pytest.mark.parametrize("fmt", TABLES)
def test_cut_at_every_twentieth(tmp_path, fmt):
    path = tmp_path / "f"
    MAKERS[fmt](path)
    data = path.read_bytes()
    good, _ = read(path, fmt)
    for cut in [*range(0, len(data), max(1, len(data) // 20)), len(data) - 1]:
        path.write_bytes(data[:cut])
        records, defects = read(path, fmt)
        at_line = fmt in {"csv", "tsv", "jsonl"} and (data[:cut].endswith(b"\n") or cut == len(data) - 1)
        assert defects or at_line or fmt in {"csv", "tsv"}, f"a cut at {cut} is not noticed"
        whole_records = records[:-1] if fmt in {"csv", "tsv"} else records  # a cut last field is still a field
        assert set(map(repr, whole_records)) <= set(map(repr, good))


@pytest.mark.parametrize("fmt", TABLES)
def test_two_hundred_flips(tmp_path, fmt):
    path = tmp_path / "f"
    MAKERS[fmt](path)
    data = path.read_bytes()
    good, _ = read(path, fmt)
    seeded = random.Random(2_718)
    for _ in range(200):
        mutated = bytearray(data)
        for _ in range(seeded.choice([1, 1, 2, 8])):
            at = seeded.randrange(len(mutated))
            match seeded.randrange(3):
                case 0:
                    mutated[at] ^= 1 << seeded.randrange(8)
                case 1:
                    mutated[at] = seeded.choice(b'\x00\xff",[]{}\n\x1b')
                case _:
                    del mutated[at]
        path.write_bytes(mutated)
        records, defects = read(path, fmt)
        assert defects or len(records) >= len(good), "records are gone without a defect"


JSON_BOMBS = {
    "nested arrays": b'{"data":' + b"[" * 2_000_000,
    "nested objects": b'{"data":' + b'{"a":' * 400_000,
    "nested and closed": b'{"data":[' + b"[" * 500_000 + b"]" * 500_000 + b"]}",
    "huge integer": b'{"data":[{"id":' + b"9" * 2_000_000 + b"}]}",
    "huge exponent": b'{"data":[{"id":1e999999999}]}',
    "escapes in an open string": b'{"data":["' + b'\\"' * 1_000_000,
    "many broken records": b'{"data":[' + b'{"id":},' * 50_000 + b"{}]}",
    "many commas": b'{"data":[' + b"," * 100_000 + b"]}",
    "many keys": json.dumps({"data": [{str(i): i for i in range(100_000)}]}).encode(),
    "open quotes": b'{"data":[' + b'"\n' * 500_000,
}


@pytest.mark.parametrize("attack", JSON_BOMBS)
def test_json_bombs(tmp_path, attack):
    path = tmp_path / "f"
    path.write_bytes(JSON_BOMBS[attack])
    records, defects = read(path, "json", BOMB_SECONDS)
    assert defects or attack == "many keys"
    assert len(records) <= 1


TEXT_BOMBS = {
    "one endless line": (b"id,text\n" + b"x" * 20_000_000, 1),
    "one endless quote": (b'id,text\n1,"' + b"x," * 10_000_000, 1),
    "quotes only": (b"id,text\n" + b'"' * 3_000_001, 1),
    "delimiters only": (b"id,text\n" + b"," * 3_000_000, 1),
    "a million columns": (b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n1\n", 1),
    "carriage returns after a long line": (b"id,text\n1," + b"x" * 8_000_000 + b"\n" + b"a,b\r" * 100_000, 0),
    "every row broken": (b"id,text\n" + b'"a"b,1\n' * 100_000, 100_000),
    "every row short": (b"id,text\n" + b"1\n" * 100_000, 100_000),
    "empty lines": (b"id,text\n" + b"\n\r" * 2_000_000, 0),
}


@pytest.mark.parametrize("attack", TEXT_BOMBS)
def test_text_bombs(tmp_path, attack):
    data, expected = TEXT_BOMBS[attack]
    path = tmp_path / "f"
    path.write_bytes(data)
    _, defects = read(path, "csv", BOMB_SECONDS)
    assert len(defects) == expected


def bomb(path: Path) -> None:
    """Ten kilobytes whose dictionary of one 1 MiB value is used 50,000 times: 50 GB decoded."""
    array = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["x" * (1 << 20)]))
    pq.write_table(pa.table({"text": array}), path, compression="zstd", use_dictionary=True, store_schema=False)
    assert path.stat().st_size < 20_000
    assert pq.read_schema(path) == pa.schema([pa.field("text", pa.string())])


# Its own peak from /proc: getrusage's maximum is inherited from whoever started it.
READ_APART = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from include.deliveries.readers import Limits
from test_reader_hostile_files import Defect, reader_for, spec_of
reader = reader_for(sys.argv[2], Limits(row_group_bytes=1 << 29))
codes = [one.code for one in reader.read(Path(sys.argv[3]), "f", spec_of(sys.argv[2])) if isinstance(one, Defect)]
print(*codes, int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def read_apart(path: Path, fmt: str) -> tuple[list[str], int]:
    """Defect codes, and the peak resident memory in MiB of a process that only read the file."""
    command = [sys.executable, "-c", READ_APART, str(Path(__file__).parent), fmt, str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    *found, resident = run.stdout.split()
    return found, int(resident)


def test_parquet_dictionary_bomb_in_bounded_memory(tmp_path):
    bomb(tmp_path / "f")
    found, resident = read_apart(tmp_path / "f", "parquet")
    assert found == ["too-large"]
    assert resident < 700


@pytest.mark.parametrize(
    ("fmt", "head", "filling"),
    [("csv", b'id,text\n1,"', b"x," * 500_000), ("json", b'{"data":[{"id":"', b"x " * 500_000), ("jsonl", b'{"id":"', b"x " * 500_000)],
)  # fmt: skip
def test_a_record_without_end_in_bounded_memory(tmp_path, fmt, head, filling):
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.write(head)
        for _ in range(200):
            file.write(filling)
    found, resident = read_apart(path, fmt)
    assert found == ["too-large"]
    assert resident < 700


def test_parquet_footer_that_claims_a_row_group_of_billions(tmp_path):
    path = tmp_path / "f"
    pq.write_table(pa.table({"id": pa.array([None] * 63, pa.int64())}), path, store_schema=False)
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    footer = data[-8 - length : -8].replace(b"\x7e", b"\xfe\xff\xff\xff\xff\x7f")  # every 63 becomes 2**41 - 1
    path.write_bytes(data[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1")
    _, defects = read(path, "parquet")
    assert {found.code for found in defects} & {"too-large", "corrupt-footer", "row-count"}
