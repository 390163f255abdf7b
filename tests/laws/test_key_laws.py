"""Laws of keys: any split, order, spilling and storing gives the same set and bytes; counts as a plain reading has them."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from unittest import mock

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.analyzers import keyblock, keyhash, keyruns, keyset
from checks.analyzers.failing import FAILURE_ROWS, Failing
from checks.analyzers.keyset import Keys, KeySet
from checks.batch import Batch
from checks.columns import Col, View

TEXT, WHOLE, REAL, FREE = Col("t", "string"), Col("n", "integer"), Col("x", "number"), Col("f")
ANALYZERS = [Keys("o", (TEXT,)), Keys("o", (WHOLE,)), Keys("o", (REAL,)), Keys("o", (FREE,)), Keys("o", (TEXT, WHOLE)),
             Keys("o", (TEXT,), places=False)]  # fmt: skip
SCHEMA = pa.schema([("t", pa.string()), ("n", pa.decimal128(38, 0)), ("x", pa.float64()), ("f", pa.string())])
texts = st.sampled_from([None, "", "a", "b", "가", "1,1", "," * 9, "k" * 300, "k" * 299 + "j", "sha256:"])
record = st.fixed_dictionaries(
    {
        "t": texts,
        "n": st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([2**63 - 1, -(2**63), 2**63, 10**37])).map(
            lambda v: None if v is None else Decimal(v)
        ),
        "x": st.sampled_from([None, 0.0, -0.0, 1.5, 1e300]),
        "f": texts,
    }
)
placed = st.lists(st.tuples(st.sampled_from(["a.csv", "b.csv", "나.csv"]), record), max_size=24)


def observe(analyzer, rows):
    """`rows`: (file, row, record), each observed alone, so that integers come as int64 and as decimals."""
    state = analyzer.zero()
    for file, row, values in rows:
        table = pa.RecordBatch.from_pylist([values], SCHEMA)
        if values["n"] is not None and abs(values["n"]) < 2**63:
            table = table.set_column(1, "n", pa.array([int(values["n"])], pa.int64()))
        state = state.merge(analyzer.observe(View(Batch(file, table, first_row=row))))
    return state


def numbered(rows):
    seen: Counter[str] = Counter()
    for file, values in rows:
        yield file, seen[file], values
        seen[file] += 1


def naive(analyzer, rows):
    """(number of keys, surplus places) by a dictionary of first places."""
    by_key: dict[tuple, list] = {}
    for file, row, values in rows:
        key = tuple(values[col.name] for col in analyzer.parts)
        if None not in key:
            by_key.setdefault(key, []).append((file.encode(), row))
    return sum(map(len, by_key.values())), sorted(p for places in by_key.values() for p in sorted(places)[1:])


@contextmanager
def hashing(colliding):
    """`colliding`: two hashes for everything, so that nothing but the true keys can tell keys apart."""
    real = keyhash.hash_bytes
    few = lambda column: np.array(real(column) % np.uint64(2), dtype=np.uint64)  # noqa: E731
    with mock.patch.object(keyset, "hash_bytes", few if colliding else real):
        yield


apart_or_not = pytest.mark.parametrize("colliding", [False, True], ids=["apart", "all-hashes-collide"])


@apart_or_not
@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda a: a.key)
@given(rows=placed, data=st.data())
def test_any_split_order_and_spilling_is_the_whole(colliding, tmp_path_factory, analyzer, rows, data):
    rows = list(numbered(rows))
    with hashing(colliding):
        split_and_spill(tmp_path_factory.mktemp("scratch"), analyzer, rows, data)


def split_and_spill(folder, analyzer, rows, data):
    whole = observe(analyzer, rows)
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    parts = [observe(analyzer, shuffled[:cut]), observe(analyzer, shuffled[cut:])]
    chunks: dict[str, bytes] = {}

    def put(chunk: bytes) -> str:
        name = str(len(chunks))
        chunks[name] = chunk
        return name

    with mock.patch.object(keyset, "CHUNK_KEYS", 3), mock.patch.object(keyruns, "RANGE_KEYS", 2):
        expected = whole.to_bytes()
        stored = [KeySet.restore(part.spilled(folder).store(put), chunks.__getitem__, folder) for part in parts]
        assert stored[0].merge(stored[1]).to_bytes() == expected
        assert stored[1].merge(parts[0].spilled(folder)).to_bytes() == expected
        assert KeySet.from_bytes(expected).to_bytes() == expected
        assert stored[0].merge(stored[1]).surplus() == whole.surplus()


@apart_or_not
@pytest.mark.parametrize("analyzer", ANALYZERS, ids=lambda a: a.key)
@given(rows=placed)
def test_surplus_is_the_naive_one(colliding, analyzer, rows):
    rows = list(numbered(rows))
    tested, surplus = naive(analyzer, rows)
    with hashing(colliding):
        found = observe(analyzer, rows).surplus()
    assert (found.tested, found.count) == (tested, len(surplus))
    listed = [(f, r) for f, first, last in found.failures().ranges for r in range(first, last + 1)]
    assert listed == ([(f.decode(), r) for f, r in surplus] if analyzer.places else [])


@apart_or_not
@given(child=placed, parent=placed)
def test_absent_keys_are_the_naive_ones(colliding, tmp_path_factory, child, parent):
    a, b = list(numbered(child)), list(numbered(parent))
    analyzer = Keys("o", (TEXT,), places=False)
    known = {values["t"] for _, _, values in b}
    lost = [(f, r, v["t"]) for f, r, v in a if v["t"] is not None and v["t"] not in known]
    with hashing(colliding), mock.patch.object(keyruns, "RANGE_KEYS", 2):
        mine, theirs = observe(analyzer, a), observe(ANALYZERS[0], b).spilled(tmp_path_factory.mktemp("scratch"))
        found = mine.absent_from(theirs)
    assert (found.count, found.tested) == (len(lost), sum(v["t"] is not None for _, _, v in a))
    firsts = {}
    for f, r, t in sorted(lost, key=lambda x: (x[0].encode(), x[1])):
        firsts.setdefault(t, (f, r))
    listed = [(f, r) for f, first, last in found.failures().ranges for r in range(first, last + 1)]
    assert listed == sorted(firsts.values(), key=lambda p: (p[0].encode(), p[1]))
    assert found.failures().complete == (len(firsts) == len(lost))


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_hashes_depend_on_the_value_alone_and_not_on_its_neighbours(values):
    column = pa.array(values, pa.large_binary())
    together = keyhash.hash_bytes(column)
    alone = [int(keyhash.hash_bytes(column.slice(i, 1))[0]) for i in range(len(values))]
    assert together.tolist() == alone
    assert len({*alone}) == len({*values})


def test_hashes_are_these_for_ever():
    """Stored states hold them: a change here makes every stored state unreadable."""
    column = pa.array([b"", b"a", b"abcdefgh", b"abcdefghi"], pa.large_binary())
    assert keyhash.hash_bytes(column).tolist() == [
        16294208416658607535, 6774081908283191102, 9245128965073422038, 14690935847201975099,
    ]  # fmt: skip
    assert keyhash.hash_fixed(pa.array([0, 1, -1])).tolist() == [2**63, 2**63 + 1, 2**63 - 1]
    assert keyhash.hash_fixed(pa.array([0.0, 1.5, -1.5])).tolist() == [
        2**63,
        0xBFF8 << 48,
        0x4007 << 48 | (1 << 48) - 1,
    ]


@given(st.lists(st.floats(allow_nan=False), max_size=20), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_values_of_fixed_width_keep_their_order(reals, wholes):
    for values, kind in ((sorted({*reals}), pa.float64()), (sorted({*wholes}), pa.int64())):
        hashes = keyhash.hash_fixed(pa.array(values, kind)).tolist()
        assert hashes == sorted({*hashes})


RUNS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12), st.integers(1, 3)), min_size=1, max_size=6)


@given(runs=RUNS, spilled=st.lists(st.booleans(), min_size=6, max_size=6), data=st.data())
def test_keys_that_ascend_here_and_there_are_counted_as_naively(tmp_path_factory, runs, spilled, data):
    """Batches of ascending keys, apart or overlapping, now and then with a key out of order or twice."""
    folder, state, row, seen, surplus = tmp_path_factory.mktemp("scratch"), Keys("o", (WHOLE,)).zero(), 0, set(), []
    with mock.patch.object(keyruns, "RANGE_KEYS", 4):
        for (first, count, step), out in zip(runs, spilled, strict=False):
            keys = list(range(first, first + count * step, step))
            if data.draw(st.booleans()):
                keys[data.draw(st.integers(0, count - 1))] = data.draw(st.integers(0, 60))
            batch = Batch("f", pa.record_batch({"n": pa.array(keys)}), first_row=row)
            state = state.merge(Keys("o", (WHOLE,)).observe(View(batch)))
            state = state.spilled(folder) if out else state
            surplus += [row + i for i, key in enumerate(keys) if key in seen or key in keys[:i]]
            seen, row = seen | {*keys}, row + count
        found = state.surplus()
        assert (found.tested, found.count) == (row, len(surplus))
        assert [r for _, a, b in found.failures().ranges for r in range(a, b + 1)] == surplus
        assert KeySet.from_bytes(state.to_bytes()) == state


def test_many_keys_in_any_order_are_condensed_alike(tmp_path):
    rng = np.random.default_rng(5)
    keys = np.concatenate([np.arange(3000), rng.permutation(9000), np.arange(8990, 9100)])
    batches = [
        Batch("f", pa.record_batch({"n": pa.array(keys[start : start + 1000])}), first_row=start)
        for start in range(0, len(keys), 1000)
    ]
    whole, first = Keys("o", (WHOLE,)).zero(), dict[int, int]()
    for batch in batches:
        whole = whole.merge(Keys("o", (WHOLE,)).observe(View(batch)))
    parts = [Keys("o", (WHOLE,)).observe(View(batch)).spilled(tmp_path) for batch in batches]
    with mock.patch.object(keyruns, "RANGE_KEYS", 1024):
        spilled = Keys("o", (WHOLE,)).zero()
        for part in parts:
            spilled = spilled.merge(part)
        assert spilled == whole
        found = spilled.surplus()
    surplus = [i for i, key in enumerate(keys.tolist()) if first.setdefault(key, i) != i]
    assert found == whole.surplus()
    assert [r for _, a, b in found.failures().ranges for r in range(a, b + 1)] == surplus


def test_bytes_that_do_not_fit_together_are_refused():
    good = observe(ANALYZERS[0], [("a", 0, {"t": "x", "n": None, "x": None, "f": None})])
    stored = msgspec.msgpack.decode(good.to_bytes(), type=keyset.Stored)
    packed = msgspec.msgpack.decode(stored.chunks[0], type=keyblock.Packed)
    for change in ({"rows": b""}, {"lengths": bytes(8)}, {"files": (9).to_bytes(4, "little")}):
        chunk = msgspec.msgpack.encode(msgspec.structs.replace(packed, **change)) if "files" in change else (
            msgspec.msgpack.encode({**msgspec.to_builtins(packed, builtin_types=(bytes,)), **change})
        )  # fmt: skip
        bad = msgspec.msgpack.encode(msgspec.structs.replace(stored, chunks=(chunk,)))
        with pytest.raises((ValueError, msgspec.ValidationError)):
            KeySet.from_bytes(bad)
    with pytest.raises(ValueError, match="elsewhere"):
        KeySet.from_bytes(good.store(lambda _: "c"))


def test_spilled_keys_leave_memory(tmp_path: Path):
    table = pa.record_batch({"n": pa.array(range(10_000))})
    state = Keys("o", (WHOLE,)).observe(View(Batch("f", table)))
    spilled = state.spilled(tmp_path)
    assert state.held == 160_000  # hashes and rows
    assert spilled.held == 0
    assert spilled == state
    assert spilled.surplus() == Failing(10_000)


def test_records_only_counted_merge_beyond_what_is_listed() -> None:
    many = Failing(FAILURE_ROWS, FAILURE_ROWS)
    assert many.merge(many) == Failing(2 * FAILURE_ROWS, 2 * FAILURE_ROWS)
    placed = Failing.of("f", np.array([3]), 1, [])
    assert many.merge(placed).files == placed.merge(many).files == placed.files
