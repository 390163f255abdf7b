"""What a label-agreement rule declares: its coefficient with level, weights and categories."""

from __future__ import annotations

from checks.agreement.coefficients import WEIGHTED, Level, Name, Weights
from checks.agreement.scale import scale_of
from checks.agreement.statistic import Method
from checks.analyzers.labels import label_text
from checks.columns import Col
from checks.kernel import Declaration, Misdeclared
from checks.statistics.undefined import Undefined

_NUMERIC_TYPES = {"integer", "number"}
_LABEL_TYPES = _NUMERIC_TYPES | {"string", "any"}


def method_of(decl: Declaration, rated: tuple[Col, ...]) -> Method:
    """The method over ratings in the columns `rated`. Raises Misdeclared."""
    coefficient: Name = decl.params["coefficient"]
    weights: Weights | None = decl.params.get("weights")
    ordered = coefficient in WEIGHTED
    level: Level = decl.params.get("level", "ordinal" if ordered else "nominal")
    if ordered != (weights is not None):
        raise Misdeclared(
            "weights", f"{coefficient} {'needs' if ordered else 'takes no'} weights", "linear or quadratic"
        )
    if ordered and level != "ordinal":
        raise Misdeclared("level", f"{coefficient} weighs by rank: its level is ordinal, not {level}")
    if not ordered and coefficient != "krippendorff-alpha" and level != "nominal":
        raise Misdeclared("level", f"{coefficient} is nominal", "krippendorff-alpha takes every level")
    categories = _categories(decl, numeric=level in {"interval", "ratio"})
    method = Method(coefficient, level, weights, categories)
    allowed = _LABEL_TYPES if level in {"interval", "ratio"} else _NUMERIC_TYPES
    if method.numeric and not all(col.type in allowed for col in rated):
        raise Misdeclared(
            "categories" if level == "ordinal" else "level", f"{level} labels need numbers", "or categories in order"
        )
    return method


def _categories(decl: Declaration, *, numeric: bool) -> tuple[str, ...] | None:
    given = decl.params.get("categories")
    if given is None:
        return None
    texts = tuple(label_text(v) for v in given)
    if len(set(texts)) < len(texts):
        raise Misdeclared("categories", "two categories are written alike")
    try:
        scale_of(texts, texts, numeric=numeric)
    except Undefined as why:
        raise Misdeclared("categories", f"{why.reason}: interval and ratio categories are numbers") from None
    return texts
