"""Comparing a report with what the checks say when they are run again. Who runs them is handed in: nothing of the
engine is imported here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias, cast

from include.evidence.canonical import Json, strict_parse, verification_only
from include.evidence.refusals import refuse

Rerun: TypeAlias = Callable[[Path, bytes], bytes]
"""The report.json that the checks of a contract (its bytes) give on a delivery (its folder)."""

REPORT_LIMIT: Final = 64 * 2**20


@verification_only
def compare(signed: bytes, made: bytes) -> None:
    """Byte for byte. If not equal, says whether other code, another contract or programme, or which rules differ."""
    if signed == made:
        return
    old, new = (cast("dict[str, Json]", strict_parse(data, limit=REPORT_LIMIT)) for data in (signed, made))
    for part in ("contract", "programme"):
        if _digest(old, part) != _digest(new, part):
            raise refuse("rerun-differs", f"another {part}")
    rules = _differing(old, new)
    if old.get("code") != new.get("code"):
        same = "the results are the same" if not rules else f"results differ: {', '.join(rules)}"
        raise refuse("rerun-other-code", f"{_version(old)}, here {_version(new)}; {same}")
    raise refuse("rerun-differs", ", ".join(rules))


def _differing(old: dict[str, Json], new: dict[str, Json]) -> list[str]:
    """Names of rules whose rows differ, ten at most."""
    rows = [{str(row["rule"]): row for row in cast("list[dict[str, Json]]", each["checks"])} for each in (old, new)]
    return sorted(name for name in rows[0].keys() | rows[1].keys() if rows[0].get(name) != rows[1].get(name))[:10]


def _digest(report: dict[str, Json], part: str) -> Json:
    found = report.get(part)
    return found.get("digest") if isinstance(found, dict) else None


def _version(report: dict[str, Json]) -> str:
    code = report.get("code")
    return f"{code.get('version')} {str(code.get('digest'))[:16]}" if isinstance(code, dict) else "?"
