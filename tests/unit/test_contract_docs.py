"""The reference page names every code, check, parameter and operator there is, and its example is a right contract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from checks.catalogue import CATALOGUE
from include.contracts import lint, load
from include.contracts.derived import OPTIONS
from include.contracts.objects import RESERVED
from include.contracts.targets import OPERATORS
from include.contracts.texts import TEXTS
from include.contracts.vocabulary import FORMATS, METRICS, vocabulary

PAGE = (Path(__file__).parents[2] / "docs/reference/contract.md").read_text("utf-8")


def words(schema: Any) -> set[str]:
    """Keys and enumerated words of a check's parameters."""
    found = set(schema.get("properties", {}))
    for part in schema.get("properties", {}).values():
        found |= {str(word) for word in part.get("enum", [])}
    return found


def test_the_example_is_right() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert lint(example.encode()) == []
    assert len(load(example.encode()).checks) > 10


def test_every_code_is_listed_with_its_level() -> None:
    listed = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning) \|", PAGE, re.MULTILINE))
    assert listed == {code: text.level for code, text in TEXTS.items()}


def test_every_word_of_the_language_is_named() -> None:
    named = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))
    assert set(OPERATORS) | set(METRICS) | set(OPTIONS) | set(FORMATS) | RESERVED <= named


def test_every_check_has_a_section_that_names_its_parameters() -> None:
    for check in vocabulary(CATALOGUE):
        (section,) = re.findall(rf"^#### {check}\n(.*?)(?=^#)", PAGE, re.MULTILINE | re.DOTALL)
        named = set(re.findall(r"`([\w-]+)`", section))
        averages = {f"{a}{quality}" for a in named if a.endswith("-") for quality in ("precision", "recall", "f1")}
        assert words(CATALOGUE[check].params) <= named | averages, check
