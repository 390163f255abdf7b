"""The consensus of many raters, each weighed by how far the others bear this rater out (Dawid & Skene 1979).

Maximum likelihood by EM over: the true class of every item, how often each class occurs, and for each rater how often
each true class is given each label. It starts from the shares of the votes. No random numbers, no order: units are summed
where they stand, in a canonical order. Probabilities are floating point; whoever shows them gives six decimals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checks.agreement.units import Ratings
from checks.statistics.undefined import Undefined

MOST_ITERATIONS = 200
CLOSE = 1e-9
"""The greatest change of a posterior at which it has converged."""

MOST_CELLS = 20_000_000
"""Raters times classes squared, or units times classes: beyond, no consensus is estimated."""

_FLOOR = 1e-10
"""The least probability of anything: one vote never makes a class impossible."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """`posterior` [units, classes]; `prior` [classes]; `confusion` [raters, true class, label given], rows sum to 1.

    `label`: the likeliest class of each unit (the first in order of the labels where several are), -1 of a unit without
    a rating; int64 [units].
    """

    posterior: np.ndarray
    prior: np.ndarray
    confusion: np.ndarray
    label: np.ndarray
    iterations: int

    def estimated_accuracy(self) -> np.ndarray:
        """The chance that a rater gives an item its true class, [raters]."""
        diagonal = np.einsum("rcc->rc", self.confusion)
        return np.asarray((diagonal * self.prior).sum(axis=1))


def votes(r: Ratings) -> np.ndarray:
    """Ratings of each unit by label, float64 [units, classes]."""
    q = len(r.labels)
    keys = r.unit * q + r.label
    return np.bincount(keys, minlength=r.weight.size * q).astype(np.float64).reshape(-1, q)


def dawid_skene(r: Ratings) -> Consensus:
    """The consensus of ratings, at most one of a rater on an item. Raises Undefined no-ratings, too-many-values."""
    q, raters = len(r.labels), len(r.raters)
    if not r.unit.size:
        raise Undefined("no-ratings")
    if max(raters * q * q, r.weight.size * q) > MOST_CELLS:
        raise Undefined("too-many-values")
    counts = votes(r)
    rated = counts.sum(axis=1) > 0
    posterior = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    prior, confusion = np.full(q, 1 / q), np.zeros((raters, q, q))
    change, iterations = 1.0, 0
    while change > CLOSE and iterations < MOST_ITERATIONS:
        prior, confusion = _maximised(r, posterior, rated)
        again = _expected(r, prior, confusion)
        again[~rated] = 0
        change = float(np.abs(again - posterior).max())
        posterior, iterations = again, iterations + 1
    # What is as likely as the likeliest but for rounding is as likely.
    likeliest = posterior >= posterior.max(axis=1, keepdims=True) - CLOSE
    label = np.where(rated, likeliest.argmax(axis=1), -1)
    return Consensus(posterior, prior, confusion, label, iterations)


def _maximised(r: Ratings, posterior: np.ndarray, rated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Prior and confusion at these posteriors."""
    q, raters = posterior.shape[1], len(r.raters)
    weighed = posterior * r.weight[:, None]
    prior = np.maximum(weighed.sum(axis=0) / float(r.weight[rated].sum()), _FLOOR)
    confusion = np.empty((raters, q, q))
    keys = r.rater * q + r.label
    for c in range(q):
        confusion[:, c, :] = np.bincount(keys, weighed[r.unit, c], minlength=raters * q).reshape(raters, q)
    confusion = np.maximum(confusion, _FLOOR)
    return prior / prior.sum(), confusion / confusion.sum(axis=2, keepdims=True)


def _expected(r: Ratings, prior: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    """Posteriors at this prior and confusion."""
    q, units = prior.size, r.weight.size
    likely = np.empty((units, q))
    logarithm = np.log(confusion)
    for c in range(q):
        likely[:, c] = np.bincount(r.unit, logarithm[r.rater, c, r.label], minlength=units)
    likely += np.log(prior)
    likely = np.exp(likely - likely.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))
