"""`dambo contract diff`: each kind of change has its effect, and seen from the other side it is the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.world import contract
from typer.testing import CliRunner

from include.assessment import contract_of
from include.cli import app
from include.contracts.diff import Change, diff
from include.settings import settings

Mutation = Callable[[dict[str, Any]], None]


def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(contract())
    made["schema"][0]["quality"] += [
        {"id": "per-label", "type": "custom", "engine": "dambo", "implementation": {"check": "delivered-count", "by": "rater1", "atLeast": {"가": 10, "나": 5}}}
    ]  # fmt: skip
    made["schema"].append(
        {
            "name": "t",
            "physicalType": "csv",
            "physicalName": "*.csv",
            "properties": [
                {"name": "n", "logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "maximum": 9}},
                {"name": "s", "logicalType": "string", "logicalTypeOptions": {"minLength": 2, "maxLength": 8}},
                {"name": "d", "logicalType": "date", "logicalTypeOptions": {"minimum": "2024-01-01"}},
                {"name": "e", "logicalType": "string", "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBeLessOrEqualTo": 5}]},
                {"name": "m", "logicalType": "number", "logicalTypeOptions": {"multipleOf": 0.5}},
            ],
        }
    )  # fmt: skip
    return made


def column(d: dict[str, Any], name: str) -> dict[str, Any]:
    return next(p for p in d["schema"][1]["properties"] if p["name"] == name)


def options(name: str, **values: object) -> Mutation:
    return lambda d: column(d, name)["logicalTypeOptions"].update(values)


def quality(number: int, **values: object) -> Mutation:
    return lambda d: d["schema"][0]["quality"][number].update(values)


def inside(number: int, **values: object) -> Mutation:
    return lambda d: d["schema"][0]["quality"][number]["implementation"].update(values)


def invalid(**values: object) -> Mutation:
    return lambda d: column(d, "e")["quality"][0].update(values)


CASES: dict[str, tuple[Mutation, set[tuple[str, str, str]]]] = {
    "identity": (lambda d: d.update(version="9.0.0", name="x"), set()),
    "order of columns": (lambda d: d["schema"][1]["properties"].reverse(), set()),
    "higher minimum": (options("n", minimum=1), {("t.n.minimum", "predicate", "stricter")}),
    "lower minimum": (options("n", minimum=-1), {("t.n.minimum", "predicate", "looser")}),
    "higher maximum": (options("n", maximum=10), {("t.n.maximum", "predicate", "looser")}),
    "later date": (options("d", minimum="2024-02-01"), {("t.d.minimum", "predicate", "stricter")}),
    "longer texts": (options("s", maxLength=9), {("t.s.maxLength", "predicate", "looser")}),
    "no short texts": (options("s", minLength=3), {("t.s.minLength", "predicate", "stricter")}),
    "coarser multiples": (options("m", multipleOf=2), {("t.m.multipleOf", "predicate", "stricter")}),
    "other multiples": (options("m", multipleOf=0.3), {("t.m.multipleOf", "predicate", "changed")}),
    "one label more": (invalid(arguments={"validValues": ["a", "b", "c"]}), {("t.e.invalidValues", "predicate", "looser")}),
    "one label less": (invalid(arguments={"validValues": ["a"]}), {("t.e.invalidValues", "predicate", "stricter")}),
    "other labels": (invalid(arguments={"validValues": ["a", "c"]}), {("t.e.invalidValues", "predicate", "changed")}),
    "fewer may be wrong": (invalid(mustBeLessOrEqualTo=4), {("t.e.invalidValues", "target", "stricter")}),
    "percent": (invalid(unit="percent"), {("t.e.invalidValues", "unit", "changed")}),
    "percent and target": (invalid(unit="percent", mustBeLessOrEqualTo=1), {("t.e.invalidValues", "unit", "changed"), ("t.e.invalidValues", "target", "changed")}),
    "a warning": (quality(0, severity="warning"), {("records.rowCount", "severity", "looser")}),
    "another count": (quality(0, mustBe=61), {("records.rowCount", "target", "changed")}),
    "more agreement": (inside(1, mustBeGreaterOrEqualTo=0.9), {("records.label-agreement", "target", "stricter")}),
    "another coefficient": (inside(1, coefficient="cohen-kappa"), {("records.label-agreement", "method", "changed")}),
    "another balance": (inside(2, target={"가": 0.5, "나": 0.5}), {("records.class-balance", "shares", "changed")}),
    "less balance": (inside(2, mustBeGreaterOrEqualTo=0.5), {("records.class-balance", "target", "looser")}),
    "more labels due": (inside(3, atLeast={"가": 10, "나": 5, "다": 1}), {("records.per-label", "contracted", "stricter")}),
    "some more, some less": (inside(3, atLeast={"가": 11, "나": 4}), {("records.per-label", "contracted", "changed")}),
    "a rule less": (lambda d: d["schema"][0]["quality"].pop(0), {("records.rowCount", "rule", "looser")}),
    "in words": (lambda d: d["schema"][0]["quality"].append({"type": "text", "description": "by eye"}), {("records.text", "words", "changed")}),
    "required": (lambda d: column(d, "n").update(required=True), {("t.n.required", "rule", "stricter")}),
    "a number": (lambda d: column(d, "n").update(logicalType="number"), {("t.n", "logicalType", "looser")}),
    "by another name": (lambda d: column(d, "n").update(physicalName="N"), {("t.n", "source", "breaks")}),
    "a column less": (lambda d: d["schema"][1]["properties"].pop(3), {("t.e", "column", "looser"), ("t.e.type", "rule", "looser"), ("t.e.invalidValues", "rule", "looser"), ("t.columns", "names", "looser")}),
    "tab": (lambda d: d["schema"][1].update(physicalType="tsv"), {("t", "format", "breaks")}),
    "elsewhere": (lambda d: d["schema"][1].update(physicalName="x/*.csv"), {("t", "glob", "breaks")}),
    "delimiter": (lambda d: d["schema"][1].update(customProperties=[{"property": "reader", "value": {"delimiter": ";"}}]), {("t", "reader", "breaks")}),
    "closed": (lambda d: d["customProperties"].append({"property": "closed", "value": True}), {("delivery.unclaimed", "severity", "stricter")}),
    "no others": (lambda d: d["schema"][1].update(customProperties=[{"property": "columns", "value": {"extra": "refuse"}}]), {("t.columns", "extra", "stricter")}),
    "a pattern too": (invalid(arguments={"validValues": ["a", "b"], "pattern": "^."}), {("t.e.invalidValues", "predicate", "changed")}),
    "a rule more": (lambda d: column(d, "s")["logicalTypeOptions"].update(pattern="^x"), {("t.s.pattern", "rule", "stricter")}),
}  # fmt: skip


def compiled(*names: str) -> Any:
    made = document()
    for name in names:
        CASES[name][0](made)
    return contract_of(json.dumps(made, ensure_ascii=False).encode())


@pytest.mark.parametrize("name", CASES)
def test_each_change_has_its_effect(name):
    found = diff(compiled(), compiled(name))
    wanted = CASES[name][1]
    if name not in {"a column less", "another balance"}:
        found = tuple(c for c in found if (c.subject, c.what) != ("t.columns", "names") or name == "required")
    if name in {"required", "a rule more"}:
        found = tuple(c for c in found if c.what != "names")
    if name == "another balance":
        assert {(c.subject, c.effect) for c in found} == {("records.class-balance", "changed")}
        return
    assert {(c.subject, c.what, c.effect) for c in found} == wanted


@given(st.lists(st.sampled_from(sorted(set(CASES) - {"a column less"})), max_size=4, unique=True), st.lists(st.sampled_from(sorted(set(CASES) - {"a column less"})), max_size=4, unique=True))  # fmt: skip
def test_from_the_other_side_everything_is_the_other_way_round(left, right):
    left, right = (sorted(names, key=lambda n: n == "a rule less") for names in (left, right))
    try:
        a, b = compiled(*left), compiled(*right)
    except (KeyError, IndexError):  # one mutation took away what another changes
        return
    assert {c.inverse() for c in diff(a, b)} == set(diff(b, a))
    assert diff(a, a) == ()
    assert all(c.inverse().inverse() == c for c in diff(a, b))
    assert list(diff(a, b)) == sorted(diff(a, b), key=lambda c: (c.subject, c.what))


def test_an_object_more_and_less():
    whole, part = document(), document()
    del part["schema"][1]
    a, b = (contract_of(json.dumps(d).encode()) for d in (whole, part))
    assert Change("t", "object", "looser", "*.csv", None) in diff(a, b)
    assert {c.effect for c in diff(a, b)} == {"looser"}
    assert {c.effect for c in diff(b, a)} == {"stricter"}


@pytest.fixture(params=["en", "ko"])
def files(request, tmp_path, monkeypatch):
    monkeypatch.setenv("DAMBO_LANG", request.param)
    settings.cache_clear()
    yield tmp_path, request.param
    settings.cache_clear()


def test_the_command_line(files):
    folder, language = files

    def call(name: str, *more: str) -> Any:
        for file, mutation in (("a", "identity"), ("b", name)):
            made = document()
            CASES[mutation][0](made)
            (folder / file).write_text(json.dumps(made), "utf-8")
        return CliRunner().invoke(app, ["contract", "diff", str(folder / "a"), str(folder / "b"), *more])

    same = call("identity")
    assert (same.exit_code, same.stdout) == (0, "")
    ran = call("more agreement")
    assert ran.exit_code == 1
    word = {"en": "stricter", "ko": "강화(stricter)"}[language]
    assert ran.stdout == f"{word}  records.label-agreement  target: mustBeGreaterOrEqualTo 0.8 -> mustBeGreaterOrEqualTo 0.9\n"  # fmt: skip
    assert "dambo judge" in ran.stderr
    ran = call("higher minimum", "--json")
    found = json.loads(ran.stdout)
    assert (ran.exit_code, found["same"], found["needs_scan"]) == (1, False, ["t.n.minimum"])
    assert found["changes"] == [{"subject": "t.n.minimum", "what": "predicate", "effect": "stricter", "before": "(Outside, ((op, >=), (bound, 0)))", "after": "(Outside, ((op, >=), (bound, 1)))"}]  # fmt: skip
    (folder / "a").write_text("not: a contract")
    assert CliRunner().invoke(app, ["contract", "diff", str(folder / "a"), str(folder / "b")]).exception.code == "contract-invalid"  # fmt: skip
