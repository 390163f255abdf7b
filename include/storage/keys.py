"""What a key may look like, the same in every store, so that one delivery gets one verdict wherever it lies.

Refused is what some store, unpacker or terminal would read as something else than a plain relative path. Bidi and other
odd but harmless characters pass: they are escaped where they are shown.
"""

from __future__ import annotations

import re

from include.errors import DeliveryError
from include.storage.errors import unsafe_path

MAX_BYTES = 1024
"""S3's limit on a key, held everywhere."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_NO_SEGMENTS = frozenset({"", ".", ".."})


def check_key(key: str) -> str:
    """`key` itself if it is a plain relative path; else DeliveryError `unsafe-path`."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise unsafe_path(key, "is not valid UTF-8", "이름이 올바른 UTF-8이 아닙니다") from None
    if size > MAX_BYTES:
        raise unsafe_path(key[:80], f"... is longer than {MAX_BYTES} bytes", f"경로가 {MAX_BYTES}바이트를 넘습니다")
    if _CONTROL.search(key):
        raise unsafe_path(key, "has a control character or a backslash", "제어 문자나 역슬래시가 있습니다")
    if not _NO_SEGMENTS.isdisjoint(key.split("/")):
        raise unsafe_path(key, "is not a plain relative path", "평범한 상대 경로가 아닙니다")
    return key


DESTROYABLE = "findings/"
"""The one room whose objects may be destroyed: what the law may make go lies there, evidence never does."""


def check_destroyable(key: str) -> str:
    """`key` itself if it may be destroyed; else ValueError (a mistake of ours) or DeliveryError `unsafe-path`."""
    if not check_key(key).startswith(DESTROYABLE):
        raise ValueError(f"{key!r} is not under {DESTROYABLE}: it is never destroyed")
    return key


def is_plain(key: str) -> bool:
    """Would `check_key` take it?"""
    try:
        check_key(key)
    except DeliveryError:
        return False
    return True


def check_prefix(prefix: str) -> str:
    """`prefix` itself if a key may start with it; else DeliveryError `unsafe-path`."""
    if prefix:
        check_key(prefix + "x" if prefix[-1] in "./" else prefix)
    return prefix
