"""`python -m include.evidence.verify`: verification where nothing but Python, `cryptography` and `rfc8785` is installed.

FILE is a signed document, a report.json with its statement beside it, or a whole evidence pack. Only `--rerun` needs
more: the engine, which is imported by name when it is asked for and not before.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from include.errors import DamboError, VerificationError
from include.evidence.openssl import export
from include.evidence.outcome import Outcome
from include.evidence.pack_verify import PackOutcome, verify_pack
from include.evidence.refusals import refuse
from include.evidence.rerunning import Rerun
from include.evidence.sibling import is_report, statement_beside
from include.evidence.steps import REPORT_LIMIT, read_limited, run_files

ENGINE: Final = "include.rerun"


class Unusable(Exception):  # noqa: N818 - not a fault of anybody: the question cannot be asked so
    """What was asked for cannot be asked of this file. Korean and English."""

    def __init__(self, ko: str, en: str) -> None:
        super().__init__(en)
        self.ko = ko


@dataclass(frozen=True)
class Asked:
    """What to verify, and how far."""

    file: Path
    keyring: Path
    delivery: Path | None = None
    report: Path | None = None
    contract: Path | None = None
    rerun: bool = False
    openssl: Path | None = None
    proof: Path | None = None


def answer(asked: Asked) -> Outcome | PackOutcome:
    """Verify. Raises OSError and Unusable for unusable input; what does not hold is in the answer."""
    if asked.rerun and asked.delivery is None:
        raise Unusable("--rerun 에는 --delivery 가 필요합니다", "--rerun needs --delivery")
    if asked.delivery is not None and not asked.delivery.is_dir():
        raise NotADirectoryError(20, "not a folder", str(asked.delivery))
    with asked.file.open("rb") as file:
        packed = file.read(2) == b"PK"
    return _pack(asked) if packed else _document(asked)


def _pack(asked: Asked) -> PackOutcome:
    if any(each is not None for each in (asked.openssl, asked.report, asked.contract, asked.proof)):
        raise Unusable(
            "증거 묶음에는 --report, --contract, --proof, --export-openssl 을 쓰지 않습니다: 묶음 안에 있습니다",
            "a pack takes no --report, --contract, --proof or --export-openssl: it holds them (and verify.sh)",
        )
    outcome = PackOutcome()
    keyring = read_limited(asked.keyring, 2**20)
    with asked.file.open("rb") as file:
        try:
            verify_pack(file, keyring, outcome, delivery=asked.delivery, rerun=_engine() if asked.rerun else None)
        except VerificationError as error:
            outcome.refusal = error
    return outcome


def _document(asked: Asked) -> Outcome:
    document, report = asked.file, asked.report
    data = read_limited(document, REPORT_LIMIT)
    if report is None and is_report(data):
        beside = statement_beside(document, data)
        if beside is None:
            raise Unusable(
                "이 report.json 을 가리키는 서명된 진술서가 같은 폴더에 없습니다",
                "no signed statement beside this report.json names it",
            )
        document, report = beside, asked.file
    outcome = run_files(
        document, asked.keyring, delivery=asked.delivery, report=report, again=_again(asked, report), proof=asked.proof
    )
    if asked.openssl is not None and outcome.verified is not None and outcome.keyring is not None:
        told = None if report is None else read_limited(report, REPORT_LIMIT)
        export(read_limited(document, 2**20), outcome.keyring, outcome.verified, asked.openssl, told)
    return outcome


def _again(asked: Asked, report: Path | None) -> Callable[[], bytes] | None:
    """How the checks are run once more, if that is asked for."""
    if not asked.rerun:
        return None
    if report is None or asked.contract is None:
        raise Unusable(
            "--rerun 에는 report.json 과 --contract 가 필요합니다",
            "--rerun needs the report.json (--report) and the contract (--contract)",
        )
    contract, delivery, engine = asked.contract.read_bytes(), asked.delivery, _engine()
    assert delivery is not None
    return lambda: engine(delivery, contract)


def _engine() -> Rerun:
    """The engine, by name: evidence never depends on it. Its errors are refusals here."""
    try:
        run: Rerun = import_module(ENGINE).rerun
    except ImportError as error:
        raise Unusable(
            f"--rerun 에는 담보 전체 설치가 필요합니다 ({error.name})",
            f"--rerun needs all of Dambo installed ({error.name})",
        ) from None

    def guarded(delivery: Path, contract: bytes) -> bytes:
        try:
            return run(delivery, contract)
        except VerificationError:
            raise
        except DamboError as error:
            raise refuse("rerun-impossible", error.code) from error

    return guarded


def main(arguments: list[str] | None = None) -> int:
    """0 valid, 1 refused, 2 unusable input."""
    given = _arguments(arguments)
    asked = Asked(given.file, given.keyring, given.delivery, given.report, given.contract, given.rerun, given.export_openssl,
                  given.proof)  # fmt: skip
    korean = (os.environ.get("DAMBO_LANG") or os.environ.get("LANG", "")).startswith("ko")
    try:
        outcome = answer(asked)
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror or type(error).__name__}", file=sys.stderr)
        return 2
    except Unusable as error:
        print(error.ko if korean else str(error), file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(outcome.to_json(), indent=2))
    else:
        print("\n".join(visible(line) for line in outcome.lines(korean=korean)))
    return 0 if outcome.refusal is None else 1


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m include.evidence.verify", description="Verify a signed document or an evidence pack, offline."
    )
    parser.add_argument("file", type=Path, help="the envelope, a report.json beside its envelope, or a pack (zip)")
    parser.add_argument("--keyring", type=Path, required=True, help="the keyring, whose digest you have compared")
    parser.add_argument("--delivery", type=Path, help="the delivered folder: hash it again")
    parser.add_argument("--report", type=Path, help="the report.json of a quality report")
    parser.add_argument("--contract", type=Path, help="the data contract, for --rerun of a single report")
    parser.add_argument(
        "--proof", type=Path, help="the document's .tlog-proof: is it in the log, and who saw it there?"
    )
    parser.add_argument(
        "--rerun", action="store_true", help="run the checks again on the delivery and compare report.json"
    )
    parser.add_argument(
        "--export-openssl", type=Path, metavar="DIR", help="write what openssl needs to verify it alone"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(arguments)


def visible(line: str) -> str:
    """Control and format characters as escapes: a name in a pack cannot steer a terminal."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line)
