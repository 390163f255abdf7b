"""Expectations over keys are exact however small the memory they may use: all answers with spilled keys are the naive ones."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import engine
from checks.analyzers.keyruns import Spilled
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.expectations.check import check_id
from checks.kernel import Check, CheckResult, Declaration, Rule

COLUMNS = {"s": Col("s", "string"), "i": Col("i", "integer"), "f": Col("f", "number")}
TYPES = {"s": pa.string(), "i": pa.int64(), "f": pa.float64()}
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "s": st.sampled_from(["가", "나", "", "가 ", None]),
            "i": st.one_of(st.none(), st.integers(0, 9)),
            "f": st.sampled_from([0.0, -0.0, 0.5, None]),
        }
    ),
    min_size=1,
    max_size=60,
)
Record = dict[str, Any]


def built(name: str, **kwargs: Any) -> Check:
    params = {"type": name, "kwargs": kwargs, "sources": {}}
    return CATALOGUE[check_id(name)].build(Declaration(Rule("r.x", "x"), "r", COLUMNS, params))


def judged(check: Check, records: list[Record], scratch: Path) -> CheckResult:
    """In batches of seven records, three files; every state is spilled after every batch."""
    plan = engine.plan([check], {"r": tuple(COLUMNS)})
    batches = []
    for start in range(0, len(records), 7):
        some = records[start : start + 7]
        table = pa.record_batch({name: pa.array([r[name] for r in some], kind) for name, kind in TYPES.items()})
        batches.append(("r", Batch(f"f{start // 7 % 3}", table, first_row=start)))
    states = engine.observe(plan, batches, scratch)
    return engine.judge([check], engine.merge([states], plan, scratch))[0]


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    spilled = []
    write = Spilled.write
    monkeypatch.setattr(engine, "HELD", -1)
    monkeypatch.setattr(Spilled, "write", lambda run, folder: (spilled.append(1), write(run, folder))[1])
    return spilled


def plain(value: object) -> object:
    return 0.0 if value == 0 and isinstance(value, float) else value


def members(records: list[Record], columns: list[str], ignore: str) -> tuple[list[int], int]:
    """Rows whose key stands elsewhere too, and how many records are looked at."""
    keys: dict[int, tuple[object, ...]] = {}
    for row, record in enumerate(records):
        key = tuple(plain(record[c]) for c in columns)
        lacking = [part is None for part in key]
        if not (all(lacking) if ignore == "all" else any(lacking) if ignore == "any" else False):
            keys[row] = key
    counts = Counter(keys.values())
    return [row for row, key in keys.items() if counts[key] > 1], len(keys)


BOUNDED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
IGNORE = {"all": "all_values_are_missing", "any": "any_value_is_missing", "never": "never"}


@pytest.mark.parametrize("ignore", sorted(IGNORE))
@given(records=RECORDS)
@BOUNDED
def test_compound_keys(ignore: str, records: list[Record], tmp_path: Path, nothing_held: list[int]) -> None:
    check = built("expect_compound_columns_to_be_unique", column_list=["s", "i", "f"], ignore_row_if=IGNORE[ignore])
    result = judged(check, records, tmp_path)
    rows, looked = members(records, ["s", "i", "f"], ignore)
    if not looked:
        return
    assert result.outcome is not None
    failures = result.outcome.failures
    found = sorted(row for _, first, last in failures.ranges for row in range(first, last + 1))
    assert (failures.count, found) == (len(rows), rows)
    assert nothing_held


@pytest.mark.parametrize("column", sorted(COLUMNS))
@given(records=RECORDS)
@BOUNDED
def test_single_keys(column: str, records: list[Record], tmp_path: Path) -> None:
    result = judged(built("expect_column_values_to_be_unique", column=column), records, tmp_path)
    rows, looked = members(records, [column], "any")
    if not looked:
        return
    assert result.outcome is not None
    assert result.outcome.failures.count == len(rows)
    assert result.verdict == ("FAIL" if rows else "PASS")


@pytest.mark.parametrize("column", sorted(COLUMNS))
@given(records=RECORDS)
@BOUNDED
def test_how_many_are_distinct(column: str, records: list[Record], tmp_path: Path) -> None:
    values = [plain(r[column]) for r in records if r[column] is not None]
    if not values:
        return
    count = judged(
        built("expect_column_unique_value_count_to_be_between", column=column, min_value=1), records, tmp_path
    )
    share = judged(
        built("expect_column_proportion_of_unique_values_to_be_between", column=column, max_value=Decimal(1)),
        records,
        tmp_path,
    )
    assert count.outcome is not None
    assert share.outcome is not None
    assert count.outcome.metric.value == len(set(values))
    assert share.outcome.metric.value == Fraction(len(set(values)), len(values))
