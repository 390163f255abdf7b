"""The passphrase of encrypted key files: from a file that settings name, or asked of the person at the terminal.

It is never an argument, an environment variable's value or a log line. One final line break of the file is not part of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from getpass import getpass
from pathlib import Path
from typing import Final, TypeAlias

from include.errors import SignerError
from include.settings import Settings

Passphrase: TypeAlias = Callable[[], bytes]
"""Called only when a key turns out to be encrypted. Raises SignerError."""

LEAST: Final = 8
"""Characters of a new passphrase: short ones are guessed from a stolen key file."""


def no_passphrase() -> bytes:
    """For who has none."""
    raise SignerError(
        "passphrase-missing",
        "the key is encrypted and there is no passphrase for it",
        hint="point DAMBO_KEY_PASSPHRASE_FILE at a file that holds the passphrase, or run at a terminal",
        ko="키가 암호화되어 있으나 암호문구가 없습니다",
        ko_hint="DAMBO_KEY_PASSPHRASE_FILE로 암호문구 파일을 지정하거나 터미널에서 실행하세요",
    )


def passphrase_of(settings: Settings) -> Passphrase:
    """How these settings come by the passphrase: the file, else the terminal (asked once), else `no_passphrase`."""
    file = settings.key_passphrase_file
    if file is not None:
        return lambda: _read(file)
    return _asked if sys.stdin.isatty() else no_passphrase


def new_passphrase(settings: Settings) -> bytes:
    """For a key that is going to be made: from the file, or asked twice. Raises SignerError for a short one."""
    if settings.key_passphrase_file is not None:
        made = _read(settings.key_passphrase_file)
    elif sys.stdin.isatty():
        made = getpass("new passphrase: ").encode()
        if getpass("the same again: ").encode() != made:
            raise SignerError("passphrase-differs", "the two passphrases differ", ko="두 암호문구가 다릅니다")
    else:
        made = no_passphrase()
    if len(made.decode("utf-8", "replace")) < LEAST:
        raise SignerError(
            "passphrase-short",
            f"a passphrase has at least {LEAST} characters",
            ko=f"암호문구는 {LEAST}자 이상이어야 합니다",
        )
    return made


@cache
def _asked() -> bytes:
    return getpass("passphrase of the keys: ").encode()


def _read(file: Path) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SignerError(
            "passphrase-unreadable",
            f"the passphrase file cannot be read: {error.strerror or type(error).__name__}",
            hint="check DAMBO_KEY_PASSPHRASE_FILE",
            ko="암호문구 파일을 읽을 수 없습니다",
            ko_hint="DAMBO_KEY_PASSPHRASE_FILE을 확인하세요",
        ) from None
    return data.removesuffix(b"\n").removesuffix(b"\r")
