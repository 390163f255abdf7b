"""Values of the contract as canonical JSON text: one text for equal values, so that declarations stay hashable."""

from __future__ import annotations

import json
from decimal import Decimal


def as_json(value: object) -> str:
    """Canonical JSON of a value of the contract; a Decimal becomes the number it is."""
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and value.as_tuple().exponent == 0 else float(value)
    raise TypeError(type(value).__name__)
