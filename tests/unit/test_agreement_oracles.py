"""Every coefficient against a naive reading of its definition and against reference libraries, missing ratings included."""

from __future__ import annotations

import warnings
from collections import Counter
from fractions import Fraction
from itertools import combinations, permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from rating_helpers import rated
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from checks.agreement.statistic import Method, measure

CATEGORIES = ("1", "2", "3", "5", "10")


RATERS = st.integers(2, 4)


def items(raters=RATERS, missing=True, most=12):
    label = st.sampled_from([None, *CATEGORIES] if missing else CATEGORIES)
    return raters.flatmap(lambda r: st.lists(st.lists(label, min_size=r, max_size=r), min_size=1, max_size=most))


def value(rows, coefficient, **how):
    statistic = measure(rated(rows, Method(coefficient, **how)), Method(coefficient, **how), with_interval=False)
    return statistic.value if statistic.undefined is None else statistic.undefined


def given_labels(rows):
    return [[x for x in row if x is not None] for row in rows]


def defined(rows):
    """Two raters, two items with two ratings, two classes."""
    voices = {j for row in rows for j, x in enumerate(row) if x is not None}
    classes = {x for row in given_labels(rows) for x in row}
    assume(len(voices) > 1 and len(classes) > 1 and sum(len(row) > 1 for row in given_labels(rows)) > 1)


def agreeing(row, weight=lambda a, b: int(a == b)):
    pairs = list(permutations(row, 2))
    return sum(Fraction(weight(a, b)) for a, b in pairs) / len(pairs)


def observed(rows, *weight):
    shares = [agreeing(row, *weight) for row in given_labels(rows) if len(row) > 1]
    return sum(shares) / len(shares)


def item_shares(rows):
    """Mean over rated items of each category's share in the item."""
    used = [Counter(row) for row in given_labels(rows) if row]
    return {c: sum(Fraction(k[c], k.total()) for k in used) / len(used) for c in CATEGORIES}


def ranked(weights, labels):
    rank = {label: i for i, label in enumerate(labels)}
    power = {"linear": 1, "quadratic": 2}[weights]
    return lambda a, b: 1 - Fraction(abs(rank[a] - rank[b]), len(labels) - 1) ** power


@given(items())
def test_percent_agreement(rows):
    assume(sum(len(row) > 1 for row in given_labels(rows)) > 1)
    assume(len({j for row in rows for j, x in enumerate(row) if x is not None}) > 1)
    assert value(rows, "percent-agreement") == observed(rows)


def kappa(pairs, weight=lambda a, b: int(a == b), pooled=False):
    """1 - Do/De from the paper's words; None where De is zero."""
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    if pooled:
        first = second = first + second
    n, m = first.total(), second.total()
    expected = sum(weight(a, b) * Fraction(first[a] * second[b], n * m) for a in first for b in second)
    seen = Fraction(sum(Fraction(weight(a, b)) for a, b in pairs), len(pairs))
    return None if expected == 1 else (seen - expected) / (1 - expected)


def over_pairs(rows, *how, **kw):
    """Mean over pairs of raters with items in common; the reason where one pair has none."""
    values = []
    for a, b in combinations(range(len(rows[0])), 2):
        both = [(row[a], row[b]) for row in rows if row[a] is not None and row[b] is not None]
        if both:
            values.append(kappa(both, *how, **kw))
    return "one-class" if None in values else sum(values) / len(values)


@given(items())
def test_cohen_and_scott(rows):
    defined(rows)
    assert value(rows, "cohen-kappa") == over_pairs(rows)
    assert value(rows, "scott-pi") == over_pairs(rows, pooled=True)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@given(rows=items())
def test_weighted_cohen(weights, rows):
    defined(rows)
    how = {"level": "ordinal", "weights": weights, "categories": CATEGORIES}
    assert value(rows, "weighted-cohen-kappa", **how) == over_pairs(rows, ranked(weights, CATEGORIES))


@given(items())
def test_fleiss_as_generalised_by_gwet(rows):
    defined(rows)
    expected = sum(p * p for p in item_shares(rows).values())
    assume(expected != 1)
    assert value(rows, "fleiss-kappa") == (observed(rows) - expected) / (1 - expected)


