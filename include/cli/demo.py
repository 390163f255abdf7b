"""`dambo demo`: the main job on embedded defaults, from delivery to settlement, in about a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from include.cli.console import Json, korean, plain, result, say
from include.settings import settings

if TYPE_CHECKING:
    from include.demo.results import Results

STYLES = {"RELEASE": "bold green", "REJECT": "bold red", "HOLD": "bold yellow"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(demo)


def demo(as_json: Json = False) -> None:
    """Run three demo deliveries through Airflow; exit 0 if each is decided as it should be. Example: dambo demo"""
    from include.demo.play import fresh, play
    from include.demo.results import results

    home, began = settings().folder() / "demo", time.monotonic()

    def tell(ko: str, en: str) -> None:
        seconds = f"{time.monotonic() - began:6.1f} s  "
        say(seconds + ko, seconds + en)

    with fresh(home):
        outcomes, own = play(home, tell)
        shown = results(outcomes, own, seconds=time.monotonic() - began, korean=korean())
    if as_json:
        result(shown.document())
    else:
        _show(shown)
    if not shown.as_expected:
        say("예상과 다른 결정이 있습니다.", "Not every decision is as expected.")
        raise typer.Exit(1)
    say("세 건 모두 예상대로 결정되었습니다.", "All three were decided as expected.")


def _show(shown: Results) -> None:
    ko = korean()
    _table(shown, ko=ko)
    print("보고서:" if ko else "Reports:")
    for one in shown.deliveries:
        print(f"  {one.files.get('report-html', '–')}")
    print("정산 대기함(지급은 여기서만 나갑니다):" if ko else "Settlement outbox (payments leave from here alone):")
    for key, content in shown.outbox.items():
        print(f"  {key}")
        print("".join(f"    {plain(line)}\n" for line in content.splitlines()), end="")
    print("서명된 결정을 직접 검증하려면:" if ko else "Verify the signed decision yourself:")
    print(f"  {shown.verify}")
    print("화면에서 보려면:" if ko else "Look at it in Airflow's UI:")
    print(f"  DAMBO_HOME={shown.home} make up")


def _table(shown: Results, *, ko: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_lines=True)
    for head in ("납품", "판정 → 결정", "사유") if ko else ("delivery", "verdict → decision", "why"):
        table.add_column(head, no_wrap=head in {"납품", "delivery"})
    for one in shown.deliveries:
        paid = f"{one.released_krw:,} KRW" if one.released_krw else ""
        table.add_row(
            f"{one.voucher}/{one.delivery}\n{one.about}",
            Text(f"{one.verdict or '–'} → {one.decision}\n{paid}".strip(), style=STYLES[one.decision]),
            "\n".join((*one.reasons, *one.failed)) or "–",
        )
    Console().print(table)
