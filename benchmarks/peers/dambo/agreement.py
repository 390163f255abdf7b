"""Agreement by Dambo's own analyzer and check, from codes: `agreement.py FILE.npy COEFFICIENT`; as peers/agreement/run.py."""

import json
import sys
import time
from decimal import Decimal

import numpy as np
import pyarrow as pa

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.kernel import Declaration, Rule, Target

codes, coefficient = np.load(sys.argv[1]), sys.argv[2]
raters = ["r0", "r1"] if coefficient == "cohen-kappa" else [f"r{i}" for i in range(len(codes))]
labels = pa.array([f"label {i}" for i in range(int(codes.max()) + 1)])
columns = {
    name: pa.DictionaryArray.from_arrays(pa.array(row, mask=row < 0), labels)
    for name, row in zip([f"r{i}" for i in range(len(codes))], codes, strict=True)
}
params = {"raters": raters, "level": "nominal", "coefficient": coefficient}
declaration = Declaration(
    Rule("o.agreement", "agreement"),
    "o",
    {n: Col(n, "string") for n in columns},
    params,
    Target(">=", (Decimal("0.1"),)),
)
check = CATALOGUE["label-agreement"].build(declaration)
table = pa.table(columns)
start = time.process_time()
plan = engine.plan([check], {"o": tuple(columns)})
batches = (("o", Batch("f", batch)) for batch in table.to_batches(max_chunksize=65_536))
result = engine.judge([check], engine.observe(plan, batches))[0]
spent = time.process_time() - start
assert result.outcome is not None
start = time.process_time()
counting = engine.Plan({"o": check.analyzers()[:1]})
engine.observe(counting, (("o", Batch("f", batch)) for batch in table.to_batches(max_chunksize=65_536)))
counted = time.process_time() - start
print(
    json.dumps(
        {
            "counted_s": counted,
            "value": float(result.outcome.metric.value or 0),
            "cpu_s": spent,
            "items": codes.shape[1],
        }
    )
)
