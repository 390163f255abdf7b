"""Real labelled data through `dambo check`: the published coefficients decide as the contract says."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from support.world import World, dambo, jsonl

from include.assessment import Source, assess

SHARED = Path(__file__).parents[2] / "../shared/data"
KLUE = SHARED / "labels/klue-nli/klue-nli-v1.1_dev.json"
BLUEBIRDS = SHARED / "labels/bluebirds"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared real data is not on this machine")
RATERS = ["author", "label2", "label3", "label4", "label5"]


def document(**schema) -> bytes:
    made = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "1-014-046-NL",
        "name": "자연어추론 검증셋",
        "version": "1.0.0",
        "status": "active",
        "schema": [schema],
        "customProperties": [{"property": "programme", "value": "ai-data-processing-voucher"}],
    }
    return json.dumps(made, ensure_ascii=False).encode()


def klue_contract(raters=RATERS) -> bytes:
    text = {"logicalType": "string", "required": True}
    labels = {
        "metric": "invalidValues",
        "arguments": {"validValues": ["entailment", "neutral", "contradiction"]},
        "mustBe": 0,
    }
    balance = {"entailment": 0.33, "neutral": 0.33, "contradiction": 0.34}
    return document(
        name="records",
        physicalType="json",
        physicalName="*.json",
        properties=[
            {"name": "guid", **text, "unique": True},
            {"name": "premise", **text, "logicalTypeOptions": {"minLength": 1}},
            {"name": "gold_label", **text, "quality": [labels]},
            *({"name": rater, "logicalType": "string"} for rater in raters),
        ],
        quality=[
            {"metric": "rowCount", "mustBe": 3000},
            dambo(
                "label-agreement",
                raters=raters,
                level="nominal",
                coefficient="krippendorff-alpha",
                mustBeGreaterOrEqualTo=0.8,
            ),
            dambo("class-balance", column="gold_label", target=balance, measure="overlap", mustBeGreaterOrEqualTo=0.9),
        ],
    )


def checked(folder: Path, contract: bytes, tmp_path: Path):
    world = World.make(tmp_path / "home")
    return assess(Source(folder.as_uri()), contract, world.settings, lambda _: None).report


def metric(report, rule: str) -> Fraction:
    found = next(c for c in report.document["checks"] if c["rule"] == rule)["metric"]
    return Fraction(found["exact"] or found["value"])


@needs_data
@pytest.mark.parametrize(("raters", "alpha"), [(RATERS, "0.838"), (RATERS[1:], "0.805")])
def test_klue_nli_passes_with_its_published_agreement(tmp_path, raters, alpha):
    folder = tmp_path / "nli"
    folder.mkdir()
    (folder / KLUE.name).write_bytes(KLUE.read_bytes())
    report = checked(folder, klue_contract(raters), tmp_path)
    assert report.verdict == "PASS"
    assert abs(metric(report, "records.label-agreement") - Fraction(alpha)) <= Fraction("0.0005")


@needs_data
def test_bluebirds_fail_with_their_published_agreement(tmp_path):
    labels = YAML(typ="safe").load(BLUEBIRDS / "labels.yaml")
    rows = [
        {"item": str(item), "rater": str(rater), "label": str(value)}
        for rater, given in labels.items()
        for item, value in given.items()
    ]
    assert len(rows) == 39 * 108
    folder = tmp_path / "birds"
    folder.mkdir()
    (folder / "labels.jsonl").write_bytes(jsonl(rows))
    text = {"logicalType": "string", "required": True}
    contract = document(
        name="labels",
        physicalType="jsonl",
        physicalName="*.jsonl",
        properties=[{"name": name, **text} for name in ("item", "rater", "label")],
        quality=[
            dambo("label-agreement", item="item", rater="rater", value="label", level="nominal",
                  coefficient="krippendorff-alpha", mustBeGreaterOrEqualTo=0.8),
        ],
    )  # fmt: skip
    report = checked(folder, contract, tmp_path)
    assert report.verdict == "FAIL"
    assert abs(metric(report, "labels.label-agreement") - Fraction("0.126")) <= Fraction("0.0005")
    failed = [c["rule"] for c in report.document["checks"] if c["verdict"] not in {"PASS", "NOT_APPLICABLE"}]
    assert failed == ["labels.label-agreement"]
