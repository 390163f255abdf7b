"""Student's t against scipy's."""

from __future__ import annotations

import pytest
from scipy.special import stdtr, stdtrit

from checks.statistics.student import half_width, within

SAME = 1e-12


@pytest.mark.parametrize("freedom", [*range(1, 60), 199, 998, 999, 1000, 1001, 4321, 10**5, 10**8])
def test_the_quantile_is_scipys(freedom: int) -> None:
    assert half_width(freedom) == pytest.approx(float(stdtrit(freedom, 0.975)), rel=SAME)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 6, 31, 400])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.7, 12.0])
def test_the_distribution_is_scipys(t: float, freedom: int) -> None:
    assert within(t, freedom) == pytest.approx(2 * float(stdtr(freedom, t)) - 1, rel=1e-10, abs=1e-14)
