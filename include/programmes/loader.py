"""Profiles from YAML: the same strict reader as contracts, validated against `schemas/programme.schema.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from checks.kernel import Target
from include.contracts.explain import explain, validator
from include.contracts.problems import Problems
from include.contracts.targets import parse
from include.contracts.yaml import read
from include.errors import ContractError
from include.programmes.model import Cap, Programme, Retention, Words


@cache
def programme_ids() -> tuple[str, ...]:
    """The profiles there are, sorted."""
    files = resources.files("include.programmes").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml")))


@cache
def load_programme(programme: str) -> Programme:
    """The profile of that id. Raises ContractError "programme-unknown" or "programme-invalid"."""
    if programme not in programme_ids():
        known = ", ".join(programme_ids())
        raise ContractError(
            "programme-unknown",
            f"no programme profile {programme!r}",
            hint=f"known: {known}",
            ko=f"사업 {programme!r} 의 기준이 없습니다",
            ko_hint=f"쓸 수 있는 것: {known}",
        )
    found = parse_programme(programme_data(programme))
    if found.id != programme:
        raise _invalid(f"{programme}.yaml holds the profile {found.id!r}")
    return found


def programme_data(programme: str) -> bytes:
    """The bytes of the profile of that (known) id."""
    return (resources.files("include.programmes") / f"{programme}.yaml").read_bytes()


def parse_programme(data: bytes) -> Programme:
    """The profile in `data`. Raises ContractError "programme-invalid" with every mistake."""
    problems = Problems()
    document = read(data, problems)
    if document is None:
        raise _told(problems)
    problems.places = document.places
    schema = _schema()
    value: Any = document.value
    explain(validator(schema).iter_errors(value), schema, (), problems)
    if problems.listed():
        raise _told(problems)
    return _programme(value, hashlib.sha256(data).hexdigest(), problems)


@cache
def _schema() -> Mapping[str, Any]:
    path = resources.files("include.programmes") / "schemas" / "programme.schema.json"
    found: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def _programme(value: Mapping[str, Any], digest: str, problems: Problems) -> Programme:
    """From a document that its schema takes."""
    retention = Retention(value["retention"]["minYears"], value["retention"]["maxYears"], value["retention"]["basis"])
    if retention.min_years > retention.max_years:
        raise _invalid("retention: minYears is above maxYears")
    return Programme(
        id=value["id"],
        version=value["version"],
        digest=digest,
        name=Words(**value["name"]),
        required_families=tuple(value["requiredFamilies"]),
        floors=_floors(value["floors"], problems),
        gate_mode=value["gateMode"],
        phases=tuple(value["phases"]),
        release_phases=tuple(value["releasePhases"]),
        retention=retention,
        sectors=tuple(value.get("sectors", ())),
        caps=tuple(_cap(cap) for cap in value.get("caps", ())),
        words={key: Words(**words) for key, words in value["words"].items()},
    )


def _cap(cap: Mapping[str, Any]) -> Cap:
    return Cap(cap["year"], cap["kind"], cap["amountKrw"], Decimal(cap.get("ownShare", 0)))


def _floors(listed: list[Mapping[str, Any]], problems: Problems) -> dict[tuple[str, str], Target]:
    floors: dict[tuple[str, str], Target] = {}
    for i, item in enumerate(listed):
        target = parse(item, ("floors", i), problems)
        key = (item["check"], item["measure"])
        if target is None or key in floors:
            raise _invalid(f"floors[{i}]: one target for each check and measure")
        floors[key] = target
    return floors


def _told(problems: Problems) -> ContractError:
    return _invalid("; ".join(f"line {p.line}: {p.path}: {p.message_en}" for p in problems.listed()))


def _invalid(why: str) -> ContractError:
    return ContractError("programme-invalid", why, ko=f"사업 기준이 올바르지 않습니다: {why}")
