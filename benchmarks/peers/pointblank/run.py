"""The validation part in pointblank on Polars, without extracts of failing rows."""

import sys
from pathlib import Path

import pointblank as pb
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

data = pl.read_parquet(Path(sys.argv[1]) / "*.parquet")
required = ["id", "text", "split", "a", "b", "c"]
kinds = {"id": "Int64", "text": "String", "score": "Float64", **dict.fromkeys(("split", "a", "b", "c"), "String")}
steps = (
    pb.Validate(data)
    .col_schema_match(pb.Schema(columns=list(kinds.items())))
    .col_vals_not_null(required)
    .rows_distinct(columns_subset="id")
    .col_vals_between("score", 0, 1, na_pass=True)
    .col_vals_regex("text", PATTERN)
    .col_vals_expr(pl.col("text").str.len_chars() >= 1)
    .col_vals_in_set("split", list(SPLITS))
    .col_vals_in_set(["a", "b", "c"], list(LABELS))
    .interrogate(collect_extracts=False)
)
failed = steps.n_failed()
order = ["schema", *["nulls"] * 6, "duplicates", "range", "pattern", "length", "set", *["labels"] * 3]
counts: dict[str, int] = {}
for name, n in zip(order, failed.values(), strict=True):
    counts[name] = counts.get(name, 0) + n
assert counts.pop("schema") == 0
counts["duplicates"] //= 2  # it counts every record of a repeated key; the planted ones are pairs
say(counts, None)
