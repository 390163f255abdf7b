"""Keys beyond the first of each, by Dambo's analyzer in bounded memory: `unique.py FILE.parquet KIND SCRATCH`."""

import sys
import tempfile
from pathlib import Path

from batches import batches

from checks import engine
from checks.analyzers.keyset import Keys
from checks.columns import Col

analyzer = Keys("o", (Col("key", "integer" if sys.argv[2] == "integer" else "string"),))
plan = engine.Plan({"o": (analyzer,)})
with tempfile.TemporaryDirectory(dir=sys.argv[3]) as scratch:
    tally = engine.Tally(plan, Path(scratch))
    for batch in batches(sys.argv[1]):
        tally.add("o", batch)
    print(tally.states()[analyzer].surplus().count)
