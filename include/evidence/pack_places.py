"""Where each file of an evidence pack lies: its one place, by what it is and which attempt it belongs to.

People open folders, not index.json. So no file may lie where another attempt's, or another kind of file, is looked for.
The contract's name and the phase in a path are for people; that an attempt has one of each is demanded here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.evidence.pack_index import Index, Item, split_attempt
from include.evidence.pack_keys import FOLDER as KEYS
from include.evidence.pack_names import segment
from include.evidence.refusals import refuse

TOP: Final = "과제별"
RULES: Final = "검사 규칙"
RESULTS: Final = "검사 결과서"
RETENTION: Final = "retention"
PAGE: Final = "index.html"
SCRIPT: Final = "verify.sh"

FILES: Final[Mapping[str, str]] = {
    "manifest": "manifest.dsse.json",
    "manifest-lines": "manifest.jsonl",
    "pins": "pins.jsonl",
    "marker": "_DELIVERED.json",
    "run-started": "run-started.dsse.json",
    "report": "report.dsse.json",
    "report-json": "report.json",
    "report-html": "report.html",
    "findings-index": "findings/index.json",
}
"""Kind -> file, of those results that an attempt has once."""

BELOW: Final[Mapping[str, str]] = {"table": "tables/", "finding": "findings/"}
"""Kind -> folder, of those that have names of their own."""

OF_RULES: Final = frozenset({"contract", "programme"})
FIXED: Final[Mapping[str, str]] = {"page": PAGE, "script": SCRIPT}
STATEMENT: Final = ".dsse.json"
PROOF: Final = ".tlog-proof"


def folder_of(delivery: str, number: int) -> str:
    """The name of an attempt's two folders."""
    return segment(f"{delivery}_{number}차")


def check_places(index: Index) -> None:
    """Raises VerificationError "pack-place" at the first file that lies elsewhere than a file of its kind does."""
    statements = {item.path for item in index.items if item.path.endswith(STATEMENT)}
    phases: dict[str, str] = {}
    for item in index.items:
        if item.kind == "proof" and item.path.removesuffix(PROOF) + STATEMENT not in statements:
            raise refuse("pack-place", "a proof without its document beside it")
        if item.attempt is None:
            _check(_common(item), item)
            continue
        phase, room, rest = _split(item, item.attempt)
        if phases.setdefault(item.attempt, phase) != phase:
            raise refuse("pack-place", "an attempt in two places")
        _check(_rule(item, rest) if room == RULES else room == RESULTS and _result(item, rest), item)


def _split(item: Item, attempt: str) -> tuple[str, str, str]:
    """Phase with what stands before it, rules or results, and the path below the attempt's folder."""
    parts = item.path.split("/", 5)
    _check(len(parts) == 6 and parts[0] == TOP and parts[4] == folder_of(*split_attempt(attempt)), item)
    return "/".join(parts[:3]), parts[3], parts[5]


def _common(item: Item) -> bool:
    """What belongs to all attempts."""
    if item.kind in FIXED:
        return item.path == FIXED[item.kind]
    if item.kind in {"keyring", "key"}:
        return item.path.rpartition("/")[0] == KEYS
    return item.kind in {"retention", "proof"} and item.path.rpartition("/")[0] == RETENTION


def _rule(item: Item, rest: str) -> bool:
    return item.kind in OF_RULES and rest == f"{item.kind}.yaml"


def _result(item: Item, rest: str) -> bool:
    if item.kind in FILES:
        return rest == FILES[item.kind]
    if item.kind in BELOW:
        return rest.startswith(BELOW[item.kind])
    name = rest.removesuffix(STATEMENT if item.kind == "decision" else PROOF)
    if item.kind == "decision":
        return name != rest and name.startswith("decision-") and name.removeprefix("decision-").isdecimal()
    return item.kind == "proof" and name != rest and "/" not in name


def _check(good: bool, item: Item) -> None:
    if not good:
        raise refuse("pack-place", item.path)
