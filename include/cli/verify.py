"""`dambo verify`: a signed document, a report or an evidence pack checked offline, each step with its outcome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.console import Json, korean, plain, result, say

if TYPE_CHECKING:
    from include.evidence.offline import Asked

Keyring = Annotated[Path, typer.Option(help="The keyring, whose digest you have compared.")]
Delivery = Annotated[Path | None, typer.Option(help="The delivered folder: hash it again and compare.")]
Rerun = Annotated[bool, typer.Option("--rerun", help="Run the checks again on --delivery; compare report.json.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("verify")(verify)


def verify(
    file: Annotated[Path, typer.Argument(help="A signed document, a report.json beside it, or an evidence pack.")],
    keyring: Keyring,
    delivery: Delivery = None,
    report: Annotated[Path | None, typer.Option(help="The report.json of a quality report: compare it.")] = None,
    contract: Annotated[Path | None, typer.Option(help="The data contract, for --rerun of a single report.")] = None,
    proof: Annotated[Path | None, typer.Option(help="Its .tlog-proof: is it in the log, and who saw it there?")] = None,
    rerun: Rerun = False,
    export_openssl: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write what openssl alone needs to verify it.")
    ] = None,
    json: Json = False,
) -> None:
    """Verify a signed document or an evidence pack offline; exit 0 valid, 1 refused, 2 unusable input.

    Example: dambo verify report.json --keyring keyring.json --delivery ./D-1
    """
    from include.evidence.offline import Asked

    conclude(Asked(file, keyring, delivery, report, contract, rerun, export_openssl, proof), json=json)


def conclude(asked: Asked, *, json: bool) -> None:
    """Verify, print the steps, and end with the exit code."""
    from include.evidence.offline import Unusable, answer

    try:
        outcome = answer(asked)
    except OSError as error:
        why = f"{error.filename}: {error.strerror or type(error).__name__}"
        say(f"읽을 수 없습니다: {why}", f"cannot read {why}")
        raise typer.Exit(2) from None
    except Unusable as error:
        say(error.ko, str(error))
        raise typer.Exit(2) from None
    if json:
        result(outcome.to_json())
    else:
        typer.echo("\n".join(plain(line) for line in outcome.lines(korean=korean())))
    raise typer.Exit(0 if outcome.refusal is None else 1)
