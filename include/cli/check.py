"""`dambo check`: the checks alone, anywhere, without Airflow or registry: what suppliers run before they deliver (자체검사)."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.console import Json, korean, result, say
from include.cli.progress import showing
from include.errors import ContractError, DeliveryError
from include.settings import settings

if TYPE_CHECKING:
    from include.assessment import Assessed, Keep, Source

EXIT = {"PASS": 0, "FAIL": 1, "ERROR": 2}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    delivery: Annotated[str, typer.Argument(help="A folder, a file, or an s3://bucket/prefix.")],
    contract: Annotated[Path, typer.Option("--contract", "-c", help="The data contract (ODCS YAML).")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report goes.")] = Path("dambo-report"),
    states: Annotated[
        Path | None, typer.Option("--states", help="Keep what was tallied here, for dambo judge.")
    ] = None,
    gx: Annotated[Path | None, typer.Option("--gx", help="Write results of Great Expectations here too.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=64, help="Processes for large deliveries.")] = None,
    progress: Annotated[bool, typer.Option("--progress/--no-progress", help="Say how far it is, on stderr.")] = True,
    as_json: Json = False,
) -> None:
    """Check a delivery against its contract; exit 0 PASS, 1 FAIL, 2 no verdict.

    Example: dambo check my-delivery/ --contract 1-014-046-NL.odcs.yaml
    """
    from include.assessment import assess

    agreed = contract_bytes(contract)
    own = settings() if jobs is None else settings().model_copy(update={"jobs": jobs})
    with showing(wanted=progress) as tell:
        assessed = assess(source_of(delivery), agreed, own, tell, keep=_keeper(states))
    written = write(assessed, out)
    if states is not None:
        say(f"집계 상태: {states}", f"states: {states}")
    if gx is not None:
        from include.cli.check_gx import export

        export(gx, agreed, assessed)
    show(assessed, written, as_json=as_json)
    raise typer.Exit(EXIT[assessed.report.verdict])


def source_of(delivery: str) -> Source:
    """Where the delivery lies. Raises DeliveryError if there is nothing."""
    from include.assessment import Source

    if delivery.startswith("s3://"):
        return Source(delivery.rstrip("/"))
    path = Path(delivery).absolute()
    if path.is_dir():
        return Source(path.as_uri())
    if path.is_file():
        return Source(path.parent.as_uri(), only=path.name)
    raise DeliveryError(
        "delivery-not-found",
        f"there is no file or folder {delivery!r}",
        hint="name the delivery's folder, one file, or s3://bucket/prefix",
        ko=f"{delivery!r}: 파일이나 폴더가 없습니다",
        ko_hint="납품 폴더, 파일 하나, 또는 s3://버킷/접두사를 지정하십시오",
    )


def _keeper(path: Path | None) -> Keep | None:
    """What writes the states to `path`, if that is wanted."""
    if path is None:
        return None
    from include.stored_states import store

    return partial(store, path)


def contract_bytes(path: Path) -> bytes:
    """The contract file's content. Raises ContractError "contract-not-found"."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ContractError(
            "contract-not-found",
            f"the contract {str(path)!r} cannot be read ({error.strerror})",
            hint="give the contract's YAML file with --contract",
            ko=f"계약 명세 {str(path)!r} 를 읽을 수 없습니다",
            ko_hint="--contract 로 계약 명세 YAML 파일을 지정하십시오",
        ) from None


def write(assessed: Assessed, out: Path) -> dict[str, Path]:
    """report.json, report.html, the manifest, findings/ and tables/ under `out`; stale findings of an earlier run go."""
    from include.reports.page import render_html
    from include.reports.schema import read_report

    report = assessed.report
    for folder in ("findings", "tables"):
        for old in (out / folder).glob("*") if (out / folder).is_dir() else ():
            old.unlink()
    files = {**report.files(), "manifest.jsonl": assessed.frozen.manifest.to_bytes()}
    files["report.html"] = render_html(read_report(report.data), pictures=assessed.pictures)
    written = {}
    for name, data in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written[name] = path
    return written


def show(assessed: Assessed, written: dict[str, Path], *, as_json: bool) -> None:
    """A table for people, the report's essence for machines."""
    from include.reports.summary import print_summary

    report = assessed.report
    if as_json:
        places = {name: str(written[name]) for name in ("report.json", "report.html")}
        result(
            {"verdict": report.verdict, "report_sha256": report.sha256, **places, "checks": report.document["checks"]}
        )
    else:
        print_summary(report.document, korean=korean())
        say(f"보고서: {written['report.html']}", f"report: {written['report.html']}")
