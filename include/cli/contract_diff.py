"""`dambo contract diff`: what one contract demands that another does not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from include.cli.check import contract_bytes
from include.cli.console import Json, korean, plain, result, say

if TYPE_CHECKING:
    from include.contracts.diff import Change

KOREAN = {"stricter": "강화", "looser": "완화", "breaks": "비호환", "changed": "변경"}


def diff_files(
    old: Annotated[Path, typer.Argument(help="A contract file.", show_default=False)],
    new: Annotated[Path, typer.Argument(help="Another.", show_default=False)],
    as_json: Json = False,
) -> None:
    """Say rule by rule what gets stricter, looser or breaks from one contract to another. Exit 0 same, 1 differs.

    Example: dambo contract diff 1.0.0.odcs.yaml 1.1.0.odcs.yaml
    """
    from include.assessment import check_plan, contract_of
    from include.contracts.diff import diff
    from include.stored_states import lacking, reading_of

    a, b = contract_of(contract_bytes(old)), contract_of(contract_bytes(new))
    changes = diff(a, b)
    missing = lacking(b, {spec.name: reading_of(spec) for spec in a.objects}, check_plan(a).analyzers())
    rescan = list(dict.fromkeys(m.rule for m in missing))
    if as_json:
        names = {key: {"id": c.id, "version": c.version, "digest": c.digest} for key, c in (("old", a), ("new", b))}
        result({**names, "same": not changes, "changes": [asdict(c) for c in changes], "needs_scan": rescan})
    else:
        for change in changes:
            print(plain(line(change)))
        _say(len(changes), rescan)
    raise typer.Exit(1 if changes else 0)


def line(change: Change) -> str:
    """`stricter  records.id.minimum  target: mustBe 0 -> mustBe 1`."""
    effect = f"{KOREAN[change.effect]}({change.effect})" if korean() else change.effect
    return f"{effect}  {change.subject}  {change.what}: {change.before or '-'} -> {change.after or '-'}"


def _say(changes: int, rescan: list[str]) -> None:
    if not changes:
        say("요구하는 것이 같습니다", "they demand the same")
    if rescan:
        names = ", ".join(rescan)
        say(f"데이터를 다시 읽어야 하는 규칙: {names}", f"rules that need a new scan of the data: {names}")
    else:
        ko = "저장한 집계 상태로 다시 판정할 수 있습니다 (dambo judge)"
        say(ko, "verdicts can be reached again from stored states (dambo judge)")
