"""What the demo leaves for people to look at: copies of reports and signed decisions, the outbox, and how to verify them.

Copies only: the originals lie in storage under their digests.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from include.demo.play import Outcome
from include.gate.reasons import text
from include.gate.settlement import OUTBOX
from include.registry import open_registry
from include.reports.schema import read_report
from include.settings import Settings
from include.storage import open_storage

COPIES = {
    "report-html": "report.html",
    "report-json": "report.json",
    "report": "report.dsse.json",
    "decision": "decision.dsse.json",
}
"""Kinds of documents and what their copies are called."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One delivery's result."""

    voucher: str
    delivery: str
    supplier: str
    about: str
    verdict: str | None
    decision: str
    expected: str
    reasons: tuple[str, ...]
    failed: tuple[str, ...]
    released_krw: int | None
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the demo has to show. `verify` is a command to copy."""

    home: str
    as_expected: bool
    seconds: float
    deliveries: tuple[Shown, ...]
    outbox: dict[str, str]
    verify: str

    def document(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def results(outcomes: list[Outcome], settings: Settings, *, seconds: float, korean: bool) -> Results:
    """Copy out and put together what there is to show."""
    storage = open_storage(settings.storage_url(), settings)
    shown = tuple(_shown(outcome, settings, korean=korean) for outcome in outcomes)
    released = next((one for one in shown if one.decision == "RELEASE"), shown[0])
    return Results(
        home=near(settings.folder()),
        as_expected=all(outcome.as_expected for outcome in outcomes),
        seconds=round(seconds, 1),
        deliveries=shown,
        outbox={info.key: storage.read(info.key).decode() for info in storage.list(OUTBOX)},
        verify=shlex.join(
            [
                near(Path(sys.executable).parent / "dambo"),
                "verify",
                released.files["decision"],
                "--keyring",
                near(settings.keyring_file()),
            ]
        ),
    )


def _shown(outcome: Outcome, settings: Settings, *, korean: bool) -> Shown:
    demo, attempt, decision = outcome.demo, outcome.attempt, outcome.decision
    files = _copy(attempt.id, settings, settings.folder() / "results" / demo.voucher)
    return Shown(
        voucher=demo.voucher,
        delivery=demo.delivery,
        supplier=demo.supplier,
        about=demo.ko if korean else demo.en,
        verdict=attempt.verdict,
        decision=decision.decision,
        expected=demo.expected,
        reasons=tuple(text(code, korean=korean) for code in decision.reasons),
        released_krw=outcome.release.amount_krw if outcome.release else None,
        failed=_failed(Path(files["report-json"]), korean=korean) if "report-json" in files else (),
        files=files,
    )


def _failed(report: Path, *, korean: bool) -> tuple[str, ...]:
    """The blocking rules that the delivery missed: rule, what was found, what was asked."""
    found, word = [], "목표" if korean else "target"
    for row in read_report(report.read_bytes())["checks"]:
        if row["blocking"] and row["verdict"] == "FAIL":
            value = Decimal(row["metric"]["value"] or "NaN")
            found.append(f"{row['id']} {value:.4g} ({word} {row['target']['op']} {row['target']['value']})")
    return tuple(found)


def _copy(attempt_id: str, settings: Settings, folder: Path) -> dict[str, str]:
    storage = open_storage(settings.storage_url(), settings)
    folder.mkdir(parents=True, exist_ok=True)
    copied = {}
    with open_registry(settings) as registry:
        for kind, name in COPIES.items():
            for document in registry.documents(attempt_id, kind)[-1:]:
                (folder / name).write_bytes(storage.read(document.storage_key))
                copied[kind] = near(folder / name)
    return copied


def near(path: Path) -> str:
    """`path` as one would type it here: relative if it lies below the working directory."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
