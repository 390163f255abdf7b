"""Agreement by the reference libraries: `run.py FILE.npy COEFFICIENT`; codes [raters, items], -1 for no rating.

Prints the value and the CPU seconds of the computation alone, the best of three; loading and imports apart.
"""

import json
import sys
import time

import numpy as np
from libraries import BEST

codes, value_of = np.load(sys.argv[1]), BEST[sys.argv[2]]
value_of(codes[:, :1000])
best = float("inf")
for _ in range(3):
    start = time.process_time()
    value = value_of(codes)
    best = min(best, time.process_time() - start)
print(json.dumps({"value": float(value), "cpu_s": best, "items": codes.shape[1]}))
