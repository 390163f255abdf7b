"""Keys beyond the first of each, by Dambo's analyzer in bounded memory: `unique.py FILE.parquet KIND SCRATCH`."""

import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from checks import engine
from checks.analyzers.keyset import Keys
from checks.batch import Batch
from checks.columns import Col

analyzer = Keys("o", (Col("key", "integer" if sys.argv[2] == "integer" else "string"),))
plan = engine.Plan({"o": (analyzer,)})
with tempfile.TemporaryDirectory(dir=sys.argv[3]) as scratch:
    row, tally = 0, engine.Tally(plan, Path(scratch))
    for batch in pq.ParquetFile(sys.argv[1]).iter_batches(65_536, use_threads=False):
        tally.add("o", Batch("f", batch, first_row=row))
        row += batch.num_rows
    print(tally.states()[analyzer].surplus().count)
