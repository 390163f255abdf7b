"""Tail probabilities are scipy's."""

from __future__ import annotations

import math

import pytest
from scipy.special import chdtrc

from checks.statistics.tails import chi_square_tail


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8, 9, 30, 99, 100, 999, 5000])
def test_chi_square_tail_is_that_of_scipy(freedom):
    points = [
        0.0,
        1e-9,
        0.01,
        0.5,
        1,
        2,
        3.84,
        10,
        50,
        200,
        700,
        1400,
        3000,
        9000,
        freedom * 0.5,
        freedom,
        freedom * 1.2,
    ]
    for x in points:
        ours, theirs = chi_square_tail(freedom, x), float(chdtrc(freedom, x))
        assert math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-290), (x, ours, theirs)
