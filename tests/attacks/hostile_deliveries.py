"""Deliveries made to exhaust or mislead, and a program that takes one and then a good one through the whole line.

`make` writes both. Run as a program (HOME) it prints what became of them as JSON, with the memory they took beyond what
was loaded: registry, storage, keys and all steps in one process, so that whatever the first breaks, the second meets.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a program it has no pytest to say where `support` is
from support.world import CONTRACT_ID, World, contract, jsonl, records

VERSION = "2.0.0"
CELL = 50_000_000


def text(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": "string", **more}


def number(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "logicalType": "integer", **more}


@dataclass(frozen=True)
class Hostile:
    """What is written into the delivery, the columns agreed, and what the report must say of some rules.

    `quality` are the rules of the schema object; `verdicts` what must come out, by rule; `failures` how many.
    """

    form: str
    write: Callable[[Path], None]
    columns: list[dict[str, Any]]
    verdicts: Mapping[str, str]
    quality: list[dict[str, Any]] = field(default_factory=list)
    failures: Mapping[str, int] = field(default_factory=dict)

    def contract(self) -> bytes:
        """As JSON."""
        thing = {
            "name": "records", "physicalType": self.form, "physicalName": f"*.{self.form}",
            "properties": self.columns, "quality": self.quality,
        }  # fmt: skip
        return json.dumps(
            {
                "apiVersion": "v3.1.0", "kind": "DataContract", "id": "1-001-002-NL", "name": "x", "version": VERSION,
                "status": "active", "schema": [thing],
                "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
            }
        ).encode()  # fmt: skip


def wide(form: str) -> Callable[[Path], None]:
    names = [f"c{i}" for i in range(10_000)]

    def write(folder: Path) -> None:
        if form == "parquet":
            pq.write_table(pa.table({n: [1, 2] for n in names}), folder / "a.parquet")
        elif form == "csv":
            rows = (names, ["1"] * 10_000, ["2"] * 10_000)
            (folder / "a.csv").write_text("".join(",".join(row) + "\n" for row in rows))
        else:
            (folder / "a.jsonl").write_text("".join(json.dumps(dict.fromkeys(names, v)) + "\n" for v in (1, 2)))

    return write


def cell(form: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        values = ("a", "x" * CELL, "b")
        if form == "parquet":
            pq.write_table(pa.table({"t": values}), folder / "a.parquet")
        elif form == "csv":
            (folder / "a.csv").write_text("".join(f"{v}\n" for v in ("t", *values)))
        else:
            (folder / "a.jsonl").write_text("".join(json.dumps({"t": v}) + "\n" for v in values))

    return write


def changing(folder: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2, 3]}), folder / "a.parquet")
    pq.write_table(pa.table({"n": ["1", "2", "3"]}), folder / "b.parquet")
    pq.write_table(pa.table({"n": [1.5, None, 3.0]}), folder / "c.parquet")


def schemas(folder: Path) -> None:
    pq.write_table(pa.table({"a": ["x"], "b": ["y"]}), folder / "1.parquet")
    pq.write_table(pa.table({"a": ["x"], "z": [1]}), folder / "2.parquet")
    pq.write_table(pa.table({"b": ["y"], "a": [{"k": 1}]}), folder / "3.parquet")


def corrupt(folder: Path) -> None:
    """One page of the second of three row groups; it still decodes, only its checksum tells."""
    path = folder / "a.parquet"
    table = pa.table({"n": np.arange(30_000), "t": [f"text {i}" for i in range(30_000)]})
    options = {"write_page_checksum": True, "compression": "none", "use_dictionary": False}
    pq.write_table(table, path, row_group_size=10_000, **options)
    data = bytearray(path.read_bytes())
    place = data.index(b"text 15000")
    data[place : place + 4] = b"TEXT"
    path.write_bytes(data)


def dictionary_bomb(folder: Path) -> None:
    """One value of 1 MiB in a dictionary, meant 50,000 times: 50 GB decoded, of less than 20 KB."""
    value, codes = pa.array(["x" * 2**20]), pa.array(np.zeros(50_000, dtype=np.int32))
    table = pa.table({"t": pa.DictionaryArray.from_arrays(codes, value)})
    pq.write_table(table, folder / "a.parquet", compression="zstd", write_statistics=False)
    assert (folder / "a.parquet").stat().st_size < 20_000


def zeros_bomb(folder: Path) -> None:
    """Half a gigabyte of zeros in pages of 64 MiB, which pack to a few kilobytes."""
    table = pa.table({"n": np.zeros(64 << 20, dtype=np.int64)})
    pq.write_table(
        table, folder / "a.parquet", compression="zstd", use_dictionary=False, data_page_size=64 << 20, row_group_size=64 << 20,
        write_statistics=False,
    )  # fmt: skip


def varint(value: int) -> bytes:
    head = value & 0x7F
    return bytes([head | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([head])


def lying_page(claim: int) -> Callable[[Path], None]:
    """A page whose header claims to decode to `claim` bytes; the footer says nothing of it."""

    def write(folder: Path) -> None:
        path = folder / "a.parquet"
        pq.write_table(pa.table({"n": [1]}), path, use_dictionary=False, compression="none", write_statistics=False)
        data = path.read_bytes()
        start = pq.read_metadata(path).row_group(0).column(0).data_page_offset
        at = data.index(b"\x15", start + 2) + 1  # the decoded size: second field of the header, a zigzag varint
        assert data[at] < 0x80
        size = varint(2 * claim)
        assert len(size) >= 1
        path.write_bytes(data[:at] + size + data[at + 1 :])

    return write


def lying_footer(folder: Path) -> None:
    """Every count of 63 rows in the footer becomes 2**41 - 1."""
    path = folder / "a.parquet"
    pq.write_table(pa.table({"n": pa.array([None] * 63, pa.int64())}), path, store_schema=False)
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    footer = data[-8 - length : -8].replace(b"\x7e", b"\xfe\xff\xff\xff\xff\x7f")
    path.write_bytes(data[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1")


WIDE = [number(name, required=True) for name in ("c0", "c9999", "absent")]
WIDE_VERDICTS = {"records.c0.type": "PASS", "records.c9999.type": "PASS", "records.columns": "FAIL"}
CELLS = [text("t", required=True, unique=True, logicalTypeOptions={"maxLength": 10, "pattern": "^[a-z]+$"})]
LYING = [number("n", required=True)]

HOSTILE: Mapping[str, Hostile] = {
    **{f"10,000 columns, {form}": Hostile(form, wide(form), WIDE, WIDE_VERDICTS) for form in ("parquet", "csv", "jsonl")},
    "10,000 columns, 500 of them agreed": Hostile(
        "parquet", wide("parquet"), [number(f"c{i}", required=True) for i in range(500)] + [number("absent", required=True)],
        {"records.c499.required": "PASS", "records.absent.required": "FAIL"},
    ),
    "a cell of 50 MB, parquet": Hostile("parquet", cell("parquet"), CELLS, {"records.t.maxLength": "FAIL"}, failures={"records.t.maxLength": 1}),
    **{
        f"a cell of 50 MB, {form}": Hostile(form, cell(form), CELLS, {"records.readable": "FAIL"}, failures={"records.readable": 1})
        for form in ("csv", "jsonl")
    },
    "a column that changes type between files": Hostile(
        "parquet", changing, [number("n", unique=True, logicalTypeOptions={"minimum": 2})],
        {"records.n.type": "FAIL", "records.n.minimum": "FAIL", "records.n.unique": "PASS"}, failures={"records.n.type": 5, "records.n.minimum": 1},
    ),
    "files with different schemas": Hostile(
        "parquet", schemas, [text("a", required=True), text("b", required=True)],
        {"records.columns": "FAIL", "records.b.required": "FAIL", "records.a.type": "FAIL"}, failures={"records.a.type": 1},
    ),
    "a corrupt page in a row group": Hostile(
        "parquet", corrupt, [number("n", unique=True), text("t", logicalTypeOptions={"pattern": "^text"})],
        {"records.readable": "FAIL", "records.rowCount": "FAIL", "records.t.pattern": "PASS"}, [{"metric": "rowCount", "mustBe": 30_000}],
    ),
    "a dictionary that decodes to 50 GB": Hostile("parquet", dictionary_bomb, [text("t", required=True, logicalTypeOptions={"maxLength": 10})], {}),
    "zeros that decode to half a gigabyte": Hostile("parquet", zeros_bomb, [number("n", logicalTypeOptions={"minimum": 1})], {"records.n.minimum": "FAIL"}),
    "a page that claims 2 GiB": Hostile("parquet", lying_page(2**31 - 1), LYING, {"records.readable": "FAIL"}),
    "a page that claims more than it has": Hostile("parquet", lying_page(1 << 20), LYING, {"records.readable": "FAIL"}),
    "a page that claims a negative size": Hostile("parquet", lying_page(2**32 - 1), LYING, {"records.readable": "FAIL"}),
    "a footer that claims billions of rows": Hostile("parquet", lying_footer, LYING, {"records.readable": "FAIL"}),
}  # fmt: skip


def make(home: Path, hostile: Hostile) -> None:
    """A world with the hostile delivery V-1/D-1 and the good one V-2/D-1."""
    world = World.make(home)
    data = hostile.contract()
    world.voucher(data, voucher="V-1", contract_version=VERSION)
    world.line().storage.put(f"contracts/{CONTRACT_ID}/{VERSION}.odcs.yaml", data)
    folder = world.home / "storage/deliveries/V-1/D-1"
    folder.mkdir(parents=True)
    hostile.write(folder)
    world.deliver({}, voucher="V-1", contract={"id": CONTRACT_ID, "version": VERSION})
    good = contract()
    world.voucher(good, voucher="V-2")
    world.deliver({"a.jsonl": jsonl(records())}, voucher="V-2")


def resident(what: str) -> int:
    """MiB of this process: VmRSS now, VmHWM at its peak."""
    return int(Path("/proc/self/status").read_text().partition(f"{what}:")[2].split()[0]) // 1024


def run(home: Path) -> None:
    """Both through all steps; prints what became of them."""
    world = World.make(home)
    world.now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    world.line()
    loaded = resident("VmRSS")
    first, decided = world.run(voucher="V-1", run_id="hostile")
    line = world.line()
    problem = line.registry.attempt(first).problem
    filed = line.filing.get(first, "report-json")
    _, after = world.run(voucher="V-2", run_id="good")
    held = resident("VmHWM") - loaded
    rows = json.loads(filed)["checks"] if filed else []
    rules = {row["rule"]: [row["verdict"], (row["failures"] or {}).get("count")] for row in rows}
    told = {"decision": decided.outcome, "problem": problem, "rules": rules, "held": held, "outbox": world.outbox()}
    print(json.dumps({**told, "next": [after.outcome, list(after.reasons)]}))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
