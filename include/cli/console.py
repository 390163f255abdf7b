"""How verbs speak: Korean or English to stderr, results to stdout, `--json` for machines; control characters never pass."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from typing import Annotated, Any

import typer

from include.errors import DamboError
from include.settings import settings

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def korean() -> bool:
    """Does the user read Korean? DAMBO_LANG decides, else the locale."""
    lang = settings().lang or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return lang.startswith("ko")


def plain(text: str) -> str:
    """`text` with control, bidi and other invisible characters shown as \\uXXXX, so that data cannot steer a terminal."""
    return "".join(
        c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else f"\\u{ord(c):04x}" for c in text
    )


def say(ko: str, en: str) -> None:
    """One line for a person, on stderr."""
    print(plain(ko if korean() else en), file=sys.stderr)


def result(value: Any) -> None:
    """A machine's result on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def fail(error: DamboError) -> None:
    """An error with its hint, on stderr."""
    message, hint = (error.ko, error.ko_hint) if korean() else (error.message, error.hint)
    print(plain(f"dambo: {error.code}: {message}"), file=sys.stderr)
    if hint:
        print(plain(f"  → {hint}"), file=sys.stderr)
