"""Suite T written by hand in pandas, on Arrow strings and with label columns as categories."""

import hashlib
import sys
from pathlib import Path

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

folder, everything = Path(sys.argv[1]), sys.argv[2] == "all"
if everything:
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as raw:
            hashlib.file_digest(raw, "sha256")
table = pq.read_table(folder, read_dictionary=["split", "a", "b", "c"])
assert [str(f.type) for f in table.schema][:3] == ["int64", "string", "double"]
data = table.to_pandas(split_blocks=True, self_destruct=True)
del table
sums = {
    "nulls": sum(data[c].isna().sum() for c in ("id", "text", "split", "a", "b", "c")),
    "duplicates": data["id"].duplicated().sum(),
    "range": ((data["score"] < 0) | (data["score"] > 1)).sum(),
    "pattern": (~data["text"].str.contains(PATTERN)).sum(),
    "length": (data["text"].str.len() < 1).sum(),
    "set": (~data["split"].isin(SPLITS)).sum(),
    "labels": sum((~data[c].isin(LABELS)).sum() for c in "abc"),
}
patterns = data.groupby(["a", "b", "c"], observed=True).size().to_dict() if everything else None
say(sums, patterns)
