"""What the registry's parts share: the database, and rules for the words that go into it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from include.errors import ContractError, DeliveryError, VerificationError
from include.registry.database import Database
from include.registry.tables import AttemptT

NAME_BYTES = 255
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Store:
    """A part of the registry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def _writing_on(self, attempt_id: str) -> Iterator[Session]:
        """A transaction alone on the attempt's voucher; VerificationError "unknown-attempt" if there is none."""
        with self._database.reading() as session:
            voucher = session.scalar(select(AttemptT.voucher).where(AttemptT.id == attempt_id))
        if voucher is None:
            raise unknown_attempt()
        with self._database.writing(voucher) as session:
            yield session


def check_name(what: str, value: str) -> str:
    """A voucher's or delivery's name as storage has it: one path segment, no control characters. Returned unchanged."""
    bad = any(unicodedata.category(c) in {"Cc", "Cs"} for c in value)
    if bad or "/" in value or value in {"", ".", ".."} or len(value.encode()) > NAME_BYTES:
        raise DeliveryError(
            "bad-name",
            f"the {what}'s name is not one plain path segment of at most {NAME_BYTES} bytes",
            ko=f"{what} 이름은 {NAME_BYTES}바이트 이하의 경로 조각 하나여야 합니다",
        )
    return value


def check_sha256(what: str, value: str) -> str:
    """A digest as we write it; anything else is a caller's mistake."""
    if not _SHA256.fullmatch(value):
        raise ValueError(f"{what} is not a lowercase sha256 hex digest")
    return value


def storable(text: str) -> str:
    """Free text with what no database keeps (NUL, lone surrogates) replaced by U+FFFD."""
    return "".join("\N{REPLACEMENT CHARACTER}" if c == "\0" or unicodedata.category(c) == "Cs" else c for c in text)


def fact_changed(what: str) -> VerificationError:
    """A fact that is written once was handed in with another value."""
    return VerificationError(
        "fact-changed",
        f"{what} is already recorded with another value and never changes",
        hint="Start a new attempt with a reason.",
        ko=f"이미 기록된 값과 다릅니다: {what}",
        ko_hint="사유를 적어 새 시도를 시작하십시오.",
    )


def unknown_attempt() -> VerificationError:
    """An attempt id that the registry never gave out."""
    return VerificationError(
        "unknown-attempt", "the registry knows no such attempt", ko="등록부에 없는 시도 번호입니다"
    )


def refused(code: str, message: str, ko: str, *, hint: str = "", ko_hint: str = "") -> ContractError:
    """A change that the registry's rules forbid: a person must act."""
    return ContractError(code, message, hint=hint, ko=ko, ko_hint=ko_hint)
