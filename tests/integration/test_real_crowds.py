"""Real crowds: how well Dawid & Skene's consensus does where the truth is known."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from checks import engine
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.kernel import Declaration, Rule, Target

SHARED = Path(__file__).parents[2] / "../shared/data/labels"
COLUMNS = {name: Col(name, "string") for name in ("item", "rater", "value", "gold")}


def given(folder: str) -> Path:
    found = SHARED / folder
    if not found.exists():
        pytest.skip(f"the data set {folder} is not here")
    return found


def outcome(rows: list[tuple[str, str, str, str | None]], measure: str):
    columns = {name: pa.array([r[k] for r in rows], pa.string()) for k, name in enumerate(COLUMNS)}
    params = {"item": "item", "rater": "rater", "value": "value", "gold": "gold", "measure": measure}
    rule = Rule("records.rater-quality", "rater-quality")
    declaration = Declaration(rule, "records", COLUMNS, params, Target(">=", (Decimal("0.8"),)))
    check = CATALOGUE["rater-quality"].build(declaration)
    batch = Batch("labels.csv", pa.record_batch(columns), lexical=True, found=tuple(COLUMNS))
    plan = engine.plan([check], {"records": tuple(COLUMNS)})
    return engine.judge([check], engine.observe(plan, [("records", batch)]))[0].outcome


def bluebirds() -> list[tuple[str, str, str, str | None]]:
    folder = given("bluebirds")
    truth = dict(re.findall(r"(\d+): (true|false)", (folder / "gt.yaml").read_text()))
    rows = []
    for rater, votes in re.findall(r"(\d+): \{(.*?)\}", (folder / "labels.yaml").read_text(), re.DOTALL):
        rows += [(item, rater, vote, truth[item]) for item, vote in re.findall(r"(\d+): (true|false)", votes)]
    return rows


def test_bluebirds_the_consensus_beats_the_majority():
    rows = bluebirds()
    assert len(rows) == 39 * 108
    majority = outcome(rows, "majority-accuracy")
    assert (majority.metric.numerator, majority.metric.denominator) == (82, 108)
    consensus = outcome(rows, "consensus-accuracy")
    assert (consensus.metric.numerator, consensus.metric.denominator) == (97, 108)
    assert outcome(rows, "repeated-answers").metric.value == 0


def test_a_crowd_of_5000_labels_with_gold():
    folder = given("barzan-mozafari")
    gold = dict(line.split("\t") for line in (folder / "evaluation.txt").read_text().split("\n") if line.strip())
    lines = [line.split("\t") for line in (folder / "labels.txt").read_text().split("\n") if line.strip()]
    rows = [(item, rater, value.strip(), gold.get(item, "").strip() or None) for rater, item, value in lines]
    consensus, majority = (outcome(rows, m) for m in ("consensus-accuracy", "majority-accuracy"))
    assert consensus.metric.denominator == majority.metric.denominator == len({r[0] for r in rows if r[3]})
    assert (consensus.metric.numerator, majority.metric.numerator) == (712, 696)
    tables = {t.name: dict(t.rows) for t in consensus.detail if t.name == "consensus"}
    again = tables["consensus"]["repeated-answers"]
    assert again == len(rows) - len({r[:2] for r in rows})
    assert consensus.failures.count == again
