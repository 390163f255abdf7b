"""Agreement by Dambo's own states from codes: `agreement.py FILE.npy COEFFICIENT`; prints as peers/agreement/run.py."""

import json
import sys
import time

import numpy as np
import pyarrow as pa

from checks.agreement.statistic import Method, Rated, measure
from checks.agreement.units import from_patterns
from checks.analyzers.cells import Cells
from checks.analyzers.labels import Codes
from checks.analyzers.vocabulary import Vocabulary

codes, method = np.load(sys.argv[1]), Method(sys.argv[2])
if method.coefficient == "cohen-kappa":
    codes = codes[:2]
labels = Vocabulary(pa.array([f"label {i}" for i in range(int(codes.max()) + 1)], pa.large_string()))
raters = tuple(f"r{i}" for i in range(len(codes)))


def value(some: np.ndarray) -> float:
    state = Cells.of([Codes(row, labels, nulls=True) for row in some])
    found = measure(Rated.of(from_patterns(state, raters, by=False, missing=frozenset()), method), method)
    return float(found.value or 0)


value(codes[:, :1000])
best = float("inf")
for _ in range(3):
    start = time.process_time()
    kappa = value(codes)
    best = min(best, time.process_time() - start)
print(json.dumps({"value": kappa, "cpu_s": best, "items": codes.shape[1]}))
