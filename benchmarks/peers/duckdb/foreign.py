"""The same by DuckDB with 1 GB of memory: `foreign.py REFERENCES.parquet KEYS.parquet SCRATCH`."""

import sys

import duckdb

db = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": sys.argv[3]})
query = f"select count(*) from read_parquet('{sys.argv[1]}') anti join read_parquet('{sys.argv[2]}') using (key)"
print(int(db.execute(query).fetchone()[0]))
