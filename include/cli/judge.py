"""`dambo judge`: verdicts again from stored states, without the data."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.check import EXIT, contract_bytes, show, write
from include.cli.console import Json, result, say
from include.errors import DamboError
from include.settings import settings

if TYPE_CHECKING:
    from include.stored_states import Kept

WHY = {
    "new": ("집계하지 않은 것", "not tallied"),
    "columns": ("열이 다름", "other columns"),
    "reading": ("읽는 방법이 다름", "read otherwise"),
}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(judge)


def judge(
    states: Annotated[Path, typer.Argument(help="States that dambo check --states kept.")],
    contract: Annotated[Path, typer.Option("--contract", "-c", help="The data contract (ODCS YAML).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report goes.")] = Path("dambo-report"),
    as_json: Json = False,
) -> None:
    """Judge a delivery again from stored states; the report is that of dambo check. Exit 0 PASS, 1 FAIL, 2 no verdict.

    Example: dambo judge delivery.states --contract 1-014-046-NL.odcs.yaml
    """
    from include.stored_states import NeedsScanError, judge_again

    agreed, kept = contract_bytes(contract), _read(states)
    home = settings().scratch_folder() / "judge"
    home.mkdir(parents=True, exist_ok=True)
    try:
        with TemporaryDirectory(dir=home) as scratch:
            assessed = judge_again(kept, agreed, Path(scratch))
    except NeedsScanError as needs:
        for missing in needs.missing:
            ko, en = WHY[missing.why]
            say(f"{missing.rule}: {ko} ({missing.analyzer})", f"{missing.rule}: {en} ({missing.analyzer})")
        if as_json:
            rows = [{"rule": m.rule, "why": m.why, "analyzer": m.analyzer} for m in needs.missing]
            result({"verdict": None, "code": needs.code, "missing": rows})
        raise
    written = write(assessed, out)
    say("다시 읽을 필요가 없었습니다", "no new scan was needed")
    show(assessed, written, as_json=as_json)
    raise typer.Exit(EXIT[assessed.report.verdict])


def _read(path: Path) -> Kept:
    from include.stored_states import read_stored

    try:
        return read_stored(path)
    except OSError as error:
        raise DamboError(
            "states-not-found",
            f"the states {str(path)!r} cannot be read ({error.strerror})",
            hint="dambo check --states FILE writes them",
            ko=f"집계 상태 {str(path)!r} 를 읽을 수 없습니다",
            ko_hint="dambo check --states FILE 로 만드십시오",
        ) from None
