"""Laws of marginal tables: derived at the end of a pass, they are what observing them would have been."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from checks import engine
from checks.analyzers.contingency import Contingency
from checks.analyzers.marginals import marginals
from checks.analyzers.value_counts import ValueCounts
from checks.analyzers.where import Where
from checks.batch import Batch
from checks.columns import Col

A, B, C, D = (Col(name, "any" if name == "c" else "string") for name in "abcd")
ONLY_X = Where(((D, ("x",)),))
ANALYZERS = (
    Contingency("o", (A, B, C)),
    Contingency("o", (C, A)),
    Contingency("o", (B, A)),
    ValueCounts("o", A),
    ValueCounts("o", C, by=(B,)),
    Contingency("o", (A, D)),
    ValueCounts("o", A, where=ONLY_X),
    Contingency("o", (A, B), where=ONLY_X),
)
TEXT = st.sampled_from(["x", "y", "", None])
BATCH = st.tuples(
    st.sampled_from(["whole", "lacking", "bytes"]),
    st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), max_size=8),
    st.booleans(),
)


def batch(kind: str, records: list[tuple[str | None, ...]], coded: bool) -> Batch:
    """`lacking`: without the column c. `bytes`: c holds what can be no label, so that whatever reads it breaks."""
    columns = [pa.array([r[i] for r in records], pa.string()) for i in range(4)]
    if kind == "bytes":
        columns[2] = columns[2].cast(pa.binary())
    arrays = dict(
        zip("abcd", [c.dictionary_encode() if coded and kind != "bytes" else c for c in columns], strict=True)
    )
    if kind == "lacking":
        del arrays["c"]
    return Batch("f", pa.record_batch(arrays))


def test_which_follow_from_which():
    found = marginals(ANALYZERS)
    assert {a: m.source for a, m in found.items()} == {
        **dict.fromkeys([ANALYZERS[1], ANALYZERS[2], ANALYZERS[4]], ANALYZERS[0]),
        ANALYZERS[3]: ANALYZERS[5],  # the one of fewest columns
        ANALYZERS[6]: ANALYZERS[7],
    }


@given(st.lists(BATCH, max_size=5))
def test_what_is_derived_is_what_would_have_been_observed(batches):
    items = [("o", batch(*given)) for given in batches]
    together = engine.observe(engine.Plan({"o": ANALYZERS}), items)
    for analyzer in ANALYZERS:
        alone = engine.observe(engine.Plan({"o": (analyzer,)}), items)[analyzer]
        if isinstance(alone, engine.Broken):
            assert isinstance(together[analyzer], engine.Broken)
        else:
            assert together[analyzer].to_bytes() == alone.to_bytes()
            assert type(together[analyzer]) is type(alone)
