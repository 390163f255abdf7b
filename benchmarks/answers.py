"""What suite T asks, and the statistics over rating patterns that every contender computes from its own counts.

Standard library only, so that it runs in every peer's environment. `patterns`: (a, b, c) to number of records.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from itertools import combinations

LABELS = ("w", "x", "y", "z")
SPLITS = ("test", "train", "validation")
PATTERN = "^[a-z0-9 ]+$"


def statistics(patterns: Mapping[tuple[str, ...], int]) -> dict[str, float]:
    """Normalised entropy and chi-square (against even shares) of `a`; Cohen's kappas, Fleiss' kappa, nominal alpha."""
    n = sum(patterns.values())
    raters = len(next(iter(patterns)))
    counts = Counter[str]()
    for pattern, k in patterns.items():
        counts[pattern[0]] += k
    even = n / len(LABELS)
    found = {
        "entropy": -sum(k / n * math.log2(k / n) for k in counts.values()) / math.log2(len(LABELS)),
        "chi_square": sum((counts[label] - even) ** 2 / even for label in LABELS),
    }
    for i, j in combinations(range(raters), 2):
        found[f"kappa_{'abc'[i]}{'abc'[j]}"] = kappa(patterns, i, j)
    shares, agreeing = Counter[str](), 0
    for pattern, k in patterns.items():
        own = Counter(pattern)
        for label, m in own.items():
            shares[label] += m * k
        agreeing += k * sum(m * (m - 1) for m in own.values())
    observed = agreeing / (n * raters * (raters - 1))
    total = n * raters
    expected = sum((m / total) ** 2 for m in shares.values())
    found["fleiss"] = (observed - expected) / (1 - expected)
    by_chance = sum(m * (m - 1) for m in shares.values()) / (total * (total - 1))
    found["alpha"] = 1 - (1 - observed) / (1 - by_chance)
    return found


def kappa(patterns: Mapping[tuple[str, ...], int], i: int, j: int) -> float:
    n = sum(patterns.values())
    same = sum(k for p, k in patterns.items() if p[i] == p[j])
    first, second = Counter[str](), Counter[str]()
    for p, k in patterns.items():
        first[p[i]] += k
        second[p[j]] += k
    chance = sum(first[label] * second[label] for label in first) / n**2
    return (same / n - chance) / (1 - chance)


def say(checks: Mapping[str, int], patterns: Mapping[tuple[str, ...], int] | None) -> None:
    """The contender's answers on stdout. `checks`: failing records by rule; `patterns`: None where only validating."""
    numbers = statistics(patterns) if patterns else {}
    print(json.dumps({**{k: int(v) for k, v in checks.items()}, **{k: round(v, 9) for k, v in numbers.items()}}))
