"""The report as a table for a terminal: verdict, then rule by rule 정량목표 | 결과값 | 판정."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from include.reports import figures
from include.reports.texts import Text, measure, names, reason
from include.reports.visible import visible

STYLES = {"PASS": "green", "FAIL": "bold red", "WARN": "yellow", "ERROR": "bold magenta", "NOT_APPLICABLE": "dim"}


def print_summary(document: Mapping[str, Any], *, korean: bool) -> None:
    """To stdout; data is printed as text, never as markup."""
    lang = "ko" if korean else "en"
    console = Console()
    table = Table(box=None, pad_edge=False)
    heads = ("판정", "규칙", "정량목표", "결과값", "사유") if korean else ("verdict", "rule", "target", "result", "why")
    for head in heads:
        table.add_column(head, overflow="fold")
    for check in document["checks"]:
        verdict = check["verdict"]
        word = getattr(names.VERDICTS[verdict], lang)
        table.add_row(
            Styled(word, STYLES[verdict]),
            Styled(visible(check["rule"])),
            Styled(_target(check, lang)),
            Styled(_value(check, lang)),
            Styled(_why(check, lang)),
        )
    console.print(table)
    verdict = document["verdict"]
    failed = sum(check["blocking"] and check["verdict"] in {"FAIL", "ERROR"} for check in document["checks"])
    word = getattr(names.VERDICTS[verdict], lang)
    of = f"필수 규칙 {failed}건 미충족" if korean else f"{failed} blocking rule(s) not met"
    console.print(Styled(f"{word}: {of}" if failed else word, STYLES[verdict]))


def _target(check: Mapping[str, Any], lang: str) -> str:
    unit = measure(check["metric"]["name"])[1] if check["metric"] else Text("", "")
    return str(getattr(figures.target_text(check["target"], unit), lang))


def _value(check: Mapping[str, Any], lang: str) -> str:
    if check["metric"] is None:
        return "—"
    unit = getattr(measure(check["metric"]["name"])[1], lang)
    return figures.with_unit(figures.value_of(check["metric"], check["target"]), unit)


def _why(check: Mapping[str, Any], lang: str) -> str:
    found = check["reason"]
    return "" if found is None else str(getattr(reason(found["code"], found["params"]), lang))
