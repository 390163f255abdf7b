"""Exact uniqueness and foreign keys against DuckDB and Polars: CPU, wall and memory, the answers planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from contenders import HERE, installed, own, peer, run, shown

CHUNK = 500_000
PEERS = ("duckdb", "polars")
Row = dict[str, object]


def written(path: Path, values: np.ndarray, *, text: bool) -> None:
    """`values` as the column `key`."""
    with pq.ParquetWriter(path, pa.schema([("key", pa.string() if text else pa.int64())])) as writer:
        for start in range(0, len(values), CHUNK):
            some = pa.array(values[start : start + CHUNK])
            if text:
                some = pa.array([f"item-{v:014d}" for v in some.to_pylist()])
            writer.write_table(pa.table({"key": some}))


def keys(count: int) -> np.ndarray:
    """Keys in random order, one in a thousand standing twice."""
    values = np.random.default_rng(11).permutation(count)
    values[: count // 1000] = values[count // 1000 : 2 * (count // 1000)]
    return values * 7_919


def contenders(program: str, *args: str) -> Iterator[tuple[str, list[str]]]:
    """Dambo, and those whose environment is there."""
    yield "Dambo", own(program, *args)
    for name in PEERS:
        if installed(name):
            yield name, [*peer(name)[:1], str(HERE / "peers" / name / program), *args]


def compared(what: dict[str, object], program: str, planted: int, *args: str) -> list[Row]:
    """Every contender over the same files."""
    rows = []
    for name, command in contenders(program, *args):
        used = run(command)
        if int(used.out) != planted:
            raise SystemExit(f"{name} counts {used.out}, {planted} were planted")
        rows.append({**what, "by": name, "cpu_s": used.cpu_s, "wall_s": used.wall_s, "peak_mib": used.peak_mib})
    return rows


def unique(count: int, work: Path) -> list[Row]:
    """Keys beyond the first of each."""
    rows = []
    for kind in ("integer", "text"):
        for some in (count // 2, count):
            path = work / "keys.parquet"
            written(path, keys(some), text=kind == "text")
            what = {"keys": f"{some:,} {kind}"}
            rows += compared(what, "unique.py", some // 1000, str(path), kind, str(work))
    return rows


def foreign(count: int, work: Path) -> list[Row]:
    """References to a tenth as many keys, each key met ten times or so; one in a thousand is lost."""
    rng = np.random.default_rng(17)
    known = rng.permutation(count // 10)
    references = rng.integers(0, len(known), count)
    references[rng.permutation(count)[: count // 1000]] = count
    paths = work / "references.parquet", work / "known.parquet"
    for path, values in zip(paths, (references, known), strict=True):
        written(path, values, text=False)
    what = {"keys": f"{count:,} to {len(known):,}"}
    return compared(what, "foreign.py", count // 1000, *map(str, paths), str(work))


def tables(work: Path, count: int) -> tuple[str, dict[str, object]]:
    """Both, as Markdown and as data."""
    head = ("keys", "by", "CPU s", "wall s", "peak MiB")
    found = {"unique": unique(count, work), "foreign": foreign(count, work)}
    titles = {"unique": "Exact uniqueness", "foreign": "Foreign keys: references that are no key"}
    texts = [shown(titles[name], [list(row.values()) for row in rows], head) for name, rows in found.items()]
    return "\n".join(texts), {**found}
