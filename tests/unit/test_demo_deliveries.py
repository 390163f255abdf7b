"""The demo's deliveries: the same bytes on every machine, and what each is made to show."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from include.contracts import load
from include.demo.deliveries import COLUMNS, DEMO, RATERS, contract, objects, rated, voucher_rows
from include.demo.play import embedded_settings, fresh
from include.errors import ContractError
from include.registry import open_registry
from include.settings import Settings


def rows(number: int) -> list[dict[str, str]]:
    table = next(data for key, data in objects(DEMO[number]).items() if key.endswith(".csv"))
    return list(csv.DictReader(io.StringIO(table.decode())))


def test_the_contract_is_one() -> None:
    found = load(contract())
    assert {check.family for check in found.checks} >= {"schema", "completeness", "agreement", "balance"}


@pytest.mark.parametrize("demo", DEMO)
def test_the_marker_comes_last_and_names_the_delivery(demo: object) -> None:
    found = objects(demo)  # type: ignore[arg-type]
    assert list(found)[-1].endswith("/_DELIVERED.json")
    marker = json.loads(list(found.values())[-1])
    assert f"deliveries/{marker['voucher']}/{marker['delivery']}/_DELIVERED.json" == list(found)[-1]


def test_the_digits_are_all_there_but_in_the_short_delivery() -> None:
    assert [len(rows(n)) for n in range(3)] == [1797, 1797, 1200]
    first = rows(0)[0]
    assert tuple(first) == COLUMNS
    assert len(first["pixels"].split()) == 64


def test_raters_err_as_often_as_they_are_made_to() -> None:
    for number, mistakes in ((0, 3), (1, 30)):
        found = rows(number)
        wrong = sum(row[f"rater{n + 1}"] != row["gold_label"] for row in found for n in range(RATERS))
        assert wrong / (RATERS * len(found)) == pytest.approx(mistakes / 100, abs=0.01)


def test_a_label_is_a_function_of_item_and_rater() -> None:
    assert [rated("digit-0007", rater, 7, 100) for rater in range(RATERS)] == [
        rated("digit-0007", rater, 7, 100) for rater in range(RATERS)
    ]
    assert rated("digit-0007", 0, 7, 0) == 7
    assert rated("digit-0007", 0, 7, 100) != 7


def test_the_vouchers_load(tmp_path: Path) -> None:
    with open_registry(Settings(home=tmp_path)) as registry:
        assert registry.load_vouchers(voucher_rows(date(2026, 12, 31))).added == 3


def test_the_demo_is_deaf_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAMBO_STORAGE", "s3://production")
    monkeypatch.setenv("DAMBO_REGISTRY", "postgresql://production/dambo")
    monkeypatch.setenv("DAMBO_KEYS", "/production/keys")
    settings = embedded_settings(tmp_path)
    assert settings.storage_url() == (tmp_path / "storage").as_uri()
    assert settings.registry_url() == f"sqlite:///{tmp_path / 'registry.db'}"
    assert settings.keys_folder() == tmp_path / "keys"


def test_a_fresh_home_empties_only_what_a_demo_made(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    with fresh(home):
        (home / "left").touch()
    with fresh(home):
        assert not (home / "left").exists()
        with pytest.raises(ContractError, match="home-in-use"), fresh(home):
            pass
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").touch()
    with pytest.raises(ContractError, match="not-a-demo-folder"), fresh(other):
        pass
    assert (other / "thesis.txt").exists()
