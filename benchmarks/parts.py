"""Parts of a verification alone, against those who do the same: `python benchmarks/parts.py [agreement] [uniqueness]`.

ROWS (default 20,000,000) rows and keys; each part at half of them too, so that its growth shows.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import agreement
import uniqueness
from contenders import HERE, installed

RESULTS = HERE / "results"
PARTS = {"uniqueness": uniqueness.tables, "agreement": agreement.tables}


def main() -> None:
    rows = int(os.environ.get("ROWS", "20000000"))
    for name in sys.argv[1:] or PARTS:
        if name == "agreement" and not installed("agreement"):
            print("no environment of the reference libraries: make bench makes it")
            continue
        with tempfile.TemporaryDirectory(prefix="dambo-bench-") as work:
            text, data = PARTS[name](Path(work), rows)
        print(text)
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps({"rows": rows, **data}, indent=2) + "\n")
        (RESULTS / f"{name}.md").write_text(text)


if __name__ == "__main__":
    main()
