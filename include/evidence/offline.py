"""`python -m include.evidence.verify`: verification where nothing but Python, `cryptography` and `rfc8785` is installed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from include.evidence.steps import run_files


def main(arguments: list[str] | None = None) -> int:
    """0 valid, 1 refused, 2 unusable input."""
    parser = argparse.ArgumentParser(prog="python -m include.evidence.verify", description="Verify a signed document offline.")  # fmt: skip
    parser.add_argument("file", type=Path, help="the envelope")
    parser.add_argument("--keyring", type=Path, required=True, help="the keyring, whose digest you have compared")
    parser.add_argument("--delivery", type=Path, help="the delivered folder: hash it again")
    parser.add_argument("--report", type=Path, help="the report.json of a quality report")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    given = parser.parse_args(arguments)
    try:
        outcome = run_files(given.file, given.keyring, delivery=given.delivery, report=given.report)
    except OSError as error:
        print(f"cannot read {error.filename}: {error.strerror or type(error).__name__}", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(outcome.to_json(), indent=2))
    else:
        korean = (os.environ.get("DAMBO_LANG") or os.environ.get("LANG", "")).startswith("ko")
        print("\n".join(outcome.lines(korean=korean)))
    return 0 if outcome.refusal is None else 1
