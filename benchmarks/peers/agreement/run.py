"""Agreement by the reference libraries: `run.py FILE.npy COEFFICIENT`; codes int32 [raters, items], -1 for no rating.

Prints the value and the CPU seconds of the computation alone, loading and imports apart.
"""

import json
import sys
import time

import numpy as np

codes, coefficient = np.load(sys.argv[1]), sys.argv[2]
if coefficient == "cohen-kappa":
    from sklearn.metrics import cohen_kappa_score

    start = time.process_time()
    value = cohen_kappa_score(codes[0], codes[1])
elif coefficient == "fleiss-kappa":
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    start = time.process_time()
    value = fleiss_kappa(aggregate_raters(codes.T)[0])
else:
    import krippendorff

    ratings = np.where(codes < 0, np.nan, codes)
    start = time.process_time()
    value = krippendorff.alpha(reliability_data=ratings, level_of_measurement="nominal")
print(json.dumps({"value": float(value), "cpu_s": time.process_time() - start, "items": codes.shape[1]}))
