"""Loading vouchers: all rows or none, every problem told with its line, and nothing that money was claimed on changes."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from include.cli import app
from include.errors import ContractError
from include.registry import Claim, LoadReport, Registry, open_registry
from include.registry.voucher_csv import read_csv
from include.registry.voucher_rules import COLUMNS, VouchersError
from include.settings import Settings, settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(Settings(home=tmp_path))


def row(**changes: object) -> dict[str, str]:
    values: dict[str, object] = {
        "voucher": "V-1",
        "programme": "ai-data-processing-voucher",
        "demand_firm": "수요 (주)",
        "supplier": "공급, 주식회사",
        "region": "전북",
        "sector": "농림수산",
        "milestone": "balance",
        "sequence": 2,
        "amount_krw": 30_000_000,
        "due_on": "2026-12-10",
        "contract_id": "1-014-046-NL",
        "contract_version": "1.0.0",
        "contract_sha256": A,
    }
    return {name: str(value) for name, value in (values | changes).items()}


INTERIM = {"milestone": "interim", "sequence": 1, "amount_krw": 20_000_000, "due_on": "2026-06-30"}


def problems(registry: Registry, *rows: dict[str, str]) -> set[tuple[int, str]]:
    with pytest.raises(VouchersError) as caught:
        registry.load_vouchers(rows)
    assert all(p.message and p.ko for p in caught.value.problems)
    return {(p.line, p.column) for p in caught.value.problems}


def release(registry: Registry, milestone: str = "interim") -> None:
    attempt = registry.begin_attempt(run_id=milestone, voucher="V-1", delivery="D-1", operator="", reason="", now=NOW)
    registry.note(attempt.id, milestone=milestone)
    registry.claim_release(attempt.id, approve=lambda _: Claim(A, B), now=NOW)


def test_what_is_loaded_is_read_back(registry: Registry) -> None:
    assert registry.load_vouchers([row(), row(**INTERIM)]) == LoadReport(2, 0, 0)
    first, second = registry.milestones("V-1")
    assert (first.milestone, second.milestone) == ("interim", "balance")
    assert registry.milestone("V-1", "balance") == second
    assert second.due_on == date(2026, 12, 10)
    assert (second.supplier, second.amount_krw, second.contract_sha256) == ("공급, 주식회사", 30_000_000, A)
    assert second.releasing_phases == ("final", "remedy-*")
    assert second.delay_accepted_until is None
    assert registry.milestone("V-1", "other") is None
    assert registry.milestones("V-2") == ()


def test_loading_again_changes_what_differs(registry: Registry) -> None:
    registry.load_vouchers([row(), row(**INTERIM)])
    assert registry.load_vouchers([row(), row(**INTERIM)]) == LoadReport(0, 0, 2)
    assert registry.load_vouchers([row(amount_krw=5), row(**INTERIM)]) == LoadReport(0, 1, 1)
    assert [m.amount_krw for m in registry.milestones("V-1")] == [20_000_000, 5]


def test_two_milestones_may_swap_places(registry: Registry) -> None:
    same_day = {"due_on": "2026-06-30"}
    registry.load_vouchers([row(**same_day), row(**INTERIM)])
    assert registry.load_vouchers([row(**same_day, sequence=1), row(**INTERIM | {"sequence": 2})]).changed == 2
    assert [m.milestone for m in registry.milestones("V-1")] == ["balance", "interim"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("voucher", ""),
        ("voucher", "a/b"),
        ("voucher", ".."),
        ("voucher", "-V"),
        ("voucher", "가" * 12),
        ("milestone", "balance\u202e"),
        ("milestone", "=cmd"),
        ("supplier", ""),
        ("supplier", "a\nb"),
        ("region", "a\x1bb"),
        ("sequence", "0"),
        ("sequence", "1.0"),
        ("sequence", "1001"),
        ("amount_krw", "0"),
        ("amount_krw", "-5"),
        ("amount_krw", "5,000"),
        ("amount_krw", "5e6"),
        ("amount_krw", "٣"),
        ("amount_krw", "9" * 16),
        ("due_on", "2026-02-30"),
        ("due_on", "20260630"),
        ("due_on", "2026-W10-1"),
        ("due_on", "30.06.2026"),
        ("contract_sha256", "a" * 63),
        ("contract_sha256", "g" * 64),
    ],
)
def test_a_bad_value_is_refused(registry: Registry, column: str, value: str) -> None:
    assert problems(registry, row(), row(**INTERIM | {column: value})) == {(2, column)}
    assert registry.milestones("V-1") == ()


def test_region_and_sector_may_be_empty(registry: Registry) -> None:
    registry.load_vouchers([row(region="", sector="")])
    assert registry.milestones("V-1")[0].region == ""


def test_rows_of_one_voucher_must_agree(registry: Registry) -> None:
    assert problems(registry, row(), row(**INTERIM, supplier="다른 회사")) == {(2, "supplier")}
    assert problems(registry, row(), row(**INTERIM, programme="ai-x")) == {(2, "programme")}
    assert problems(registry, row(), row()) == {(2, "milestone"), (2, "sequence")}
    assert problems(registry, row(), row(**INTERIM | {"sequence": 2})) == {(2, "sequence")}
    assert problems(registry, row(), row(**INTERIM | {"due_on": "2027-01-01"})) == {(2, "due_on")}
    assert registry.vouchers() == ()


def test_rows_must_agree_with_what_is_loaded_already(registry: Registry) -> None:
    registry.load_vouchers([row()])
    assert problems(registry, row(**INTERIM, supplier="다른 회사")) == {(1, "supplier")}
    assert problems(registry, row(**INTERIM | {"sequence": 2})) == {(1, "sequence")}
    assert problems(registry, row(**INTERIM | {"due_on": "2027-01-01"})) == {(1, "due_on")}
    assert registry.load_vouchers([row(**INTERIM)]) == LoadReport(1, 0, 0)
    assert registry.load_vouchers([row(supplier="새 회사"), row(**INTERIM, supplier="새 회사")]).changed == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount_krw", 1), ("contract_sha256", B), ("contract_version", "2"), ("due_on", "2026-07-01"), ("sequence", 3)],
)
def test_a_released_milestone_never_changes(registry: Registry, column: str, value: object) -> None:
    registry.load_vouchers([row(sequence=9), row(**INTERIM)])
    release(registry)
    assert (2, column) in problems(registry, row(sequence=9), row(**INTERIM | {column: value}))
    assert registry.load_vouchers([row(sequence=9, amount_krw=31), row(**INTERIM)]) == LoadReport(0, 1, 1)


def test_the_firms_of_a_paid_voucher_never_change(registry: Registry) -> None:
    registry.load_vouchers([row(), row(**INTERIM)])
    release(registry)
    changed = {"supplier": "다른 회사"}
    assert problems(registry, row(**changed), row(**INTERIM, **changed)) == {(1, "supplier"), (2, "supplier")}


def test_every_problem_is_told_and_survives_pickling(registry: Registry) -> None:
    with pytest.raises(VouchersError) as caught:
        registry.load_vouchers([row(amount_krw="x", due_on="y"), row(voucher="V-2"), row(**INTERIM, supplier="")])
    again = pickle.loads(pickle.dumps(caught.value))
    assert [(p.line, p.column) for p in again.problems] == [(1, "amount_krw"), (1, "due_on"), (3, "supplier")]
    assert again.code == "vouchers-refused"


def test_names_are_kept_composed(registry: Registry) -> None:
    registry.load_vouchers([row(milestone="잔금", supplier="강")])
    assert registry.milestones("V-1")[0].milestone == "잔금"
    assert registry.milestones("V-1")[0].supplier == "강"


def test_a_delay_needs_a_later_date_and_a_note(registry: Registry) -> None:
    registry.load_vouchers([row(**INTERIM)])
    changed = registry.accept_delay("V-1", "interim", date(2026, 7, 15), " 공문 12호 ")
    assert (changed.delay_accepted_until, changed.delay_note) == (date(2026, 7, 15), "공문 12호")
    for args, code in [
        (("V-1", "other", date(2026, 7, 15), "x"), "unknown-milestone"),
        (("V-1", "interim", date(2026, 6, 30), "x"), "no-delay"),
        (("V-1", "interim", date(2026, 7, 15), " "), "no-delay"),
    ]:
        with pytest.raises(ContractError) as caught:
            registry.accept_delay(*args)
        assert caught.value.code == code
    release(registry)
    with pytest.raises(ContractError) as caught:
        registry.accept_delay("V-1", "interim", date(2026, 8, 1), "x")
    assert caught.value.code == "milestone-released"


@pytest.mark.parametrize(
    ("phase", "allowed"),
    [("final", True), ("remedy-1", True), ("remedy-12", True), ("self", False), ("preliminary", False), (None, False)]
    + [(p, False) for p in ("remedy-", "remedy-0", "remedy-x", "remedy-*", "finally", "xfinal", "")],
)
def test_phases_that_may_release(registry: Registry, phase: str | None, allowed: bool) -> None:
    registry.load_vouchers([row()])
    assert registry.milestones("V-1")[0].may_release(phase) is allowed


# --- the CSV ----------------------------------------------------------------------------------------------------------


def csv_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    lines = [",".join(columns), *(",".join('"' + r[c].replace('"', '""') + '"' for c in columns) for r in rows)]
    return "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_csv_is_read_as_people_save_it(encoding: str, newline: str) -> None:
    text = csv_of(row(), row(**INTERIM)).replace("\r\n", newline)
    rows, lines = read_csv(text.encode(encoding))
    assert rows == [row(), row(**INTERIM)]
    assert lines == [2, 3]


def test_columns_may_stand_in_any_order_and_empty_lines_are_skipped() -> None:
    text = csv_of(row(), columns=tuple(reversed(COLUMNS))) + "\r\n" + "," * 12 + "\r\n"
    assert read_csv(text.encode()) == ([row()], [2])


def csv_problems(data: bytes) -> list[tuple[int, str]]:
    with pytest.raises(VouchersError) as caught:
        read_csv(data)
    return [(p.line, p.message) for p in caught.value.problems]


def test_all_problems_of_a_csv_are_told_with_their_lines() -> None:
    text = (
        csv_of(row(amount_krw="x")) + "too,few\r\n" + csv_of(row(**INTERIM, region='two\nlines"')).partition("\r\n")[2]
    )
    text += csv_of(row(voucher="V-3", due_on="soon")).partition("\r\n")[2]
    assert [line for line, _ in csv_problems(text.encode())] == [2, 3, 4, 6]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "is missing"),
        (csv_of().encode(), "no row"),
        (csv_of(row()).encode("utf-16"), "UTF-16"),
        (b"voucher\n\xff\xff", "CP949"),
        (csv_of(row()).replace(",", ";").encode(), "commas"),
        (csv_of(row()).replace("sector", "sektor").encode(), "sector is missing"),
        (csv_of(row()).replace("sector", "region", 1).encode(), "stands twice"),
        (csv_of(row()).replace("\r\n", ",extra\r\n", 1).encode(), "unknown column"),
        ((csv_of(row()) + '"open').encode(), "not CSV"),
        (csv_of(row(region="x" * 200_000)).encode(), "not CSV"),
    ],
)
def test_a_csv_that_is_none_is_refused_clearly(data: bytes, word: str) -> None:
    assert any(word in message for _, message in csv_problems(data))


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_told_problems(data: bytes) -> None:
    with pytest.raises(VouchersError):
        read_csv(data)


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def dambo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path))
    monkeypatch.setenv("DAMBO_LANG", "en")
    settings.cache_clear()

    def run(*args: str) -> Result:
        return CliRunner().invoke(app, list(args))

    yield run
    settings.cache_clear()


def test_load_list_and_show(dambo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "v.csv"
    file.write_bytes(csv_of(row(), row(**INTERIM)).encode("cp949"))
    loaded = dambo("voucher", "load", str(file), "--json")
    assert loaded.exit_code == 0
    assert json.loads(loaded.stdout) == {"added": 2, "changed": 0, "unchanged": 0}
    assert "2 added" in loaded.stderr
    listed = json.loads(dambo("voucher", "list", "--json").stdout)
    assert [(v["voucher"], v["milestones"], v["amount_krw"]) for v in listed] == [("V-1", 2, 50_000_000)]
    shown = json.loads(dambo("voucher", "show", "V-1", "--json").stdout)
    assert [m["milestone"] for m in shown] == ["interim", "balance"]
    assert "KRW 50,000,000" in dambo("voucher", "list", "--search", "v-").stdout
    assert dambo("voucher", "list", "--search", "W").stdout == ""
    assert "2. balance  KRW 30,000,000  due 2026-12-10" in dambo("voucher", "show", "V-1").stdout


def test_a_refused_file_tells_each_problem_and_exits_2(dambo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "v.csv"
    file.write_text(csv_of(row(amount_krw="x"), row(**INTERIM, supplier="other")))
    refused = dambo("voucher", "load", str(file), "--json")
    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[:1] == [
        "line 2: amount_krw must be a positive whole number, without separators or unit"
    ]
    assert json.loads(refused.stdout)["problems"][0]["ko"].startswith("amount_krw")
    assert dambo("voucher", "list", "--json").stdout.strip() == "[]"


def test_a_delay_is_accepted_by_a_verb(dambo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "v.csv"
    file.write_text(csv_of(row()))
    dambo("voucher", "load", str(file))
    answer = dambo(
        "voucher", "accept-delay", "V-1", "balance", "--until", "2026-12-24", "--note", "letter 12", "--json"
    )
    assert json.loads(answer.stdout)["delay_accepted_until"] == "2026-12-24"
    assert "due 2026-12-10 → 2026-12-24" in dambo("voucher", "show", "V-1").stdout


@pytest.mark.parametrize("verb", [("voucher", "show"), ("gate", "status")])
def test_an_unknown_voucher_is_an_error(dambo, verb: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    error = dambo(*verb, "V-9").exception
    assert isinstance(error, ContractError)
    assert error.code == "unknown-voucher"
