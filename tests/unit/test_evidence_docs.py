"""The reference page names every document, schema, step, refusal and reason that the code knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.evidence.outcome import STEPS
from include.evidence.predicates import PREDICATES, SIGNED_BY
from include.evidence.refusals import REFUSALS
from include.gate.reasons import REASONS

PAGE = (Path(__file__).parents[2] / "docs/reference/evidence.md").read_text("utf-8")


@pytest.mark.parametrize("code", REFUSALS)
def test_refusals(code: str) -> None:
    english, korean = REFUSALS[code]
    assert f"| `{code}` | {english} | {korean} |" in PAGE


@pytest.mark.parametrize("code", REASONS)
def test_reasons(code: str) -> None:
    korean, english = REASONS[code]
    assert f"| `{code}` | {english} | {korean} |" in PAGE


def test_steps() -> None:
    for number, (korean, english) in enumerate(STEPS):
        assert f"| {number} | {english} | {korean} |" in PAGE


def test_documents() -> None:
    assert PREDICATES.keys() == SIGNED_BY.keys()
    for kind in PREDICATES.values():
        assert any(
            f"`{kind.TYPE}` | {SIGNED_BY[kind.TYPE]} | `{kind.SCHEMA}.json`" in line for line in PAGE.splitlines()
        )
