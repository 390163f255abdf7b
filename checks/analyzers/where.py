"""`where: {column: value | [values]}` of the contract: which records a rule is about.

Terms are joined by "and", the values of a term by "or"; a YAML null stands for a missing value. A filter that lets
nothing through leaves an empty population, and the check must FAIL on it, never pass by absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from checks.analyzers.labels import label_text, labels
from checks.analyzers.vocabulary import in_texts
from checks.columns import Col, View
from checks.kernel import Declaration, Misdeclared

_VALUE = {"type": ["string", "number", "boolean", "null"]}

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "which records the rule is about: column to value or values",
    "minProperties": 1,
    "additionalProperties": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1, "uniqueItems": True}]},
}


@dataclass(frozen=True, slots=True)
class Where:
    """A filter: per column the label texts it lets through (None: null), columns and texts sorted."""

    terms: tuple[tuple[Col, tuple[str | None, ...]], ...]

    def columns(self) -> frozenset[str]:
        """Names of the columns it reads."""
        return frozenset(col.name for col, _ in self.terms)

    def mask(self, view: View) -> np.ndarray:
        """Which records it lets through, bool [n]."""
        passed = np.ones(view.num_rows, dtype=bool)
        for col, allowed in self.terms:
            column = labels(view, col)
            passed &= in_texts(column.texts, allowed).take(column.codes)
        return passed


def parse(decl: Declaration, params: Mapping[str, Any], key: str = "where") -> Where | None:
    """The filter under `key`, None where there is none. Raises Misdeclared for unknown columns."""
    given = params.get(key)
    if given is None:
        return None
    if not given:
        raise Misdeclared(key, "the filter names no column")
    terms = []
    for name, values in given.items():
        listed = values if isinstance(values, list | tuple) else [values]
        texts = {None if v is None else label_text(v) for v in listed}
        ordered = tuple(sorted(texts, key=lambda t: (t is not None, t or "")))
        terms.append((decl.col(f"{key}.{name}", name), ordered))
    return Where(tuple(sorted(terms)))
