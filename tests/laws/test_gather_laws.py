"""Laws of gathered records: however they came together, spilled or not, the same records stand in the same partitions."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.analyzers.gather import Gather, Gathered, groups
from checks.batch import Batch, joined
from checks.columns import Col, View

BY, OVER = Col("item_id", "string"), (Col("label", "string"), Col("x", "number"), Col("points", "array"))
GATHER = Gather("annotations", BY, OVER)
POINTS = pa.list_(pa.list_(pa.float64()))

record = st.tuples(
    st.sampled_from(["a", "b", "가나", "", None]),
    st.sampled_from(["p", "q", None]),
    st.sampled_from([0.5, -1.0, None]),
    st.sampled_from([[[1.0, 2.0]], [], None]),
)


def batch(records, file: str) -> Batch:
    columns = [[r[i] for r in records] for i in range(4)]
    table = pa.record_batch(
        {
            "item_id": pa.array(columns[0], pa.string()),
            "label": pa.array(columns[1], pa.string()),
            "x": pa.array(columns[2], pa.float64()),
            "points": pa.array(columns[3], POINTS),
        }
    )
    return Batch(file, table, pointers=pa.array([f"/{i}" for i in range(len(records))], pa.string()))


def observed(one: Batch) -> Gathered:
    return GATHER.observe(View(one))


def rows(state: Gathered) -> list[tuple]:
    return sorted(
        (tuple(str(v) for v in row.values()) for (table,) in state.partitions() for row in table.to_pylist()),
    )


@given(st.lists(st.lists(record, max_size=8), min_size=1, max_size=4), st.data())
@settings(max_examples=120, deadline=None)
def test_any_order_grouping_and_spilling_gives_the_same_bytes(tmp_path_factory, files, data):
    folder = tmp_path_factory.mktemp("scratch")
    batches = [batch(records, f"{n}가.json") for n, records in enumerate(files)]
    whole = GATHER.zero()
    for one in batches:
        whole = whole.merge(observed(one))
    mixed = GATHER.zero()
    for one in data.draw(st.permutations(batches)):
        state = observed(one)
        state = state.spilled(folder) if data.draw(st.booleans()) else state
        mixed = state.merge(mixed) if data.draw(st.booleans()) else mixed.merge(state)
        mixed = mixed.spilled(folder) if data.draw(st.booleans()) else mixed
    assert mixed.to_bytes() == whole.to_bytes() == observed(joined(batches)).to_bytes()
    assert Gathered.restore(mixed.to_bytes(), None, folder).to_bytes() == whole.to_bytes()
    given_ = [r for records in files for r in records]
    assert mixed.rows == sum(r[0] is not None for r in given_)
    assert mixed.keyless == sum(r[0] is None for r in given_)
    expected = sorted(
        (str(r[0]), str(r[1]), str(r[2]), str(r[3]), f"{n}가.json", str(i), f"/{i}")
        for n, records in enumerate(files)
        for i, r in enumerate(records)
        if r[0] is not None
    )
    assert rows(mixed) == expected


@given(st.lists(record, max_size=30), st.lists(record, max_size=30))
@settings(max_examples=60, deadline=None)
def test_records_of_one_key_meet_in_one_partition_of_all_states(left, right):
    first, second = observed(batch(left, "l")), observed(batch(right, "r"))
    seen: set[str] = set()
    for tables in first.partitions(second):
        keys = set()
        for table in tables:
            if table is None:
                continue
            found = [key for key, _, _ in groups(table, "item_id")]
            assert len(found) == len(set(found))
            assert found == sorted(found)
            keys |= set(found)
            for key, start, stop in groups(table, "item_id"):
                assert set(table.column("item_id")[start:stop].to_pylist()) == {key}
        assert not keys & seen
        seen |= keys
    assert seen == {r[0] for r in [*left, *right] if r[0] is not None}


def test_chunks_are_stored_apart_and_come_back_one_by_one(tmp_path):
    kept: dict[str, bytes] = {}

    def put(chunk: bytes) -> str:
        kept[str(len(kept))] = chunk
        return str(len(kept) - 1)

    state = observed(batch([(f"i{n}", "p", 1.0, None) for n in range(500)], "f.json"))
    data = state.store(put)
    assert 32 < len(kept) <= 64
    assert len(data) < 1000
    back = Gathered.restore(data, kept.__getitem__, tmp_path)
    assert back.held == 0
    assert back.to_bytes() == state.to_bytes()
