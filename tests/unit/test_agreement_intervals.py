"""The delta method against the jackknife and finite differences, the bootstrap against the delta method, and the edges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from rating_helpers import rated

from checks.agreement import intervals
from checks.agreement.statistic import Method, _parts, measure

SCALE = ("1", "2", "3", "4")
METHODS = [
    Method("percent-agreement"),
    Method("cohen-kappa"),
    Method("weighted-cohen-kappa", "ordinal", "linear", SCALE),
    Method("weighted-cohen-kappa", "ordinal", "quadratic", SCALE),
    Method("scott-pi"),
    Method("fleiss-kappa"),
    Method("gwet-ac1"),
    Method("gwet-ac2", "ordinal", "linear", SCALE),
    Method("krippendorff-alpha"),
    Method("krippendorff-alpha", "ordinal"),
    Method("krippendorff-alpha", "interval"),
    Method("krippendorff-alpha", "ratio"),
]
methods = pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.coefficient}-{m.level}-{m.weights}")


def ratings(items=400, raters=3, seed=1):
    """Noisy copies of a truth with a missing rating here and there; every item has two or more."""
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(items):
        truth = draw.integers(1, 5)
        row = [str(truth if draw.random() < 0.7 else draw.integers(1, 5)) for _ in range(raters)]
        if draw.random() < 0.15:
            row[draw.integers(raters)] = None
        rows.append(row)
    return rows


@methods
def test_influences_are_the_derivatives_by_items(method):
    """One more item of a pattern changes the coefficient by its influence, but for second-order terms."""
    one = rated(ratings(3000), method)
    weight = one.ratings.weight
    parts = _parts(one, method)
    influence = sum(part.influence(weight) for part in parts) / len(parts)
    for unit in range(0, weight.size, 7):
        up, down = weight.astype(float), weight.astype(float)
        up[unit] += 0.5
        down[unit] -= 0.5
        change = sum(part.replicate(up) - part.replicate(down) for part in parts) / len(parts)
        assert influence[unit] == pytest.approx(change, rel=1e-3, abs=1e-8)


@methods
def test_standard_error_is_about_the_jackknife_s(method):
    rows = ratings(200)
    one = rated(rows, method)
    weight = one.ratings.weight
    parts = _parts(one, method)
    left_out = np.empty(weight.size)
    for unit in range(weight.size):
        fewer = weight.astype(float)
        fewer[unit] -= 1
        left_out[unit] = sum(part.replicate(fewer) for part in parts) / len(parts)
    n = weight.sum()
    centre = (weight * left_out).sum() / n
    jackknife = sqrt((n - 1) / n * (weight * (left_out - centre) ** 2).sum())
    assert intervals.standard_error(parts, weight, weight > 0) == pytest.approx(jackknife, rel=0.03)


@methods
def test_bootstrap_agrees_with_the_delta_method(method, monkeypatch):
    rows = ratings(600)
    delta = measure(rated(rows, method), method).interval
    monkeypatch.setattr(intervals, "MOST_FEATURES", 0)
    again = measure(rated(rows, method), method).interval
    assert "Student t" in delta.method
    assert again.method == "Poisson bootstrap over 600 items, 999 of 999 replicates, percentiles"
    width = float(delta.high - delta.low)
    assert float(again.low) == pytest.approx(float(delta.low), abs=width * 0.07)
    assert float(again.high) == pytest.approx(float(delta.high), abs=width * 0.07)
    assert again == measure(rated(rows, method), method).interval


@methods
def test_order_of_items_changes_nothing(method, monkeypatch):
    rows = ratings(60)
    one = measure(rated(rows, method), method)
    assert measure(rated(rows[::-1], method), method) == one
    monkeypatch.setattr(intervals, "MOST_FEATURES", 0)
    boot = measure(rated(rows, method), method)
    assert measure(rated(rows[::-1], method), method) == boot
    assert boot.interval != one.interval


def test_poisson_weights_are_poisson_and_repeat():
    weight = np.repeat([0, 1, 7, 5000], 4000)
    drawn = intervals.poisson_weights(weight, 3)
    assert np.array_equal(drawn, intervals.poisson_weights(weight, 3))
    assert not np.array_equal(drawn, intervals.poisson_weights(weight, 4))
    for items in (0, 1, 7, 5000):
        some = drawn[weight == items]
        assert some.mean() == pytest.approx(items, abs=5 * sqrt(items / 4000) + 1e-12)
        assert some.var() == pytest.approx(items, rel=0.12, abs=1e-12)


def test_replicates_are_independent_of_each_other():
    weight = np.ones(5000, dtype=np.int64)
    draws = np.array([intervals.poisson_weights(weight, b) for b in range(12)])
    apart = np.corrcoef(draws)[~np.eye(12, dtype=bool)]
    assert abs(apart).max() < 0.06


def test_percent_agreement_of_two_raters_has_the_binomial_error():
    rows = [["a", "a"]] * 80 + [["a", "b"]] * 20
    found = measure(rated(rows, Method("percent-agreement")), Method("percent-agreement"))
    half = 1.9842169515 * sqrt(0.8 * 0.2 / 99)  # Student's t of 99 degrees of freedom at 0.975
    assert found.value == Fraction(4, 5)
    assert float(found.interval.low) == pytest.approx(0.8 - half, abs=1e-6)
    assert float(found.interval.high) == pytest.approx(0.8 + half, abs=1e-6)
    assert found.interval.level == "0.95"


def test_perfect_agreement_has_an_interval_of_one_point_and_bounds_stay_in_range():
    rows = [["a", "a"], ["b", "b"], ["a", "a"]]
    found = measure(rated(rows, Method("cohen-kappa")), Method("cohen-kappa"))
    assert (found.value, found.interval.low, found.interval.high) == (1, Decimal(1), Decimal(1))
    few = [["a", "a"], ["b", "b"], ["a", "b"]]
    found = measure(rated(few, Method("percent-agreement")), Method("percent-agreement")).interval
    assert (found.low, found.high) == (Decimal(0), Decimal(1))


def test_one_informative_item_has_no_interval():
    one = rated([["a", "b"], ["a", "a"]], Method("percent-agreement"))
    (part,) = _parts(one, Method("percent-agreement"))
    assert intervals.interval([part], np.array([1, 0]), 0.5, 0) is None


def test_bounds_are_written_with_six_decimals_at_most():
    found = measure(rated(ratings(50), METHODS[0]), METHODS[0]).interval
    assert -found.low.as_tuple().exponent <= 6
    assert -found.high.as_tuple().exponent <= 6


def test_coverage_of_the_interval_is_about_its_level():
    """Alpha of 300 sets of 60 items around the alpha of one of 60,000 drawn the same way."""
    method = Method("krippendorff-alpha")
    truth = float(measure(rated(ratings(60_000, seed=9), method), method, with_interval=False).value)
    hits = 0
    for seed in range(300):
        found = measure(rated(ratings(60, seed=100 + seed), method), method).interval
        hits += float(found.low) <= truth <= float(found.high)
    assert 276 <= hits <= 294
