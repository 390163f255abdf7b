"""`dambo contract ...` as a user calls it: exit codes, languages, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from include.cli import app
from include.deliveries.readers import FORMATS
from include.errors import ContractError
from include.settings import settings

GOOD = """\
apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
customProperties: [{property: programme, value: ai-data-processing-voucher}]
schema:
  - name: r
    physicalType: csv
    physicalName: "*.csv"
    properties: [{name: a, logicalType: string, required: true}]
"""


@pytest.fixture(params=["en", "ko"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DAMBO_LANG", request.param)
    settings.cache_clear()
    yield str(request.param)
    settings.cache_clear()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.odcs.yaml"
    path.write_text(GOOD, "utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.odcs.yaml"
    path.write_text(GOOD.replace("physicalType: csv", "physicalType: cvs"), "utf-8")
    return path


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(app, ["contract", *map(str, words)])


def test_lint_tells_place_message_and_hint(bad: Path, good: Path, language: str) -> None:
    result = call("lint", bad, good)
    assert result.exit_code == 1
    first, hint, *_ = result.stdout.splitlines()
    assert first.startswith(f"{bad}:8: schema[0].physicalType: ")
    assert ("읽을 수 없습니다" in first) == (language == "ko")
    assert "'csv'" in hint
    assert ("주의: " if language == "ko" else "warning: ") in result.stdout


def test_lint_is_clean_though_there_are_warnings(good: Path) -> None:
    result = call("lint", good)
    assert result.exit_code == 0
    assert "agreement" in result.stdout


def test_lint_as_json(bad: Path) -> None:
    result = call("lint", bad, "--json")
    assert result.exit_code == 1
    (found,) = json.loads(result.stdout)
    assert found["file"] == str(bad)
    assert {(p["level"], p["code"], p["line"]) for p in found["problems"]} == {("error", "format-unknown", 8)}


@pytest.mark.parametrize("verb", ["lint", "show"])
def test_a_file_that_is_not_there_is_unusable(verb: str, tmp_path: Path) -> None:
    result = call(verb, tmp_path / "none.yaml")
    assert isinstance(result.exception, ContractError)
    assert result.exception.code == "contract-unreadable"


def test_show_lists_every_rule(good: Path) -> None:
    result = call("show", good)
    assert result.exit_code == 0
    names = [line.split()[0] for line in result.stdout.splitlines()][1:]
    assert names == ["delivery.files", "delivery.unclaimed", "r.readable", "r.columns", "r.a.type", "r.a.required"]


def test_show_as_json(good: Path) -> None:
    found = json.loads(call("show", good, "--json").stdout)
    assert (found["id"], found["version"], len(found["digest"])) == ("c", "1.0.0", 64)
    assert found["rules"][-1] == {
        "rule": "r.a.required",
        "check": "required",
        "family": "completeness",
        "target": "mustBe 0",
        "severity": "error",
    }


def test_show_of_a_wrong_contract_explains(bad: Path) -> None:
    result = call("show", bad)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "schema[0].physicalType" in result.stderr


def test_the_schema_is_printed_with_every_checks_vocabulary() -> None:
    found = json.loads(call("schema").stdout)
    assert "label-agreement" in found["$defs"]["implementation"]["properties"]["check"]["enum"]
    assert found["$defs"]["object"]["properties"]["physicalType"]["enum"] == list(FORMATS)


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD.replace("kind: DataContract", 'kind: "\\x1b[31m"'), "utf-8")
    result = call("lint", path)
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    assert "\\u001b" in result.stdout
