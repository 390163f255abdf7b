"""`dambo run`: the whole line as the DAG does it, the same steps, without Airflow."""

from __future__ import annotations

import getpass
import secrets
from typing import Annotated

import typer

from include.cli.console import Json, result
from include.cli.progress import showing
from include.errors import DeliveryError
from include.settings import settings

EXIT = {"RELEASE": 0, "REJECT": 1, "HOLD": 2}
VERDICTS = {"PASS": "적합", "FAIL": "부적합", "ERROR": "점검불가"}
WORDS = {"RELEASE": "지급가능", "REJECT": "지급거절", "HOLD": "지급보류"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(run)


def run(
    delivery: Annotated[str, typer.Argument(metavar="VOUCHER/DELIVERY", help="The delivery, as it lies in storage.")],
    reason: Annotated[
        str, typer.Option("--reason", "-r", help="Why this run; kept in the signed record.")
    ] = "dambo run",
    resume: Annotated[str | None, typer.Option(help="The run id of an attempt to go on with.")] = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Say how far it is, on stderr.")] = True,
    as_json: Json = False,
) -> None:
    """Verify a delivery and decide its payment; exit 0 RELEASE, 1 REJECT, 2 HOLD.

    Example: dambo run V-2026-000123/D-1 --reason "first look"
    """
    from include import line as steps

    voucher, slash, name = delivery.partition("/")
    if not slash or not name or "/" in name:
        raise DeliveryError(
            "delivery-name", f"{delivery!r} is not VOUCHER/DELIVERY", hint="for example V-2026-000123/D-1",
            ko=f"{delivery!r}: 바우처/납품 형식이 아닙니다", ko_hint="예: V-2026-000123/D-1",
        )  # fmt: skip
    line = steps.open_line(settings())
    run_id = resume or f"run__{secrets.token_hex(8)}"
    who = {"run_id": run_id, "operator": getpass.getuser(), "reason": reason}
    with showing(wanted=progress) as tell:
        attempt, decided = steps.run(line, voucher=voucher, delivery=name, **who, progress=tell)
    facts = line.registry.attempt(attempt)
    shown = {
        "voucher": voucher,
        "delivery": name,
        "run_id": run_id,
        "attempt": facts.number,
        "verdict": facts.verdict,
        "report_sha256": facts.report_sha256,
        "decision": decided.outcome,
        "reasons": list(decided.reasons),
    }
    if as_json:
        result(shown)
    else:
        _show(shown)
    raise typer.Exit(EXIT[decided.outcome])


def _show(shown: dict[str, object]) -> None:
    from include.cli.console import korean, plain
    from include.gate.reasons import text

    decision, verdict = str(shown["decision"]), str(shown["verdict"] or "-")
    if korean():
        decision, verdict = WORDS[decision], VERDICTS.get(verdict, verdict)
    print(plain(f"{shown['voucher']}/{shown['delivery']} #{shown['attempt']}: {verdict} -> {decision}"))
    for code in shown["reasons"]:  # type: ignore[attr-defined]
        words = text(code, korean=korean())
        print(plain(f"  {code}" if words == code else f"  {code}: {words}"))
    print(plain(f"  run id {shown['run_id']}, report {shown['report_sha256'] or '-'}"))
