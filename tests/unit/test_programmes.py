"""Programme profiles: read strictly, and what they demand of contracts."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from checks.catalogue import CATALOGUE
from checks.kernel import Target
from include.contracts import lint
from include.contracts.ranges import MEASURE_KEYS
from include.errors import ContractError
from include.programmes import Words, load_programme, parse_programme, programme_ids

VOUCHER = "ai-data-processing-voucher"
DATA = (resources.files("include.programmes") / f"{VOUCHER}.yaml").read_bytes()

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
schema:
  - name: r
    physicalType: json
    physicalName: "*.json"
    properties:
      - {{name: a, logicalType: string, required: true}}
      - {{name: b, logicalType: string}}
    quality:
      - {{id: agreement, type: custom, engine: dambo, implementation: {{check: label-agreement, raters: [a, b], {agreement}}}}}
      - {{id: balance, type: custom, engine: dambo, implementation: {{check: class-balance, column: a, target: {{x: 0.5, y: 0.5}}, {balance}}}}}
customProperties:
  - {{property: programme, value: ai-data-processing-voucher}}
"""


def told(agreement: str, balance: str = "measure: overlap, mustBeGreaterOrEqualTo: 0.9") -> list[str]:
    return [p.code for p in lint(CONTRACT.format(agreement=agreement, balance=balance).encode())]


def test_the_profile_of_the_voucher() -> None:
    found = load_programme(VOUCHER)
    assert found.id == VOUCHER
    assert found.digest == hashlib.sha256(DATA).hexdigest()
    assert (found.name_ko, found.name_en) == ("AI데이터 가공바우처", "AI data processing voucher")
    assert found.required_families == ("schema", "completeness", "agreement", "balance")
    assert found.floors["label-agreement", "krippendorff-alpha"] == Target(">=", (Decimal("0.667"),))
    assert found.gate_mode == "blocking"
    assert len(found.sectors) == 13
    assert found.words["agency"] == Words("전담기관", "agency")
    assert found.retention.min_years <= found.retention.max_years


def test_every_profile_names_what_there_is() -> None:
    families = {check.family for check in CATALOGUE.values()}
    for programme in programme_ids():
        found = load_programme(programme)
        assert set(found.required_families) <= families
        assert set(found.release_phases) <= set(found.phases)
        for check, measure in found.floors:
            params: Any = CATALOGUE[check].params["properties"]
            words = [word for key in MEASURE_KEYS for word in params.get(key, {}).get("enum", [])]
            assert measure in words


def test_caps_are_data_by_year_and_kind() -> None:
    found = load_programme(VOUCHER)
    cap = found.cap(2023, "ai-processing")
    assert cap is not None
    assert (cap.amount_krw, cap.own_share) == (60_000_000, Decimal("0.1"))
    any_kind = found.cap(2025, "ai-processing")
    assert any_kind is not None
    assert any_kind.amount_krw == 45_000_000
    assert found.cap(2021, "ai-processing") is None
    assert found.cap(2019, "processing") is None


@pytest.mark.parametrize(
    ("phase", "allowed", "releases"),
    [
        ("self", True, False),
        ("preliminary", True, False),
        ("final", True, True),
        ("remedy-1", True, True),
        ("remedy-12", True, True),
        ("remedy", True, True),
        ("remedy-0", False, False),
        ("remedy-", False, False),
        ("remedy-x", False, False),
        ("remedy-１", False, False),
        ("final-1", False, False),
        ("", False, False),
        ("FINAL", False, False),
    ],
)
def test_phases(phase: str, allowed: bool, releases: bool) -> None:
    found = load_programme(VOUCHER)
    assert (found.allows(phase), found.releases(phase)) == (allowed, releases)


def test_an_unknown_programme() -> None:
    with pytest.raises(ContractError) as raised:
        load_programme("ai-vouchers")
    assert raised.value.code == "programme-unknown"
    assert VOUCHER in raised.value.hint
    with pytest.raises(ContractError):
        load_programme("../programmes/" + VOUCHER)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gateMode: blocking", "gateMode: bloking"),
        ("gateMode: blocking", "gatemode: blocking"),
        ("minYears: 5", "minYears: 6"),
        ("minYears: 5", "minYears: 5.5"),
        ("mustBeGreaterOrEqualTo: 0.667", 'mustBeGreaterOrEqualTo: "0.667"'),
        ("mustBeGreaterOrEqualTo: 0.667", "mustBeGreaterOrEqual: 0.667"),
        ("measure: cohen-kappa", "measure: krippendorff-alpha"),
        ("phases: [self,", "phases: [selv,"),
        ("amountKrw: 45000000", "amountKrw: 45e6.5"),
        ("version: 1.0.0", "version: 1"),
        ("id: ai", "id: &a ai"),
        ("id: ai", "id: '../ai"),
    ],
)
def test_a_wrong_profile_is_refused(old: str, new: str) -> None:
    text = DATA.decode()
    assert old in text
    with pytest.raises(ContractError) as raised:
        parse_programme(text.replace(old, new, 1).encode())
    assert raised.value.code == "programme-invalid"


@pytest.mark.parametrize(
    ("agreement", "codes"),
    [
        ("coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.667", []),
        ("coefficient: krippendorff-alpha, mustBeGreaterOrEqualTo: 0.6669", ["below-floor"]),
        ("coefficient: krippendorff-alpha, mustBeGreaterThan: 0.6", ["below-floor"]),
        ("coefficient: krippendorff-alpha, mustBeBetween: [0.7, 1]", []),
        ("coefficient: krippendorff-alpha, mustBeBetween: [0.6, 1]", ["below-floor"]),
        ("coefficient: krippendorff-alpha, mustBe: 1", []),
        ("coefficient: krippendorff-alpha, mustBeLessThan: 0.9", ["below-floor"]),
        ("coefficient: krippendorff-alpha, mustNotBe: 0", ["below-floor"]),
        ("coefficient: krippendorff-alpha, mustNotBeBetween: [-1, 0.7]", ["below-floor"]),
        ("coefficient: cohen-kappa, mustNotBeBetween: [-1, 0.7]", []),
        ("coefficient: cohen-kappa, mustBeGreaterOrEqualTo: 0.6", []),
        ("coefficient: cohen-kappa, mustBeGreaterOrEqualTo: 0.5", ["below-floor"]),
    ],
)
def test_floors_in_every_operator(agreement: str, codes: list[str]) -> None:
    assert told(agreement) == codes


def test_a_rule_that_does_not_block_covers_no_family() -> None:
    text = CONTRACT.format(
        agreement="coefficient: krippendorff-alpha, mustBe: 1", balance="measure: overlap, mustBe: 1"
    ).replace("id: balance,", "id: balance, severity: warning,")
    (problem,) = lint(text.encode())
    assert (problem.code, problem.level) == ("family-missing", "warning")
    assert "balance" in problem.message_en
