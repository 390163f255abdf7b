"""report.json against its JSON Schema: before it is written, and when it is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import jsonschema
import rfc8785

from include.errors import DamboError

CAP = 64 * 2**20
"""A report larger than this is neither written nor read."""


@lru_cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema (2020-12) of report.json."""
    found: Mapping[str, Any] = json.loads(
        resources.files("include.reports").joinpath("schemas/quality-report.schema.json").read_bytes()
    )
    return found


@lru_cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema())


def validate(document: Mapping[str, Any]) -> None:
    """Raises DamboError "report-invalid" naming the first place that is not of the schema."""
    error = next(iter(_validator().iter_errors(document)), None)
    if error is not None:
        raise _invalid(f"{error.json_path}: not of the schema ({error.validator})")


def read_report(data: bytes) -> dict[str, Any]:
    """The document of canonical bytes. Raises DamboError "report-invalid" for anything else: too long, not JSON,
    a key twice, not canonical, not of the schema.
    """
    if len(data) > CAP:
        raise _invalid(f"{len(data)} bytes, more than {CAP}")
    try:
        document = json.loads(data.decode("utf-8"))
        canonical = rfc8785.dumps(document)
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise _invalid(f"not JSON that we write ({type(error).__name__})") from None
    if canonical != data:  # a key twice, NaN, other spacing or order: none of these survives
        raise _invalid("not in canonical form (RFC 8785)")
    if not isinstance(document, dict):
        raise _invalid("not an object")
    validate(document)
    return document


def _invalid(what: str) -> DamboError:
    return DamboError(
        "report-invalid",
        f"report.json: {what}",
        hint="it was not written by dambo, or changed since",
        ko=f"report.json: {what}",
        ko_hint="담보가 작성한 파일이 아니거나 작성 후 변경되었습니다",
    )
