"""A column that comes as codes into a dictionary tallies exactly as one that comes as values."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from checks import engine
from checks.analyzers.disagreements import Disagreements
from checks.analyzers.value_counts import ValueCounts
from checks.analyzers.where import Where
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col, View
from checks.kernel import Declaration, Rule

COLUMNS = {name: Col(name, kind) for name, kind in (("s", "string"), ("d", "date"), ("n", "integer"), ("f", "any"))}
RULES = {
    "type": {}, "required": {}, "null-values": {}, "missing-values": {"missingValues": ["", "a"]}, "unique": {},
    "enum": {"values": ["a", "", "1"]}, "invalid-values": {"validValues": ["a"], "pattern": "^a"},
    "duplicate-values": {},
}  # fmt: skip
TEXTS = {
    "min-length": {"value": 1},
    "max-length": {"value": 1},
    "pattern": {"value": "^[ab]$"},
    "format": {"value": "uuid"},
}
cell = st.sampled_from([None, "", "a", "b", "가", "1", "2026-01-01", "2026-02-30"])
rows = st.lists(st.tuples(cell, cell, cell, cell), max_size=40)


def checks():
    for name, params in RULES.items():
        for column in COLUMNS:
            yield CATALOGUE[name].build(Declaration(Rule(f"{column}.{name}", name), "o", COLUMNS, params, None, column))
    for name, params in TEXTS.items():
        for column in ("s", "f"):
            yield CATALOGUE[name].build(Declaration(Rule(f"{column}.{name}", name), "o", COLUMNS, params, None, column))


def table(records, *, coded: bool, lexical: bool) -> Batch:
    arrays = {name: pa.array([r[i] for r in records], pa.string()) for i, name in enumerate(COLUMNS)}
    if coded:
        arrays = {name: array.dictionary_encode() for name, array in arrays.items()}
    return Batch("f", pa.record_batch(arrays), lexical=lexical)


@given(rows, st.booleans())
def test_codes_and_values_give_the_same_states(records, lexical):
    extra = [
        ValueCounts("o", COLUMNS["d"], (COLUMNS["s"],), Where(((COLUMNS["f"], (None, "a")),))),
        Disagreements("o", (COLUMNS["s"], COLUMNS["f"]), ("",)),
    ]
    made = engine.plan(checks(), {"o": tuple(COLUMNS)})
    plan = engine.Plan({**made.objects, "o": (*made.objects["o"], *extra)})
    plain, coded = (engine.observe(plan, [("o", table(records, coded=c, lexical=lexical))]) for c in (False, True))
    assert not any(isinstance(state, engine.Broken) for state in plain.values())
    assert engine.dump(plain) == engine.dump(coded)


@given(st.lists(st.tuples(rows, st.booleans(), st.integers(1, 2)), max_size=4))
def test_batches_that_follow_one_another_give_the_same_states(batches):
    """The same dictionary again, another one, or the same one of a format with types: what was known is used, or not."""
    plan = engine.plan(checks(), {"o": tuple(COLUMNS)})
    items = [(records, lexical) for records, lexical, times in batches for _ in range(times)]
    plain, coded = (
        engine.observe(plan, [("o", table(records, coded=c, lexical=lexical)) for records, lexical in items])
        for c in (False, True)
    )
    assert engine.dump(plain) == engine.dump(coded)


@given(rows)
def test_disagreements_are_the_naive_ones(records):
    raters = (COLUMNS["s"], COLUMNS["f"])
    found = Disagreements("o", raters, ("", "a")).observe(View(table(records, coded=True, lexical=True)))
    votes = [[v for v in (r[0], r[3]) if v not in {None, "", "a"}] for r in records]
    apart = [i for i, v in enumerate(votes) if len(set(v)) > 1]
    assert [r for _, a, b in found.failures().ranges for r in range(a, b + 1)] == apart
    assert [e.value for e in found.failures().examples] == [
        ":".join(str(n) for n in sorted(Counter(votes[i]).values(), reverse=True)) for i in apart[:20]
    ]
