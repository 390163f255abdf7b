"""Suite T written by hand in Polars, lazily and streaming: one pass for the sums, the patterns and the distinct ids."""

import hashlib
import sys
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

folder, everything = Path(sys.argv[1]), sys.argv[2] == "all"
if everything:
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as raw:
            hashlib.file_digest(raw, "sha256")
data = pl.scan_parquet(folder / "*.parquet")
assert data.collect_schema() == {"id": pl.Int64, "text": pl.String, "score": pl.Float64} | dict.fromkeys(
    ("split", "a", "b", "c"), pl.String
)
sums = data.select(
    nulls=pl.sum_horizontal(pl.col(c).null_count() for c in ("id", "text", "split", "a", "b", "c")),
    duplicates=pl.len() - pl.col("id").n_unique(),
    range=((pl.col("score") < 0) | (pl.col("score") > 1)).sum(),
    pattern=(~pl.col("text").str.contains(PATTERN)).sum(),
    length=(pl.col("text").str.len_chars() < 1).sum(),
    set=(~pl.col("split").is_in(SPLITS)).sum(),
    labels=pl.sum_horizontal((~pl.col(c).is_in(LABELS)).sum() for c in "abc"),
)
queries = [sums, data.group_by("a", "b", "c").len()] if everything else [sums]
found = pl.collect_all(queries, engine="streaming")
say(found[0].row(0, named=True), {tuple(r[:3]): r[3] for r in found[1].iter_rows()} if everything else None)
