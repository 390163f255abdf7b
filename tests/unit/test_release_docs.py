"""docs/reference/registry.md names every refusal, column and verb that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.cli.gate import gate
from include.cli.voucher import vouchers
from include.gate.release import REFUSALS
from include.gate.settlement import COLUMNS as OUTBOX_COLUMNS
from include.registry.voucher_rules import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs/reference/registry.md").read_text()
VERBS = [f"dambo gate {c.name}" for c in gate.registered_commands] + [
    f"dambo voucher {c.name}" for c in vouchers.registered_commands
]


@pytest.mark.parametrize("word", [*REFUSALS, *COLUMNS, *VERBS])
def test_the_page_names_it(word: str) -> None:
    assert f"`{word}" in PAGE


def test_the_page_shows_the_outbox_header() -> None:
    assert ",".join(OUTBOX_COLUMNS) in PAGE


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_speaks_both_languages(code: str) -> None:
    english, korean = REFUSALS[code]
    assert english.isascii()
    assert any("가" <= c <= "힣" for c in korean)
