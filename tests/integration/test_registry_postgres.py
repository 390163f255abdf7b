"""The registry on a real PostgreSQL: the same promises as on SQLite, kept by another database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from services.postgres import Postgres
from sqlalchemy import create_engine, exc, inspect, make_url, text

from include.errors import RegistryError, VerificationError
from include.registry import Claim, Registry, migrate, open_registry
from include.registry.tables import Base
from include.registry.voucher_rules import VouchersError
from include.settings import Settings

pytestmark = pytest.mark.services

NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.create_database()


@pytest.fixture
def registry(url: str) -> Iterator[Registry]:
    with open_registry(Settings(registry=url)) as opened:
        yield opened


def row(milestone: str = "interim", sequence: int = 1, **changes: object) -> dict[str, object]:
    return {
        "voucher": "V-1",
        "programme": "ai-data-processing-voucher",
        "demand_firm": "수요 (주)",
        "supplier": "공급, 주식회사",
        "region": "전북",
        "sector": "",
        "milestone": milestone,
        "sequence": sequence,
        "amount_krw": 999_999_999_999_999,
        "due_on": "2026-06-30",
        "contract_id": "1-014-046-NL",
        "contract_version": "1.0.0",
        "contract_sha256": A,
    } | changes


def begin(registry: Registry, run: str, delivery: str = "D-1") -> str:
    attempt = registry.begin_attempt(
        run_id=run, voucher="V-1", delivery=delivery, operator="김", reason="재시도\0", now=NOW
    )
    return attempt.id


def test_models_and_migrations_agree(registry: Registry, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=migrate.OPTIONS)
        assert compare_metadata(context, Base.metadata) == []
        checks = {t: len(inspect(connection).get_check_constraints(t)) for t in Base.metadata.tables}
        triggers = set(connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")))
    engine.dispose()
    assert checks == {
        name: sum(type(c).__name__ == "CheckConstraint" for c in table.constraints)
        for name, table in Base.metadata.tables.items()
    }
    assert triggers == {
        *(
            f"{t}_refuse_{c}"
            for t in ("attempts", "documents", "decisions", "log_entries", "releases")
            for c in ("delete", "update")
        ),
        "releases_refuse_insert",
    }


def test_a_bare_url_uses_psycopg2_with_the_password_of_its_file(url: str, tmp_path: Path) -> None:
    target = make_url(url)
    assert target.password is not None
    (tmp_path / "password").write_text(f"{target.password}\n")
    bare = target.set(drivername="postgresql", password=None).render_as_string()
    with open_registry(Settings(registry=bare, registry_password_file=tmp_path / "password")) as opened:
        assert opened.known_deliveries() == frozenset()


def test_times_money_and_text_come_back_as_they_were(registry: Registry) -> None:
    registry.load_vouchers([row()])
    found = registry.milestone("V-1", "interim")
    assert found is not None
    assert (found.amount_krw, found.due_on, found.supplier) == (
        999_999_999_999_999,
        date(2026, 6, 30),
        "공급, 주식회사",
    )
    assert found.releasing_phases == ("final", "remedy-*")
    attempt_id = begin(registry, "r")
    local = NOW.astimezone(timezone(timedelta(hours=9)))
    attempt = registry.note(attempt_id, delivered_at=local, shard_plan="[1]", problem=("x", "문제"))
    again = registry.attempt(attempt_id)
    assert again == attempt
    assert (again.delivered_at, again.began_at.utcoffset(), again.reason) == (NOW, timedelta(0), "재시도\ufffd")
    assert registry.note(attempt_id, delivered_at=NOW) == again
    decision = registry.add_decision(attempt_id, "HOLD", ["late", "가"], A, NOW)
    assert registry.latest_decision(attempt_id) == decision
    assert registry.add_decision(attempt_id, "HOLD", ["late", "가"], A, NOW) == decision
    document = registry.add_document(attempt_id, "report", A, B, "k", NOW)
    assert registry.documents(attempt_id) == (document,)


def test_facts_are_written_once_and_seals_set_once(registry: Registry) -> None:
    attempt_id = begin(registry, "r")
    registry.note(attempt_id, manifest_sha256=A)
    with pytest.raises(VerificationError) as caught:
        registry.note(attempt_id, manifest_sha256=B)
    assert caught.value.code == "fact-changed"
    sealed = registry.seal(attempt_id, "PASS", A, NOW)
    assert registry.seal(attempt_id, "PASS", A, NOW + timedelta(1)) == sealed
    with pytest.raises(VerificationError):
        registry.seal(attempt_id, "FAIL", A, NOW)


def test_loads_are_whole_and_milestones_may_swap(registry: Registry) -> None:
    registry.load_vouchers([row(), row("balance", 2)])
    with pytest.raises(VouchersError):
        registry.load_vouchers([row(amount_krw=5), row("balance", 1)])
    assert registry.load_vouchers([row(sequence=2), row("balance", 1)]).changed == 2
    assert [m.milestone for m in registry.milestones("V-1")] == ["balance", "interim"]
    assert registry.vouchers(search="v-") == ("V-1",)
    assert registry.vouchers(search="V_") == ()


def test_pages_list_the_latest_attempt(registry: Registry) -> None:
    begin(registry, "r1")
    last = begin(registry, "r2")
    registry.add_decision(last, "HOLD", ["late"], A, NOW)
    (found,) = registry.deliveries(search="d-1")
    assert (found.attempt_id, found.attempts, found.decision, found.reasons) == (last, 2, "HOLD", ("late",))
    assert registry.count_deliveries() == 1
    assert registry.known_deliveries() == {("V-1", "D-1")}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM attempts",
        "UPDATE attempts SET number = 9",
        "UPDATE attempts SET verdict = 'PASS'",
        "DELETE FROM documents",
        "UPDATE documents SET storage_key = 'x'",
        "DELETE FROM decisions",
        "UPDATE decisions SET decision = 'RELEASE'",
        "DELETE FROM releases",
        "UPDATE releases SET amount_krw = 1, state = 'SUBMITTED'",
        "UPDATE releases SET state = 'CONFIRMED'",
    ],
)
def test_the_database_itself_keeps_what_was_written(registry: Registry, url: str, statement: str) -> None:
    registry.load_vouchers([row()])
    attempt_id = begin(registry, "r")
    registry.note(attempt_id, milestone="interim")
    registry.seal(attempt_id, "FAIL", A, NOW)
    registry.add_document(attempt_id, "report", A, B, "k", NOW)
    registry.add_decision(attempt_id, "HOLD", [], A, NOW)
    registry.claim_release(attempt_id, approve=lambda _: Claim(A, B), now=NOW)
    engine = create_engine(url)
    with pytest.raises(exc.IntegrityError, match="what is written stays"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_many_may_open_an_empty_database_at_once(url: str) -> None:
    def start(i: int) -> int:
        with open_registry(Settings(registry=url)) as opened:
            return opened.attempt(begin(opened, str(i))).number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(start, range(8))) == list(range(1, 9))


def _begin_many(url: str, worker: int) -> list[int]:
    with open_registry(Settings(registry=url)) as registry, ThreadPoolExecutor(8) as pool:
        return [registry.attempt(i).number for i in pool.map(lambda n: begin(registry, f"{worker}-{n}"), range(16))]


def test_processes_that_begin_at_once_get_numbers_without_gaps(url: str) -> None:
    with get_context("spawn").Pool(4) as pool:
        numbers = pool.starmap(_begin_many, [(url, worker) for worker in range(4)])
    assert sorted(n for part in numbers for n in part) == list(range(1, 65))


def grab(registry: Registry, attempt_id: str) -> str:
    claim = Claim(attempt_id.replace("-", "").ljust(64, "0"), attempt_id)
    try:
        return registry.claim_release(attempt_id, approve=lambda _: claim, now=NOW).attempt_id
    except VerificationError as error:
        return error.code


def _grab_in(url: str, attempts: list[str]) -> list[str]:
    with open_registry(Settings(registry=url)) as registry, ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(lambda attempt: grab(registry, attempt), attempts))


@pytest.mark.parametrize("processes", [1, 4])
def test_64_claims_have_one_winner(registry: Registry, url: str, processes: int) -> None:
    registry.load_vouchers([row()])
    attempts = [registry.note(begin(registry, f"r{n}", f"D-{n}"), milestone="interim").id for n in range(64)]
    parts = [(url, attempts[n::processes]) for n in range(processes)]
    if processes == 1:
        answers = _grab_in(*parts[0])
    else:
        with get_context("spawn").Pool(processes) as pool:
            answers = [answer for part in pool.starmap(_grab_in, parts) for answer in part]
    (winner,) = registry.releases()
    assert sorted(answers) == sorted([winner.attempt_id, *["already-released"] * 63])


def test_loads_and_attempts_of_many_vouchers_do_not_deadlock(registry: Registry) -> None:
    registry.load_vouchers([row(voucher=f"V-{n}") for n in range(4)])

    def work(i: int) -> int:
        if i % 4 == 0:
            return registry.load_vouchers([row(voucher=f"V-{n}", amount_krw=i + 1) for n in range(4)]).changed
        return registry.begin_attempt(
            run_id=str(i), voucher=f"V-{i % 4}", delivery="D", operator="", reason="", now=NOW
        ).number

    with ThreadPoolExecutor(16) as pool:
        assert len(list(pool.map(work, range(64)))) == 64
    assert [len(registry.attempts(f"V-{n}", "D")) for n in range(4)] == [0, 16, 16, 16]


def test_a_forked_child_gets_its_own_connections(registry: Registry) -> None:
    begin(registry, "parent")
    child = os.fork()
    if child == 0:
        numbers = [registry.attempt(begin(registry, f"child-{n}")).number for n in range(5)]
        os._exit(0 if len(set(numbers)) == 5 else 1)
    numbers = [registry.attempt(begin(registry, f"parent-{n}")).number for n in range(5)]
    assert os.waitpid(child, 0)[1] == 0
    assert len(set(numbers)) == 5
    assert len(registry.attempts("V-1", "D-1")) == 11


def test_a_lost_connection_is_unavailable_then_mended(registry: Registry, url: str) -> None:
    begin(registry, "r1")
    engine = create_engine(url)
    with engine.connect() as connection:
        killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(killed))
    engine.dispose()
    assert registry.attempt(begin(registry, "r2")).number == 2  # the pool looks before it hands out


def test_a_server_that_is_not_there_is_unavailable(postgres: Postgres) -> None:
    gone = make_url(postgres.url()).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(RegistryError) as caught:
        open_registry(Settings(registry=gone))
    assert caught.value.code == "registry-unavailable"
    assert postgres.password not in str(caught.value)
