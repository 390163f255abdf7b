"""The values that each check's metric can have by definition: a target outside of them can't be met.

A check with several measures names the chosen one in a parameter: `coefficient`, `measure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from include.contracts.targets import Range

COUNT = Range(low=Decimal(0), whole=True)
SHARE = Range(Decimal(0), Decimal(1))
PERCENT = Range(Decimal(0), Decimal(100))
CORRECTED = Range(Decimal(-1), Decimal(1))
AT_MOST_ONE = Range(high=Decimal(1))
UNBOUNDED = Range(low=Decimal(0))

MEASURE_KEYS = ("coefficient", "measure")
"""Parameters that name the measure."""

ERRORS = ("cer", "cer-no-space", "wer")
"""Measures that less is better of, and that have no upper end."""

BALANCE: Mapping[str, Range] = {
    "overlap": SHARE,
    "total-variation": SHARE,
    "jensen-shannon": SHARE,
    "normalized-entropy": SHARE,
    "psi": UNBOUNDED,
    "imbalance-ratio": Range(low=Decimal(1)),
    "min-class-count": COUNT,
}
"""Measures of a distribution, over classes or bins."""

MEASURES: Mapping[tuple[str, str], Range] = {
    ("label-agreement", "percent-agreement"): SHARE,
    ("label-agreement", "cohen-kappa"): CORRECTED,
    ("label-agreement", "weighted-cohen-kappa"): AT_MOST_ONE,
    ("label-agreement", "scott-pi"): CORRECTED,
    ("label-agreement", "fleiss-kappa"): CORRECTED,
    ("label-agreement", "krippendorff-alpha"): AT_MOST_ONE,
    ("label-agreement", "gwet-ac1"): CORRECTED,
    ("label-agreement", "gwet-ac2"): AT_MOST_ONE,
    ("label-agreement", "masi-alpha"): AT_MOST_ONE,
    **{
        ("label-agreement", name): SHARE
        for name in ("f1", "item-f1", "mean-iou", "dice", "oks", "span-f1", "overlap-f1")
    },
    **{("label-agreement", name): CORRECTED for name in ("class-kappa", "class-kappa-with-none")},
    **{(check, name): UNBOUNDED for check in ("label-agreement", "label-accuracy") for name in ERRORS},
    ("rater-quality", "repeated-answers"): COUNT,
    **{(check, name): within for check in ("class-balance", "distribution") for name, within in BALANCE.items()},
}

SHARES = frozenset({"label-accuracy", "label-validity", "rater-quality"})
"""Checks whose every measure is a share."""


def measure_of(params: Mapping[str, Any], unit: str) -> str:
    """Which measure a rule is about: what it names, else its unit."""
    for key in MEASURE_KEYS:
        if isinstance(params.get(key), str):
            return str(params[key])
    return unit


def range_of(check: str, measure: str) -> Range:
    """The possible values of a check's metric."""
    if (check, measure) in MEASURES:
        return MEASURES[check, measure]
    if check in SHARES:
        return SHARE
    if measure == "percent":
        return PERCENT
    return COUNT if measure == "rows" else Range()
