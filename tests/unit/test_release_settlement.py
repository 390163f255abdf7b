"""The outbox's names and bytes: injective, deterministic, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.gate.settlement import COLUMNS, idempotency_key, settlement_csv, settlement_key
from include.registry import Release
from include.storage.keys import check_key

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12) | st.text(
    "-%/.A가", min_size=1
)


def made(**changes: object) -> Release:
    values = {
        "voucher": "V-1",
        "milestone": "balance",
        "delivery": "D-1",
        "attempt_id": "x",
        "supplier": '공급, "주" 회사',
        "amount_krw": 30_000_000,
        "decision_sha256": "a" * 64,
        "idempotency_key": "b" * 64,
        "state": "CLAIMED",
        "claimed_at": datetime(2026, 3, 1, 9, 0, 0, 5, tzinfo=UTC),
        "submitted_at": None,
        "settled_at": None,
    }
    return Release(**values | changes)


def cells(data: bytes) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
    return row


def test_the_bytes_are_these() -> None:
    assert settlement_csv(made()).decode() == (
        '"idempotency_key","voucher","milestone","delivery","supplier","amount_krw","decision_sha256","claimed_at"\r\n'
        f'"{"b" * 64}","V-1","balance","D-1","공급, ""주"" 회사","30000000","{"a" * 64}","2026-03-01T09:00:00.000005Z"\r\n'
    )


def test_the_bytes_do_not_depend_on_the_state() -> None:
    moved = made(state="CONFIRMED", submitted_at=datetime.now(UTC), settled_at=datetime.now(UTC))
    assert settlement_csv(moved) == settlement_csv(made())


@pytest.mark.parametrize(
    "planted",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", '=HYPERLINK("http://x")'],
)
@pytest.mark.parametrize("column", ["supplier", "delivery", "voucher"])
def test_a_planted_formula_stays_text(planted: str, column: str) -> None:
    assert cells(settlement_csv(made(**{column: planted})))[column] == "'" + planted


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_every_text_stays_in_its_field(text: str) -> None:
    row = cells(settlement_csv(made(supplier=text)))
    assert list(row) == list(COLUMNS)
    assert row["supplier"] in {text, "'" + text}
    assert row["amount_krw"] == "30000000"


@given(NAMES, NAMES, NAMES, NAMES)
def test_different_entitlements_share_neither_file_nor_key(a: str, b: str, c: str, d: str) -> None:
    same = (a, b) == (c, d)
    assert (settlement_key(a, b) == settlement_key(c, d)) == same
    assert (idempotency_key(a, b) == idempotency_key(c, d)) == same


@given(NAMES, NAMES)
def test_a_key_is_one_flat_segment_that_any_store_takes(a: str, b: str) -> None:
    key = settlement_key(a, b)
    assert check_key(key).count("/") == 1
    assert key.isascii()
    assert key.removeprefix("settlement/").removesuffix(".csv").count("--") == 1


def test_the_pairs_that_would_meet_without_care() -> None:
    pairs = [
        ("A--B", "C"),
        ("A", "B--C"),
        ("A-", "B"),
        ("A", "-B"),
        ("A---", "B"),
        ("A%2D", "B"),
        ("a/b", "C"),
        ("가", "나"),
    ]
    assert len({settlement_key(*pair) for pair in pairs}) == len(pairs)
    assert settlement_key("V-2026-000123", "balance") == "settlement/V-2026-000123--balance.csv"
