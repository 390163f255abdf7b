"""`dambo gate`: what stands between a voucher and its payment, and the settlement outbox. It decides nothing itself."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.console import Json, korean, plain, result, say
from include.cli.voucher import Name, known_milestones, milestone_line
from include.registry import Attempt, DecisionRow, Release, open_registry
from include.settings import settings

if TYPE_CHECKING:
    from include.gate.settlement import Settlement

gate = typer.Typer(no_args_is_help=True, help="Decisions, releases and the settlement outbox.")

WORDS = {
    "RELEASE": "지급가능",
    "REJECT": "지급거절",
    "HOLD": "지급보류",
    "PASS": "적합",
    "FAIL": "부적합",
    "ERROR": "점검불가",
}


def register(app: typer.Typer) -> None:
    """Add the family."""
    app.add_typer(gate, name="gate")


@gate.command("status")
def status(voucher: Name, json: Json = False) -> None:
    """Show a voucher's milestones, attempts, decisions and releases. Example: dambo gate status V-2026-000123"""
    with open_registry(settings()) as registry:
        milestones = known_milestones(registry.milestones(voucher))
        attempts = registry.attempts(voucher)
        decisions = {attempt.id: registry.decisions(attempt.id) for attempt in attempts}
        releases = {release.milestone: release for release in registry.releases(voucher)}
    if json:
        result(
            {
                "voucher": voucher,
                "milestones": [
                    {**asdict(m), "release": asdict(releases[m.milestone]) if m.milestone in releases else None}
                    for m in milestones
                ],
                "attempts": [
                    {**asdict(attempt), "decisions": [asdict(d) for d in decisions[attempt.id]]} for attempt in attempts
                ],
            }
        )
        return
    names = [m.milestone for m in milestones]
    for milestone in milestones:
        print(plain(milestone_line(milestone)))
        for attempt in (a for a in attempts if a.milestone == milestone.milestone):
            _print_attempt(attempt, decisions[attempt.id])
        if milestone.milestone in releases:
            print(plain(f"     => {_release_line(releases[milestone.milestone])}"))
    strangers = [a for a in attempts if a.milestone not in names]
    if strangers:
        print("  등록되지 않은 마일스톤:" if korean() else "  for no known milestone:")
    for attempt in strangers:
        _print_attempt(attempt, decisions[attempt.id])


@gate.command("settle")
def settle(json: Json = False) -> None:
    """Finish claimed payments that a crash left without their file. Exit 1 if a file is gone. Example: dambo gate settle"""
    from include.gate.settlement import settle as finish
    from include.storage import open_storage

    with open_registry(settings()) as registry:
        found = finish(registry, open_storage(settings().storage_url(), settings()), datetime.now(UTC))
    if json:
        result(asdict(found))
    _say_settlement(found)
    if found.missing:
        raise typer.Exit(1)


@gate.command("answer")
def answer(
    voucher: Name,
    milestone: Annotated[str, typer.Argument(metavar="MILESTONE")],
    confirmed: Annotated[bool, typer.Option("--confirmed/--rejected", help="What the bank says of the payment.")],
    json: Json = False,
) -> None:
    """Record the bank's answer on a submitted payment, once. Example: dambo gate answer V-1 balance --confirmed"""
    with open_registry(settings()) as registry:
        moved = registry.move_release(voucher, milestone, "CONFIRMED" if confirmed else "REJECTED", datetime.now(UTC))
    if json:
        result(asdict(moved))
    say(_release_line(moved), _release_line(moved))


def _print_attempt(attempt: Attempt, decisions: tuple[DecisionRow, ...]) -> None:
    verdict = _word(attempt.verdict) if attempt.verdict else "…"
    problem = f"  {attempt.problem_code}" if attempt.problem_code else ""
    print(plain(f"     {attempt.delivery} #{attempt.number}  {attempt.phase or '-'}  {verdict}{problem}  {attempt.id}"))
    for decision in decisions:
        reasons = f": {', '.join(decision.reasons)}" if decision.reasons else ""
        print(plain(f"       -> {_word(decision.decision)}{reasons}  {decision.decided_at:%Y-%m-%d %H:%M}Z"))


def _release_line(release: Release) -> str:
    return f"{release.milestone}: {release.state}  KRW {release.amount_krw:,}  {release.delivery}  {release.supplier}"


def _word(code: str) -> str:
    return WORDS[code] if korean() else code


def _say_settlement(found: Settlement) -> None:
    say(
        f"제출 {len(found.submitted)}건, 은행 확인 대기 {len(found.awaiting)}건, 파일 없음 {len(found.missing)}건",
        f"{len(found.submitted)} submitted, {len(found.awaiting)} awaiting the bank, {len(found.missing)} without a file",
    )
    for release in found.missing:
        say(
            f"{release.voucher}/{release.milestone}: 제출한 파일이 없습니다. 멱등 키로 은행에 확인하십시오: {release.idempotency_key}",
            f"{release.voucher}/{release.milestone}: submitted, but the file is gone: ask the bank by {release.idempotency_key}",
        )
