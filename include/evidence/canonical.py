"""Canonical bytes (RFC 8785) and the strict reading of JSON that comes from outside.

Invariants: whatever the bytes, only VerificationError escapes; what `require_canonical` accepts has exactly one form.
Python's own parser takes the last of two equal keys, NaN, a BOM and any depth: it is never used bare on evidence.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Final, NoReturn, ParamSpec, TypeAlias, TypeVar

import rfc8785

from include.errors import VerificationError
from include.evidence.refusals import refuse

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""JSON as evidence holds it: no floats, numbers that are not counts are decimal strings."""

STATEMENT_LIMIT: Final = 2**20
DEPTH_LIMIT: Final = 32
INTEGER_LIMIT: Final = 2**53

P = ParamSpec("P")
R = TypeVar("R")


def verification_only(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, letting out VerificationError and nothing else: the last wall behind the explicit checks."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except VerificationError:
            raise
        except Exception as error:
            raise refuse("verifier-failure", type(error).__name__) from error

    return guarded


def canonical(value: Json) -> bytes:
    """The RFC 8785 bytes. Raises ValueError for what evidence cannot hold (a float, an integer from 2^53 on)."""
    return bytes(rfc8785.dumps(value))


def digest(data: bytes) -> str:
    """sha256 in hex."""
    return sha256(data).hexdigest()


@verification_only
def strict_parse(data: bytes, *, limit: int = STATEMENT_LIMIT, depth: int = DEPTH_LIMIT) -> Json:
    """The JSON value of `data`: UTF-8, no BOM, no duplicate key, no float, depth at most `depth`, `limit` bytes."""
    if len(data) > limit:
        raise refuse("too-large", f"{len(data)} > {limit}")
    text = _text(data)
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise refuse("trailing-bytes" if error.msg == "Extra data" else "not-json", f"at {error.pos}") from None
    except RecursionError:
        raise refuse("too-deep") from None
    _walk(value, depth)
    return value


@verification_only
def require_canonical(data: bytes, *, limit: int = STATEMENT_LIMIT, depth: int = DEPTH_LIMIT) -> Json:
    """The same, and `data` is the one canonical form of the value."""
    value = strict_parse(data, limit=limit, depth=depth)
    if canonical(value) != data:
        raise refuse("not-canonical")
    return value


def _text(data: bytes) -> str:
    try:
        text = bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise refuse("not-utf8", f"at {error.start}") from None
    if text.startswith("\ufeff"):
        raise refuse("byte-order-mark")
    return text


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise refuse("duplicate-key")
    return made


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= INTEGER_LIMIT:
        raise refuse("integer-range")
    if text == "-0":
        raise refuse("float-number", "-0")
    return int(text)


def _float(text: str) -> NoReturn:
    raise refuse("float-number", text[:20])


def _constant(text: str) -> NoReturn:
    raise refuse("not-a-number", text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant, strict=True
)


def _walk(root: Json, depth: int) -> None:
    """Depth and lone surrogates, without recursion."""
    pending: list[tuple[Json, int]] = [(root, 1)]
    while pending:
        value, level = pending.pop()
        if isinstance(value, str):
            _whole(value)
        elif isinstance(value, (list, dict)):
            if level > depth:
                raise refuse("too-deep")
            if isinstance(value, dict):
                for key in value:
                    _whole(key)
            pending.extend((child, level + 1) for child in (value.values() if isinstance(value, dict) else value))


def _whole(text: str) -> None:
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise refuse("lone-surrogate")
