"""The same by Polars, streaming: `foreign.py REFERENCES.parquet KEYS.parquet SCRATCH`."""

import sys

import polars as pl

lost = pl.scan_parquet(sys.argv[1]).join(pl.scan_parquet(sys.argv[2]), on="key", how="anti")
print(lost.select(pl.len()).collect(engine="streaming").item())
