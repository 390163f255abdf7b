"""Times of documents: RFC 3339, UTC, whole seconds, `Z`: one spelling for one instant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


def to_text(time: datetime) -> str:
    """The text of an aware time; fractions of a second are cut off. Raises ValueError for a naive one."""
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def from_text(text: str) -> datetime:
    """The time again. Raises ValueError for any other spelling."""
    time = datetime.strptime(text, FORM).replace(tzinfo=UTC)
    if to_text(time) != text:
        raise ValueError("not a time in RFC 3339, UTC, whole seconds")
    return time
