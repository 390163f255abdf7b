"""`dambo contract infer`: a first contract from a delivery, for a person to edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from include.cli.check import source_of
from include.cli.console import Json, result, say
from include.cli.progress import showing
from include.errors import DeliveryError
from include.settings import settings


def infer(
    delivery: Annotated[str, typer.Argument(help="A folder, a file, or an s3://bucket/prefix.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Where the contract goes; without it, stdout.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The contract's name; without it, the folder's.")] = None,
    programme: Annotated[str | None, typer.Option(help="The programme's id.")] = None,
    as_json: Json = False,
) -> None:
    """Write a first contract from data: types, nulls, ranges, labels, keys; what only people can say is marked.

    Example: dambo contract infer my-delivery/ --out draft.odcs.yaml
    """
    from include.contracts.infer import contract_text
    from include.profiling import profile
    from include.programmes import load_programme, programme_ids

    if programme is not None:
        load_programme(programme)
    source = source_of(delivery)
    with showing() as progress:
        found = profile(source, settings(), progress)
    if not found.objects:
        raise DeliveryError(
            "nothing-to-infer",
            f"{delivery!r} holds no file of a format that is read",
            hint="parquet, csv, tsv, json, jsonl and xlsx are read, by the ends of their names",
            ko=f"{delivery!r} 에 읽을 수 있는 형식의 파일이 없습니다",
            ko_hint="이름 끝이 parquet, csv, tsv, json, jsonl, xlsx 인 파일을 읽습니다",
        )
    text = contract_text(
        found.objects,
        name=name or Path(delivery.rstrip("/")).stem or "inferred-contract",
        programme=programme,
        known=tuple(programme_ids()),
        others=len(found.others),
    )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
    defects = sum(count for item in found.objects for _, count in item.defects)
    if as_json:
        rows = [{"files": o.files, "format": o.format, "glob": o.glob, "rows": o.rows, "defects": dict(o.defects)} for o in found.objects]  # fmt: skip
        result({"contract": text, "objects": rows, "unclaimed": list(found.others)})
    elif out is None:
        print(text, end="")
    if defects:
        say(f"읽지 못한 것이 {defects}건 있습니다", f"{defects} defects of reading")
