"""`dambo voucher`: vouchers and their milestones in the registry. Nothing is loaded unless every row is good."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from include.cli.console import Json, korean, plain, result, say
from include.errors import ContractError
from include.registry import Milestone, open_registry
from include.settings import settings

vouchers = typer.Typer(no_args_is_help=True, help="Load and show vouchers and their milestones.")
Name = Annotated[str, typer.Argument(metavar="VOUCHER")]


def register(app: typer.Typer) -> None:
    """Add the family."""
    app.add_typer(vouchers, name="voucher")


@vouchers.command("load")
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", exists=True, dir_okay=False)], json: Json = False
) -> None:
    """Load vouchers from a CSV, one row a milestone; all rows or none. Example: dambo voucher load vouchers.csv"""
    from include.registry.voucher_csv import read_csv
    from include.registry.voucher_rules import VouchersError

    try:
        rows, lines = read_csv(file.read_bytes())
        with open_registry(settings()) as registry:
            report = registry.load_vouchers(rows, lines=lines)
    except VouchersError as error:
        for problem in error.problems:
            say(f"{problem.line}행: {problem.ko}", f"line {problem.line}: {problem.message}")
        say("아무것도 저장하지 않았습니다.", "Nothing was loaded.")
        if json:
            result({"error": error.code, "problems": [asdict(problem) for problem in error.problems]})
        raise typer.Exit(2) from error
    if json:
        result(asdict(report))
    say(
        f"마일스톤 추가 {report.added}건, 변경 {report.changed}건, 그대로 {report.unchanged}건",
        f"milestones: {report.added} added, {report.changed} changed, {report.unchanged} unchanged",
    )


@vouchers.command("list")
def show_all(
    search: Annotated[str, typer.Option(help="Only vouchers whose name contains this.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    json: Json = False,
) -> None:
    """List vouchers with their totals. Example: dambo voucher list --search 2026"""
    with open_registry(settings()) as registry:
        found = [registry.milestones(name) for name in registry.vouchers(search=search, limit=limit)]
    rows = [
        {
            "voucher": milestones[0].voucher,
            "programme": milestones[0].programme,
            "demand_firm": milestones[0].demand_firm,
            "supplier": milestones[0].supplier,
            "milestones": len(milestones),
            "amount_krw": sum(m.amount_krw for m in milestones),
        }
        for milestones in found
    ]
    if json:
        result(rows)
        return
    for row in rows:
        words = [str(row["voucher"]), str(row["programme"]), f"{row['demand_firm']} ← {row['supplier']}"]
        print(plain("  ".join([*words, f"{row['milestones']} × ", f"KRW {row['amount_krw']:,}"])))


@vouchers.command("show")
def show(voucher: Name, json: Json = False) -> None:
    """Show a voucher's milestones. Example: dambo voucher show V-2026-000123"""
    with open_registry(settings()) as registry:
        milestones = known_milestones(registry.milestones(voucher))
    if json:
        result([asdict(milestone) for milestone in milestones])
        return
    first = milestones[0]
    print(
        plain(
            f"{first.voucher}  {first.programme}  {first.demand_firm} ← {first.supplier}  {first.region} {first.sector}"
        )
    )
    for each in milestones:
        print(plain(milestone_line(each)))


@vouchers.command("accept-delay")
def accept_delay(
    voucher: Name,
    milestone: Annotated[str, typer.Argument(metavar="MILESTONE")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The new last day.")],
    note: Annotated[str, typer.Option(help="Who agreed to it, and why.")],
    json: Json = False,
) -> None:
    """Note that a later delivery was agreed to. Example: dambo voucher accept-delay V-1 balance --until 2026-12-24 --note "공문 12호" """
    with open_registry(settings()) as registry:
        changed = registry.accept_delay(voucher, milestone, until.replace(tzinfo=UTC).date(), note)
    if json:
        result(asdict(changed))
    say(
        f"{voucher}/{milestone}: {changed.delay_accepted_until}까지 지연을 인정합니다.",
        f"{voucher}/{milestone}: delay accepted until {changed.delay_accepted_until}.",
    )


def known_milestones(milestones: tuple[Milestone, ...]) -> tuple[Milestone, ...]:
    """The milestones, or an error where there are none."""
    if not milestones:
        raise ContractError(
            "unknown-voucher",
            "the registry knows no such voucher",
            hint="dambo voucher load FILE.csv; dambo voucher list",
            ko="등록부에 없는 바우처입니다",
        )
    return milestones


def milestone_line(milestone: Milestone) -> str:
    """A milestone on one line."""
    due = f"{'기한' if korean() else 'due'} {milestone.due_on}"
    if milestone.delay_accepted_until:
        due += f" → {milestone.delay_accepted_until}"
    contract = f"{milestone.contract_id} {milestone.contract_version} sha256:{milestone.contract_sha256[:12]}…"
    return f"  {milestone.sequence}. {milestone.milestone}  KRW {milestone.amount_krw:,}  {due}  {contract}"
