"""`dambo contract ...`: explain a contract's mistakes, show its rules, print its JSON Schema. No data is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from include.cli.console import Json, korean, plain, result, say
from include.cli.contract_diff import diff_files
from include.cli.contract_gx import from_gx, to_gx
from include.cli.contract_infer import infer
from include.errors import ContractError

if TYPE_CHECKING:
    from include.contracts import Contract, Problem

Files = Annotated[list[Path], typer.Argument(help="Contract files (*.odcs.yaml).", show_default=False)]
File = Annotated[Path, typer.Argument(help="A contract file (*.odcs.yaml).", show_default=False)]

app = typer.Typer(no_args_is_help=True, help="Contracts: make, check, compare and convert them.")


def register(main: typer.Typer) -> None:
    """Add the family."""
    app.command()(infer)
    app.command("diff")(diff_files)
    app.command("from-gx")(from_gx)
    app.command("to-gx")(to_gx)
    main.add_typer(app, name="contract")


@app.command("lint")
def lint_files(files: Files, as_json: Json = False) -> None:
    """Explain every mistake of contracts with line and YAML path. Exit 0 clean, 1 mistakes, 2 unreadable.

    Example: dambo contract lint contracts/1-014-046-NL/1.0.0.odcs.yaml
    """
    from include.contracts import lint

    readers = reader_options()
    found = {file: lint(_bytes(file), readers=readers) for file in files}
    if as_json:
        result([{"file": str(file), "problems": [p.as_json() for p in problems]} for file, problems in found.items()])
    else:
        for file, problems in found.items():
            for line in rendered(str(file), problems, ko=korean()):
                print(plain(line))
            _summary(file, problems)
    if any(p.level == "error" for problems in found.values() for p in problems):
        raise typer.Exit(1)


@app.command("show")
def show_file(file: File, as_json: Json = False) -> None:
    """Show every rule of a contract, derived ones included, with target and severity. Exit 1 if it has mistakes.

    Example: dambo contract show 1.0.0.odcs.yaml
    """
    from include.contracts import InvalidContractError, load

    try:
        contract = load(_bytes(file), readers=reader_options())
    except InvalidContractError as wrong:
        for line in rendered(str(file), wrong.problems, ko=korean()):
            say(line, line)
        raise typer.Exit(1) from None
    rows = rules(contract)
    if as_json:
        identity = {"id": contract.id, "version": contract.version, "digest": contract.digest}
        result({**identity, "programme": contract.programme, "rules": rows})
        return
    _table(rows)


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema that Dambo adds to the standard's, for editors.

    Example: dambo contract schema > dambo-contract.schema.json
    """
    from checks.catalogue import CATALOGUE
    from include.contracts import contract_schema

    result(contract_schema(CATALOGUE, reader_options()))


def reader_options() -> Mapping[str, Mapping[str, Any]]:
    """The JSON Schema of each reader's options, by format."""
    from include.deliveries.readers import FORMATS, reader_for

    return {name: reader_for(name).options for name in FORMATS}


def rendered(file: str, problems: Sequence[Problem], *, ko: bool) -> list[str]:
    """`file:line: path: message`, its hint below; errors first, then warnings under a heading of their own."""
    lines: list[str] = []
    for level, heading in (("error", ""), ("warning", "주의" if ko else "warning")):
        for p in (p for p in problems if p.level == level):
            message, hint = (p.message_ko, p.hint_ko) if ko else (p.message_en, p.hint)
            lines.append(": ".join(part for part in (f"{file}:{p.line}", heading, p.path, message) if part))
            lines += [f"    → {hint}"] if hint else []
    return lines


def rules(contract: Contract) -> list[dict[str, str]]:
    """Each rule as the table shows it."""
    from include.contracts.targets import show

    return [
        {
            "rule": check.rule.name,
            "check": check.id,
            "family": check.family,
            "target": show(check.target),
            "severity": check.rule.severity,
        }
        for check in contract.checks
    ]


def _summary(file: Path, problems: Sequence[Problem]) -> None:
    errors = sum(p.level == "error" for p in problems)
    warnings = len(problems) - errors
    say(f"{file}: 오류 {errors}개, 주의 {warnings}개", f"{file}: {errors} error(s), {warnings} warning(s)")


def _table(rows: Sequence[Mapping[str, str]]) -> None:
    """Columns as wide as their longest entry; names are ASCII."""
    heads = dict(zip(rows[0], ("규칙", "점검", "계열", "목표", "심각도"), strict=True)) if korean() else None
    listed = [heads or {key: key for key in rows[0]}, *rows]
    widths = {key: max(len(row[key]) for row in listed) for key in rows[0]}
    for row in listed:
        print(plain("  ".join(row[key].ljust(widths[key]) for key in row).rstrip()))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as wrong:
        why = wrong.strerror or "unreadable"
        raise ContractError(
            "contract-unreadable",
            f"{file}: {why}",
            hint="give the path of a file",
            ko=f"{file}: 읽을 수 없습니다 ({why})",
        ) from None
