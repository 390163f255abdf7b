"""Attempts, documents and decisions on SQLite: begun once, numbered without gaps, written once, append-only."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import create_engine, exc, text

from include.errors import DeliveryError, VerificationError
from include.registry import Attempt, Registry, open_registry
from include.settings import Settings

NOW = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)
A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'registry.db'}"


@pytest.fixture
def registry(url: str) -> Registry:
    return open_registry(Settings(registry=url))


def begin(registry: Registry, run: str = "run-1", delivery: str = "D-1", voucher: str = "V-1") -> Attempt:
    return registry.begin_attempt(run_id=run, voucher=voucher, delivery=delivery, operator="kim", reason="", now=NOW)


def refusal(call: object, *args: object, **named: object) -> str:
    with pytest.raises(VerificationError) as caught:
        call(*args, **named)  # type: ignore[operator]
    return caught.value.code


def test_begin_is_idempotent_on_the_run(registry: Registry) -> None:
    first = begin(registry)
    again = registry.begin_attempt(
        run_id="run-1", voucher="V-1", delivery="D-1", operator="lee", reason="other", now=NOW + timedelta(1)
    )
    assert again == first
    assert registry.attempts("V-1", "D-1") == (first,)
    assert registry.attempt_of_run("run-1") == first
    assert registry.attempt_of_run("run-2") is None


def test_numbers_count_per_delivery(registry: Registry) -> None:
    numbers = [begin(registry, f"r{i}", delivery).number for i, delivery in enumerate(["D-1", "D-2", "D-1", "D-1"])]
    assert numbers == [1, 1, 2, 3]
    assert begin(registry, "other", voucher="V-2").number == 1


def test_a_run_belongs_to_one_delivery(registry: Registry) -> None:
    begin(registry)
    assert refusal(begin, registry, "run-1", "D-2") == "run-reused"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "a\nb", "\ud800", "가" * 86])
def test_names_that_are_no_path_segment_are_refused(registry: Registry, name: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        begin(registry, "run-1", name)
    assert caught.value.code == "bad-name"
    assert not registry.known_deliveries()


def test_free_text_that_no_database_keeps_is_kept_as_replacement(registry: Registry) -> None:
    attempt = registry.begin_attempt(
        run_id="run", voucher="V", delivery="D", operator="k\0m", reason="\ud800 이유", now=NOW
    )
    assert (attempt.operator, attempt.reason) == ("k\ufffdm", "\ufffd 이유")
    assert registry.attempt(attempt.id) == attempt


def test_times_come_back_to_the_microsecond_in_utc(registry: Registry) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=9)))
    attempt = registry.begin_attempt(run_id="r", voucher="V", delivery="D", operator="", reason="", now=local)
    read = registry.attempt(attempt.id).began_at
    assert read == NOW
    assert read.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_a_callers_mistake(registry: Registry) -> None:
    with pytest.raises(ValueError, match="zone"):
        registry.begin_attempt(
            run_id="r", voucher="V", delivery="D", operator="", reason="", now=NOW.replace(tzinfo=None)
        )


FACTS = {
    "milestone": ("interim", "balance"),
    "phase": ("final", "remedy-1"),
    "delivered_at": (NOW, NOW + timedelta(microseconds=1)),
    "manifest_sha256": (A, B),
    "contract_sha256": (A, B),
    "programme_sha256": (A, B),
    "rules_sha256": (A, B),
    "shard_plan": ('[["a", 0]]', "[]"),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_written_once(registry: Registry, name: str) -> None:
    first, other = FACTS[name]
    attempt = begin(registry)
    noted = registry.note(attempt.id, **{name: first})
    assert getattr(noted, name) == first
    assert registry.note(attempt.id, **{name: first}) == noted
    assert refusal(registry.note, attempt.id, **{name: other}) == "fact-changed"
    assert registry.attempt(attempt.id) == noted


def test_a_refused_note_writes_nothing(registry: Registry) -> None:
    attempt = registry.note(begin(registry).id, milestone="interim")
    assert refusal(registry.note, attempt.id, manifest_sha256=A, milestone="balance") == "fact-changed"
    assert registry.attempt(attempt.id) == attempt


def test_a_problem_may_change_and_go_until_the_seal(registry: Registry) -> None:
    attempt = begin(registry)
    assert registry.note(attempt.id, problem=("contract-missing", "no contract")).problem == (
        "contract-missing",
        "no contract",
    )
    assert registry.note(attempt.id, phase="final").problem == ("contract-missing", "no contract")
    assert registry.note(attempt.id, problem=None).problem is None
    registry.seal(attempt.id, "ERROR", A, NOW)
    assert registry.note(attempt.id, problem=None).sealed
    assert refusal(registry.note, attempt.id, problem=("late", "x")) == "attempt-sealed"


def test_a_seal_is_set_once(registry: Registry) -> None:
    attempt = registry.note(begin(registry).id, milestone="interim")
    sealed = registry.seal(attempt.id, "PASS", A, NOW)
    assert (sealed.verdict, sealed.report_sha256, sealed.sealed_at) == ("PASS", A, NOW)
    assert registry.seal(attempt.id, "PASS", A, NOW + timedelta(1)) == sealed
    assert refusal(registry.seal, attempt.id, "FAIL", A, NOW) == "fact-changed"
    assert refusal(registry.seal, attempt.id, "PASS", B, NOW) == "fact-changed"
    assert registry.note(attempt.id, milestone="interim") == sealed
    assert refusal(registry.note, attempt.id, manifest_sha256=A) == "attempt-sealed"


def test_digests_are_lowercase_hex(registry: Registry) -> None:
    attempt = begin(registry)
    for bad in ("A" * 64, "a" * 63, "", "sha256:" + A):
        if bad:
            with pytest.raises(ValueError, match="sha256"):
                registry.note(attempt.id, manifest_sha256=bad)
        with pytest.raises(ValueError, match="sha256"):
            registry.seal(attempt.id, "PASS", bad, NOW)


def test_unknown_attempts_are_refused_everywhere(registry: Registry) -> None:
    assert refusal(registry.attempt, "x") == "unknown-attempt"
    assert refusal(registry.note, "x", phase="final") == "unknown-attempt"
    assert refusal(registry.seal, "x", "PASS", A, NOW) == "unknown-attempt"
    assert refusal(registry.add_document, "x", "report", A, B, "k", NOW) == "unknown-attempt"
    assert refusal(registry.add_decision, "x", "HOLD", [], A, NOW) == "unknown-attempt"
    assert registry.documents("x") == ()
    assert registry.latest_decision("x") is None


def test_a_document_is_added_once_and_keeps_its_first_envelope(registry: Registry) -> None:
    attempt = begin(registry)
    first = registry.add_document(attempt.id, "report", A, B, "evidence/1", NOW)
    assert registry.add_document(attempt.id, "report", A, C, "evidence/2", NOW + timedelta(1)) == first
    second = registry.add_document(attempt.id, "report-json", A, None, "reports/1", NOW)
    assert registry.documents(attempt.id) == (first, second)
    assert registry.documents(attempt.id, "report-json") == (second,)


def test_a_decision_repeated_is_one_and_the_last_one_stands(registry: Registry) -> None:
    attempt = begin(registry)
    hold = registry.add_decision(attempt.id, "HOLD", ["late", "advisory"], A, NOW)
    assert registry.add_decision(attempt.id, "HOLD", ("late", "advisory"), A, NOW + timedelta(1)) == hold
    free = registry.add_decision(attempt.id, "RELEASE", [], B, NOW)
    back = registry.add_decision(attempt.id, "HOLD", ["late", "advisory"], A, NOW)
    assert [d.number for d in (hold, free, back)] == [1, 2, 3]
    assert registry.decisions(attempt.id) == (hold, free, back)
    assert registry.latest_decision(attempt.id) == back


def test_attempts_of_a_milestone_come_in_the_order_they_began(registry: Registry) -> None:
    made = [begin(registry, f"r{i}", f"D-{i % 2}") for i in range(4)]
    noted = [registry.note(a.id, milestone="interim") for a in made if a.id != made[1].id]
    assert registry.attempts_of("V-1", "interim") == tuple(noted)
    assert registry.attempts_of("V-2", "interim") == ()


def test_pick_up_sees_each_delivery_once(registry: Registry) -> None:
    for i, (voucher, delivery) in enumerate([("V-1", "D-1"), ("V-1", "D-1"), ("V-2", "D-1")]):
        begin(registry, f"r{i}", delivery, voucher)
    assert registry.known_deliveries() == {("V-1", "D-1"), ("V-2", "D-1")}
    assert registry.known_deliveries("V-2") == {("V-2", "D-1")}
    assert registry.has_attempt("V-1", "D-1")
    assert not registry.has_attempt("V-1", "D-2")


def test_errors_survive_a_process_boundary(registry: Registry) -> None:
    with pytest.raises(VerificationError) as caught:
        registry.attempt("x")
    assert pickle.loads(pickle.dumps(caught.value)).code == "unknown-attempt"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM attempts",
        "UPDATE attempts SET voucher = 'V-9'",
        "UPDATE attempts SET number = 9",
        "UPDATE attempts SET milestone = 'other'",
        "UPDATE attempts SET milestone = NULL",
        "DELETE FROM documents",
        "UPDATE documents SET storage_key = 'x'",
        "DELETE FROM decisions",
        "UPDATE decisions SET decision = 'RELEASE'",
    ],
)
def test_the_database_itself_keeps_what_was_written(registry: Registry, url: str, statement: str) -> None:
    attempt = registry.note(begin(registry).id, milestone="interim")
    registry.add_document(attempt.id, "report", A, B, "k", NOW)
    registry.add_decision(attempt.id, "HOLD", [], A, NOW)
    engine = create_engine(url)
    with pytest.raises(exc.IntegrityError, match="what is written stays"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_the_database_itself_keeps_a_sealed_attempt(registry: Registry, url: str) -> None:
    registry.seal(begin(registry).id, "FAIL", A, NOW)
    engine = create_engine(url)
    with pytest.raises(exc.IntegrityError, match="what is written stays"), engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET verdict = 'PASS'"))
    engine.dispose()


def test_threads_that_begin_at_once_get_numbers_without_gaps(registry: Registry) -> None:
    with ThreadPoolExecutor(16) as pool:
        numbers = sorted(pool.map(lambda i: begin(registry, f"r{i}").number, range(64)))
    assert numbers == list(range(1, 65))


def test_threads_of_one_run_get_one_attempt(registry: Registry) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: begin(registry).id, range(32)))) == 1


def _begin_many(url: str, worker: int) -> list[int]:
    with open_registry(Settings(registry=url)) as registry:
        return [begin(registry, f"{worker}-{i}").number for i in range(8)]


def test_processes_that_open_and_begin_at_once_get_numbers_without_gaps(url: str) -> None:
    with get_context("spawn").Pool(4) as pool:
        numbers = pool.starmap(_begin_many, [(url, worker) for worker in range(4)])
    assert sorted(n for part in numbers for n in part) == list(range(1, 33))


def test_threads_that_note_at_once_agree_on_one_value(registry: Registry) -> None:
    attempt = begin(registry)

    def note(i: int) -> str:
        try:
            return registry.note(attempt.id, manifest_sha256=f"{i:064x}").manifest_sha256 or ""
        except VerificationError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(note, range(16)))
    assert answers.count("fact-changed") == 15
    assert registry.attempt(attempt.id).manifest_sha256 in answers
