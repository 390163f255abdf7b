"""The validation part in Great Expectations on pandas, result format BASIC, no data docs, no analytics."""

import logging
import os
import sys
from pathlib import Path

os.environ["GX_ANALYTICS_ENABLED"] = "false"
import great_expectations as gx
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))
from answers import LABELS, PATTERN, SPLITS, say

logging.disable(logging.WARNING)
data = pd.read_parquet(sys.argv[1])
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = gx.data_context.types.base.ProgressBarsConfig(globally=False)
batch = (
    context.data_sources.add_pandas("p")
    .add_dataframe_asset("t")
    .add_batch_definition_whole_dataframe("b")
    .get_batch({"dataframe": data})
)
E = gx.expectations
rules = [("nulls", E.ExpectColumnValuesToNotBeNull(column=c)) for c in ("id", "text", "split", "a", "b", "c")]
rules += [
    ("duplicates", E.ExpectColumnValuesToBeUnique(column="id")),
    ("range", E.ExpectColumnValuesToBeBetween(column="score", min_value=0, max_value=1)),
    ("pattern", E.ExpectColumnValuesToMatchRegex(column="text", regex=PATTERN)),
    ("length", E.ExpectColumnValueLengthsToBeBetween(column="text", min_value=1)),
    ("set", E.ExpectColumnValuesToBeInSet(column="split", value_set=list(SPLITS))),
]
rules += [("labels", E.ExpectColumnValuesToBeInSet(column=c, value_set=list(LABELS))) for c in "abc"]
suite = gx.ExpectationSuite("s", expectations=[rule for _, rule in rules])
results = batch.validate(suite, result_format="BASIC").results
names = {rule.configuration.to_json_dict()["type"] + str(rule.column): name for name, rule in rules}
counts = dict.fromkeys((name for name, _ in rules), 0)
for result in results:
    config = result.expectation_config
    counts[names[config.type + str(config.kwargs["column"])]] += result.result["unexpected_count"]
counts["duplicates"] //= 2  # it counts every record of a repeated key; the planted ones are pairs
say(counts, None)
