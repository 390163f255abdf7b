"""The same count by Polars, streaming: `unique.py FILE.parquet KIND SCRATCH`."""

import sys

import polars as pl

found = pl.scan_parquet(sys.argv[1]).select(pl.len() - pl.col("key").n_unique()).collect(engine="streaming")
print(found.item())
