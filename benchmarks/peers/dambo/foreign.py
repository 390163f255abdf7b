"""References that are no key, by Dambo's analyzers in bounded memory: `foreign.py REFERENCES.parquet KEYS.parquet SCRATCH`."""

import sys
import tempfile
from pathlib import Path

from batches import batches

from checks import engine
from checks.analyzers.keyset import Keys
from checks.columns import Col

col = Col("key", "integer")
own, known = Keys("references", (col,), places=False), Keys("keys", (col,))
plan = engine.Plan({"references": (own,), "keys": (known,)})
with tempfile.TemporaryDirectory(dir=sys.argv[3]) as scratch:
    tally = engine.Tally(plan, Path(scratch))
    for name, path in zip(("references", "keys"), sys.argv[1:3], strict=True):
        for batch in batches(path, name):
            tally.add(name, batch)
    states = tally.states()
    print(states[own].absent_from(states[known]).count)
