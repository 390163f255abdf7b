"""`_DELIVERED.json`: the supplier's claim, put last, never data. The registry decides what of it is true."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema

from include.errors import DeliveryError, VerificationError
from include.evidence.canonical import strict_parse

NAME = "_DELIVERED.json"
LARGEST = 64 * 2**20
"""A marker may list hundreds of thousands of files."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One file as the supplier declares it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What the supplier claims. `files` is None where none are listed."""

    voucher: str
    milestone: str
    delivery: str
    phase: str
    contract_id: str
    contract_version: str
    supplier: str
    files: tuple[Declared, ...] | None


@cache
def schema() -> dict[str, Any]:
    """The marker's JSON Schema."""
    text = files("include.deliveries").joinpath("schemas/delivered.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def parse_marker(data: bytes) -> Marker:
    """The claim in `data`. Raises DeliveryError "marker-invalid" for anything that is not exactly one."""
    try:
        document: Any = strict_parse(data, limit=LARGEST)
    except VerificationError as error:
        raise _invalid(error.message) from None
    wrong = next(iter(jsonschema.Draft202012Validator(schema()).iter_errors(document)), None)
    if wrong is not None:
        raise _invalid(f"at {wrong.json_path}: not as the schema of _DELIVERED.json says ({wrong.validator})")
    listed = document.get("files")
    if listed is not None and len({f["path"] for f in listed}) < len(listed):
        raise _invalid("declares a path twice")
    return Marker(
        document["voucher"],
        document["milestone"],
        document["delivery"],
        document["phase"],
        document["contract"]["id"],
        document["contract"]["version"],
        document.get("supplier", ""),
        None if listed is None else tuple(Declared(f["path"], f["size"], f["sha256"]) for f in listed),
    )


def _invalid(message: str) -> DeliveryError:
    return DeliveryError(
        "marker-invalid",
        f"{NAME} {message}",
        hint="see docs/reference/delivery.md for its form; put it again, last",
        ko=f"{NAME} 형식이 올바르지 않습니다: {message}",
        ko_hint="docs/reference/delivery.md 의 형식대로 고쳐 마지막에 다시 올리십시오",
    )
