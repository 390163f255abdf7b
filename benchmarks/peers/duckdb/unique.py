"""The same count by DuckDB with 1 GB of memory: `unique.py FILE.parquet KIND SCRATCH`."""

import sys

import duckdb

db = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": sys.argv[3]})
query = f"select sum(n - 1) from (select count(*) n from read_parquet('{sys.argv[1]}') group by key)"
print(int(db.execute(query).fetchone()[0]))