@given(items())
def test_gwet_ac1(rows):
    defined(rows)
    q = len({x for row in given_labels(rows) for x in row})
    expected = sum(p * (1 - p) for p in item_shares(rows).values()) / (q - 1)
    assert value(rows, "gwet-ac1") == (observed(rows) - expected) / (1 - expected)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@given(rows=items())
def test_gwet_ac2(weights, rows):
    defined(rows)
    weight, q = ranked(weights, CATEGORIES), len(CATEGORIES)
    every = sum(weight(a, b) for a in CATEGORIES for b in CATEGORIES)
    expected = every / (q * (q - 1)) * sum(p * (1 - p) for p in item_shares(rows).values())
    how = {"level": "ordinal", "weights": weights, "categories": CATEGORIES}
    assert value(rows, "gwet-ac2", **how) == (observed(rows, weight) - expected) / (1 - expected)


def alpha(rows, level):
    """Krippendorff's coincidences, counted pair by pair."""
    units = [[Fraction(x) for x in row] for row in given_labels(rows) if len(row) > 1]
    n = Counter(x for unit in units for x in unit)
    scale = sorted(n)

    def delta(c, k):
        low, high = min(c, k), max(c, k)
        match level:
            case "nominal":
                return Fraction(c != k)
            case "ordinal":
                return (sum(n[g] for g in scale if low <= g <= high) - Fraction(n[c] + n[k], 2)) ** 2
            case "interval":
                return (c - k) ** 2
            case _:
                return ((c - k) / (c + k)) ** 2

    total = n.total()
    together = sum(delta(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)) / total
    apart = sum(n[a] * n[b] * delta(a, b) for a in n for b in n) / Fraction(total * (total - 1))
    return "one-class" if not apart else 1 - together / apart


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(rows=items())
def test_alpha(level, rows):
    defined(rows)
    assert value(rows, "krippendorff-alpha", level=level) == alpha(rows, level)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(rows=items())
def test_alpha_of_the_krippendorff_package(level, rows):
    defined(rows)
    pairable = {x for row in given_labels(rows) if len(row) > 1 for x in row}
    assume(len(pairable) > 1)
    data = np.array([[np.nan if x is None else float(x) for x in row] for row in rows]).T
    theirs = krippendorff.alpha(reliability_data=data, level_of_measurement=level)
    assert float(value(rows, "krippendorff-alpha", level=level)) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
@given(rows=items(raters=st.just(2), missing=False))
def test_kappa_of_scikit_learn(weights, rows):
    first, second = zip(*rows, strict=True)
    assume(len({*first, *second}) > 1 and len(rows) > 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = cohen_kappa_score(first, second, labels=CATEGORIES, weights=weights)
    how = {} if weights is None else {"level": "ordinal", "weights": weights, "categories": CATEGORIES}
    ours = value(rows, "weighted-cohen-kappa" if weights else "cohen-kappa", **how)
    if ours == "one-class":
        assert np.isnan(theirs)
    else:
        assert float(ours) == pytest.approx(theirs, abs=1e-9)


@given(rows=items(missing=False))
def test_fleiss_of_statsmodels(rows):
    defined(rows)
    counts = np.array([[row.count(c) for c in CATEGORIES] for row in rows])
    assert float(value(rows, "fleiss-kappa")) == pytest.approx(fleiss_kappa(counts), abs=1e-9)


def test_ratio_of_many_values_is_rounded_to_the_exact_one():
    rows = [[str(i % 97 + 1), str((i * 7 + i // 5) % 89 + 1)] for i in range(150)]
    exact = alpha(rows, "ratio")
    assert float(value(rows, "krippendorff-alpha", level="ratio")) == pytest.approx(float(exact), abs=1e-12)


def test_interval_is_exact_for_huge_and_tiny_decimals():
    rows = [["1000000000000.000001", "1000000000000.000003"], ["7", "7.5"], ["-3e5", "0.1"]]
    assert value(rows, "krippendorff-alpha", level="interval") == alpha(rows, "interval")


def test_mean_over_many_pairs_is_the_rounded_exact_mean():
    rows = [[CATEGORIES[(i * i + (i * j) % 7) % 5] for j in range(13)] for i in range(40)]
    exact = over_pairs(rows)
    assert float(value(rows, "cohen-kappa")) == pytest.approx(float(exact), abs=1e-12)
