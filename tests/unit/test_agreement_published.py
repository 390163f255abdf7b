"""Coefficients that papers print, within half a unit of the last printed digit; and real labelled sets."""

from __future__ import annotations

import json

import pytest
import yaml
from rating_helpers import detail, judged, published, rated, shared

from checks.agreement.intervals import standard_error
from checks.agreement.label_agreement import LabelAgreement
from checks.agreement.statistic import Method, _parts, measure

PRINTED = {
    "fleiss_kappa": Method("fleiss-kappa"),
    "observed_agreement": Method("percent-agreement"),
    "percent": Method("percent-agreement"),
    "cohen_kappa": Method("cohen-kappa"),
    "scott_pi": Method("scott-pi"),
    "alpha_nominal": Method("krippendorff-alpha"),
    "alpha_ordinal": Method("krippendorff-alpha", "ordinal"),
    "alpha_interval": Method("krippendorff-alpha", "interval"),
    "alpha_ratio": Method("krippendorff-alpha", "ratio"),
}
NOT_OURS = {"bennett_s", "randolph_kappa", "expected_agreement"}


def half_a_unit(printed: float) -> float:
    return 0.5 * 10 ** -len(str(printed).partition(".")[2]) + 1e-12


def test_every_printed_coefficient():
    compared = 0
    for study in published():
        for name, printed in study["printed"].items():
            if name in NOT_OURS:
                continue
            method = PRINTED[name]
            value = measure(rated(study["items_x_raters"], method), method).value
            assert float(value) == pytest.approx(printed, abs=half_a_unit(printed)), (study["source"], name)
            compared += 1
    assert compared == 16


def error_of(rows, coefficient):
    method = Method(coefficient)
    one = rated(rows, method)
    weight = one.ratings.weight
    return standard_error(_parts(one, method), weight, weight > 0)


@pytest.mark.parametrize(
    ("coefficient", "value", "error"),
    [
        ("cohen-kappa", 0.7964094, 0.05891072),
        ("scott-pi", 0.7962397, 0.05905473),
        ("gwet-ac1", 0.8493305, 0.04321747),
        ("percent-agreement", 0.89, 0.03128898),
    ],
)
def test_standard_errors_that_gwet_prints(coefficient, value, error):
    """Gwet (2014), 100 pregnancies by two abstractors, as printed in the overview of his package irrCAC."""
    table = {("Ectopic", "Ectopic"): 13, ("AIU", "AIU"): 20, ("AIU", "NIU"): 7, ("NIU", "AIU"): 4, ("NIU", "NIU"): 56}
    rows = [list(pair) for pair, count in table.items() for _ in range(count)]
    method = Method(coefficient)
    assert float(measure(rated(rows, method), method).value) == pytest.approx(value, abs=5e-8)
    # For tables he divides by n, for raw ratings by n - 1 as we do.
    assert error_of(rows, coefficient) * (99 / 100) ** 0.5 == pytest.approx(error, abs=5e-8)


KLUE = ["author", "label2", "label3", "label4", "label5"]


def klue(raters, **params):
    records = json.loads(shared("labels/klue-nli/klue-nli-v1.1_dev.json").read_text())
    columns = dict.fromkeys([*KLUE, "source"], "string")
    rows = [{name: r[name] for name in columns} for r in records]
    return judged(
        LabelAgreement, {"raters": raters, "coefficient": "krippendorff-alpha", **params}, rows, columns, batches=3
    )


def test_klue_nli_with_and_without_the_author():
    outcome = klue(KLUE)
    assert float(outcome.metric.value) == pytest.approx(0.838, abs=5e-4)
    assert outcome.population == 3000
    assert outcome.violation is None
    quantities = dict(detail(outcome, "ratings").rows)
    assert quantities["unanimous-items"] == 2290
    assert float(klue(KLUE[1:]).metric.value) == pytest.approx(0.805, abs=5e-4)


def test_klue_nli_by_source_is_as_good_as_its_worst_source():
    outcome = klue(KLUE, by="source")
    groups = {row[0]: row[2] for row in detail(outcome, "split").rows if row[0] != "(all)"}
    assert outcome.metric.value == min(groups.values())
    assert len(groups) == 6


def test_bluebirds_as_rows():
    said = yaml.safe_load(shared("labels/bluebirds/labels.yaml").read_text())
    rows = [{"item": i, "rater": str(r), "value": v} for r, labels in said.items() for i, v in labels.items()]
    columns = {"item": "integer", "rater": "string", "value": "boolean"}
    params = {"item": "item", "rater": "rater", "value": "value", "coefficient": "krippendorff-alpha"}
    outcome = judged(LabelAgreement, params, rows, columns, batches=7)
    assert float(outcome.metric.value) == pytest.approx(0.126, abs=5e-4)
    assert outcome.population == 108
    assert len(detail(outcome, "per-pair").rows) == 39 * 38 // 2


def test_artstein_and_poesio_from_rows_and_from_columns():
    text = shared("labels/artstein-poesio/artstein_poesio_example.txt").read_text()
    rows = [dict(zip(("rater", "item", "value"), line.split(), strict=True)) for line in text.splitlines()]
    columns = dict.fromkeys(("rater", "item", "value"), "string")
    (study,) = [s for s in published() if s["source"].startswith("Artstein")]
    for name, printed in study["printed"].items():
        if name in NOT_OURS:
            continue
        method = PRINTED[name]
        params = {"item": "item", "rater": "rater", "value": "value", "coefficient": method.coefficient}
        outcome = judged(LabelAgreement, params, rows, columns, batches=5)
        assert float(outcome.metric.value) == pytest.approx(printed, abs=half_a_unit(printed))
        assert outcome.metric.value == measure(rated(study["items_x_raters"], method), method).value
