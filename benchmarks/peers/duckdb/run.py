"""Suite T written by hand in DuckDB's SQL, with 1 GB of memory."""

import hashlib
import sys
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

folder, everything = Path(sys.argv[1]), sys.argv[2] == "all"
if everything:
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as raw:
            hashlib.file_digest(raw, "sha256")
db = duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "preserve_insertion_order": False})
db.execute(f"create view t as select * from read_parquet('{folder}/*.parquet')")
kinds = [row[1] for row in db.execute("describe t").fetchall()]
assert kinds == ["BIGINT", "VARCHAR", "DOUBLE", *["VARCHAR"] * 4], kinds
required = ("id", "text", "split", "a", "b", "c")
query = f"""select {" + ".join(f"count(*) - count({c})" for c in required)} as nulls,
  count(*) filter (score < 0 or score > 1) as range,
  count(*) filter (not regexp_matches(text, '{PATTERN}')) as pattern,
  count(*) filter (length(text) < 1) as length,
  count(*) filter (split not in {SPLITS}) as set,
  {" + ".join(f"count(*) filter ({c} not in {LABELS})" for c in "abc")} as labels from t"""
names = ("nulls", "range", "pattern", "length", "set", "labels")
sums = dict(zip(names, db.execute(query).fetchone(), strict=True))
sums["duplicates"] = db.execute(
    "select sum(n - 1) from (select count(*) n from t where id is not null group by id)"
).fetchone()[0]
rows = db.execute("select a, b, c, count(*) from t group by all").fetchall() if everything else []
say(sums, {tuple(r[:3]): r[3] for r in rows} or None)
