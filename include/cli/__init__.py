"""`dambo`: one module a verb family. Results go to stdout, messages for people to stderr; nothing heavy is imported early."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

from include.cli.console import fail
from include.errors import DamboError

app = typer.Typer(
    name="dambo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="담보: verify delivered training data; only a report that stands lets a payment go.",
)

FAMILIES = (
    "check",
    "judge",
    "run",
    "verify",
    "keys",
    "signer",
    "log",
    "evidence",
    "voucher",
    "contract",
    "gate",
    "demo",
    "up",
    "doctor",
)
"""Each names a module here with a function `register(app)` that adds its verbs."""

for _family in FAMILIES:
    import_module(f"include.cli.{_family}").register(app)


def main() -> None:
    """The entry point. A DamboError becomes a message with its hint; any error ends with exit code 2: no verdict.

    Never 1, which Python gives a crash and which here means FAIL. DAMBO_DEBUG=1 shows the traceback.
    """
    try:
        app()
    except DamboError as error:
        fail(error)
    except Exception as error:
        if os.environ.get("DAMBO_DEBUG"):
            raise
        fail(unexpected(error))
    sys.exit(2)


def unexpected(error: Exception) -> DamboError:
    """A crash in words. The error's own message may hold values of the data and stays out."""
    return DamboError(
        "unexpected-error",
        f"this is a fault of Dambo ({type(error).__name__}); there is no verdict",
        hint="run again with DAMBO_DEBUG=1 to see where",
        ko=f"담보의 오류입니다({type(error).__name__}). 판정은 없습니다",
        ko_hint="DAMBO_DEBUG=1 로 다시 실행하면 위치를 볼 수 있습니다",
    )
