"""Lists for pages and the gate's status verb: the latest attempt of each delivery, the newest first, what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from include.cli import app
from include.registry import Claim, Registry, open_registry
from include.settings import Settings, settings

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(Settings(home=tmp_path))


def row(milestone: str, sequence: int) -> dict[str, object]:
    return {
        "voucher": "V-1",
        "programme": "ai-data-processing-voucher",
        "demand_firm": "수요",
        "supplier": "공급",
        "region": "",
        "sector": "",
        "milestone": milestone,
        "sequence": sequence,
        "amount_krw": 5_000_000,
        "due_on": "2026-06-30",
        "contract_id": "1-014-046-NL",
        "contract_version": "1.0.0",
        "contract_sha256": A,
    }


def begin(registry: Registry, run: str, delivery: str = "D-1", voucher: str = "V-1") -> str:
    return registry.begin_attempt(run_id=run, voucher=voucher, delivery=delivery, operator="kim", reason="", now=NOW).id


def released(registry: Registry) -> str:
    registry.load_vouchers([row("interim", 1), row("balance", 2)])
    attempt = begin(registry, "first")
    registry.note(attempt, milestone="interim", phase="final", problem=("storage-unavailable", "x"))
    last = begin(registry, "second")
    registry.note(last, milestone="interim", phase="final")
    registry.seal(last, "PASS", A, NOW)
    registry.add_decision(last, "HOLD", ["late", "gate-advisory"], B, NOW)
    registry.add_decision(last, "RELEASE", [], C, NOW)
    registry.claim_release(last, approve=lambda _: Claim(C, B), now=NOW)
    return last


def test_a_row_tells_of_the_latest_attempt_and_its_standing_decision(registry: Registry) -> None:
    last = released(registry)
    (found,) = registry.deliveries()
    assert (found.voucher, found.delivery, found.milestone, found.phase) == ("V-1", "D-1", "interim", "final")
    assert (found.attempt_id, found.attempts, found.verdict, found.sealed_at) == (last, 2, "PASS", NOW)
    assert (found.decision, found.reasons, found.release_state) == ("RELEASE", (), "CLAIMED")
    assert found.problem_code is None


def test_a_pending_attempt_does_not_borrow_the_last_ones_verdict(registry: Registry) -> None:
    released(registry)
    third = begin(registry, "third")
    (found,) = registry.deliveries()
    assert (found.attempt_id, found.attempts, found.verdict) == (third, 3, None)
    assert (found.decision, found.reasons, found.decided_at, found.release_state) == (None, (), None, None)


def test_pages_are_the_newest_first_without_gap_or_repeat(registry: Registry) -> None:
    for n in range(7):
        begin(registry, f"r{n}", f"D-{n}")
    begin(registry, "again", "D-2")
    pages = [registry.deliveries(limit=3, offset=o) for o in (0, 3, 6, 9)]
    assert [[r.delivery for r in page] for page in pages] == [["D-2", "D-6", "D-5"], ["D-4", "D-3", "D-1"], ["D-0"], []]
    assert registry.count_deliveries() == 7


def test_search_takes_its_words_literally(registry: Registry) -> None:
    begin(registry, "a", "D_1", "V-1")
    begin(registry, "b", "D%1", "W-2")
    registry.note(begin(registry, "c", "납품-1", "V-3"), milestone="balance")
    assert {
        search: len(registry.deliveries(search=search)) for search in ("_", "%", "v-", "납품", "BAL", "'", "D")
    } == {
        "_": 1,
        "%": 1,
        "v-": 2,
        "납품": 1,
        "BAL": 1,
        "'": 0,
        "D": 2,
    }
    assert registry.count_deliveries(search="v-") == 2


# --- dambo gate -------------------------------------------------------------------------------------------------------


@pytest.fixture
def dambo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DAMBO_HOME", str(tmp_path))
    monkeypatch.setenv("DAMBO_LANG", "ko")
    settings.cache_clear()

    def run(*args: str) -> Result:
        return CliRunner().invoke(app, list(args), catch_exceptions=False)

    yield run
    settings.cache_clear()


def test_status_shows_all_that_stands_between_a_voucher_and_its_payment(dambo, registry: Registry) -> None:  # type: ignore[no-untyped-def]
    last = released(registry)
    registry.note(begin(registry, "stray", "D-9"), milestone="bonus", problem=("contract-not-agreed", "x"))
    shown = json.loads(dambo("gate", "status", "V-1", "--json").stdout)
    assert [(m["milestone"], m["release"] and m["release"]["state"]) for m in shown["milestones"]] == [
        ("interim", "CLAIMED"),
        ("balance", None),
    ]
    assert [(a["number"], a["verdict"], len(a["decisions"])) for a in shown["attempts"]] == [
        (1, None, 0),
        (2, "PASS", 2),
        (1, None, 0),
    ]
    lines = dambo("gate", "status", "V-1").stdout.splitlines()
    assert lines[0].startswith("  1. interim  KRW 5,000,000  기한 2026-06-30")
    assert lines[1].startswith("     D-1 #1  final  …  storage-unavailable")
    assert lines[2] == f"     D-1 #2  final  적합  {last}"
    assert lines[3] == "       -> 지급보류: late, gate-advisory  2026-03-01 09:30Z"
    assert lines[5] == "     => interim: CLAIMED  KRW 5,000,000  D-1  공급"
    assert lines[6].startswith("  2. balance")
    assert lines[7] == "  등록되지 않은 마일스톤:"
    assert "contract-not-agreed" in lines[8]


def test_settle_finishes_claims_and_answer_records_what_the_bank_says(
    dambo, registry: Registry, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    released(registry)
    settled = dambo("gate", "settle", "--json")
    assert settled.exit_code == 0
    assert [r["state"] for r in json.loads(settled.stdout)["submitted"]] == ["SUBMITTED"]
    file = tmp_path / "storage" / "settlement" / "V-1--interim.csv"
    assert "5000000" in file.read_text()
    file.unlink()
    lost = dambo("gate", "settle")
    assert lost.exit_code == 1
    assert "은행에 확인" in lost.stderr
    answered = dambo("gate", "answer", "V-1", "interim", "--confirmed", "--json")
    assert json.loads(answered.stdout)["state"] == "CONFIRMED"
    assert dambo("gate", "settle").exit_code == 0


def test_names_cannot_steer_a_terminal(dambo, registry: Registry) -> None:  # type: ignore[no-untyped-def]
    registry.load_vouchers([row("interim", 1)])
    begin(registry, "r", "D\u202e\u200b1")
    assert "\u202e" not in dambo("gate", "status", "V-1").stdout


@pytest.mark.parametrize("module", ["include.cli.voucher", "include.cli.gate", "include.registry"])
def test_importing_loads_no_database_library(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'sqlalchemy', 'alembic', 'psycopg2', 'cryptography'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
