"""`dambo contract from-gx` and `to-gx`: between suites of Great Expectations and contracts. GX itself is not needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from include.cli.check import contract_bytes
from include.cli.console import Json, result, say
from include.errors import ContractError

Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where it goes; without it, stdout.")]


def from_gx(
    suite: Annotated[Path, typer.Argument(help="An expectation suite (JSON).", show_default=False)],
    out: Out = None,
    files: Annotated[str, typer.Option(help="Which files of the delivery: a glob.")] = "**/*.parquet",
    form: Annotated[str, typer.Option("--format", help="Their format.")] = "parquet",
    programme: Annotated[str | None, typer.Option(help="The programme's id.")] = None,
    as_json: Json = False,
) -> None:
    """Write a contract skeleton that holds a suite's expectations. Exit 0, or 1 if lint finds mistakes to repair.

    Example: dambo contract from-gx suite.json --files "*.csv" --format csv --out draft.odcs.yaml
    """
    from checks.expectations.suite import NotASuiteError, read_suite
    from include.cli.contract import reader_options
    from include.contracts import lint
    from include.contracts.gx import skeleton
    from include.deliveries.readers import FORMATS
    from include.programmes import programme_ids

    if form not in FORMATS:
        known = ", ".join(FORMATS)
        raise ContractError("format-unknown", f"no reader for {form!r}", hint=f"known: {known}", ko=f"{form!r} 형식을 읽을 수 없습니다", ko_hint=f"쓸 수 있는 것: {known}")  # fmt: skip
    try:
        read = read_suite(_bytes(suite))
    except NotASuiteError as wrong:
        raise ContractError(
            "not-a-suite",
            f"{suite}: {wrong}",
            hint="give the JSON of an expectation suite",
            ko=f"{suite}: Great Expectations 스위트가 아닙니다 ({wrong})",
            ko_hint="스위트의 JSON 파일을 지정하십시오",
        ) from None
    text = skeleton(read, programme=programme or programme_ids()[0], glob=files, form=form)
    problems = [p for p in lint(text.encode(), readers=reader_options()) if p.level == "error"]
    _write(text, out)
    if as_json:
        result({"contract": text, "problems": [p.as_json() for p in problems]})
    elif out is None:
        print(text, end="")
    for p in problems:
        say(f"{p.line}행 {p.path}: {p.message_ko}", f"line {p.line} {p.path}: {p.message_en}")
    count = len(read.rules)
    say(
        f"기대 조건 {count}개를 옮겼습니다. 고칠 곳 {len(problems)}개",
        f"{count} expectations written, {len(problems)} to repair",
    )
    raise typer.Exit(1 if problems else 0)


def to_gx(
    contract: Annotated[Path, typer.Argument(help="A contract file (*.odcs.yaml).", show_default=False)],
    schema_object: Annotated[
        str | None, typer.Option("--object", help="The schema object, where there are several.")
    ] = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Write a contract's rules as an expectation suite; says which rules GX has no expectation for.

    Example: dambo contract to-gx 1.0.0.odcs.yaml --object records --out suite.json
    """
    from checks.expectations.suite import rule_of, suite_of
    from include.assessment import contract_of

    read = contract_of(contract_bytes(contract))
    names = [spec.name for spec in read.objects]
    if schema_object is None and len(names) != 1:
        raise ContractError("object-not-named", f"the contract has several objects: {', '.join(names)}", hint="name one with --object", ko=f"object 가 여럿입니다: {', '.join(names)}", ko_hint="--object 로 하나를 지정하십시오")  # fmt: skip
    chosen = schema_object or names[0]
    if chosen not in names:
        raise ContractError("object-unknown", f"no object {chosen!r}: {', '.join(names)}", hint="name one of them", ko=f"{chosen!r} object 가 없습니다: {', '.join(names)}", ko_hint="그중 하나를 지정하십시오")  # fmt: skip
    spec = next(s for s in read.objects if s.name == chosen)
    sources = {c.col.name: c.source for c in spec.columns if not c.source.startswith("/")}
    made = [(check, rule_of(check, sources)) for check in read.checks if check.object == chosen]
    lacking = [check.rule.name for check, rule in made if rule is None]
    document = suite_of(f"{read.id}.{chosen}", [rule for _, rule in made if rule is not None])
    _write(json.dumps(document, ensure_ascii=False, indent=2) + "\n", out)
    if as_json:
        result({"suite": document, "without_expectation": lacking})
    elif out is None:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    for name in lacking:
        say(
            f"{name}: Great Expectations 에 같은 뜻의 것이 없습니다",
            f"{name}: GX has no expectation that means the same",
        )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as wrong:
        why = wrong.strerror or "unreadable"
        raise ContractError(
            "suite-unreadable",
            f"{path}: {why}",
            hint="give the path of a file",
            ko=f"{path}: 읽을 수 없습니다 ({why})",
            ko_hint="파일의 경로를 지정하십시오",
        ) from None


def _write(text: str, out: Path | None) -> None:
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
