"""`dambo verify`: a signed document checked offline, each step with its number and outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.console import Json, korean, plain, result, say


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="The signed document (a DSSE envelope).")],
    keyring: Annotated[Path, typer.Option(help="The keyring, whose digest you have compared.")],
    delivery: Annotated[Path | None, typer.Option(help="The delivered folder: hash it again and compare.")] = None,
    report: Annotated[Path | None, typer.Option(help="The report.json of a quality report: compare it.")] = None,
    json: Json = False,
) -> None:
    """Verify a signed document offline; exit 0 valid, 1 refused, 2 unusable input.

    Example: dambo verify report.dsse.json --keyring keyring.json --delivery ./D-1 --report report.json
    """
    from include.evidence.steps import run_files

    try:
        outcome = run_files(file, keyring, delivery=delivery, report=report)
    except OSError as error:
        why = f"{error.filename}: {error.strerror or type(error).__name__}"
        say(f"읽을 수 없습니다: {why}", f"cannot read {why}")
        raise typer.Exit(2) from None
    if json:
        result(outcome.to_json())
    else:
        typer.echo("\n".join(plain(line) for line in outcome.lines(korean=korean())))
    raise typer.Exit(0 if outcome.refusal is None else 1)
