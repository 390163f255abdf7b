"""`lint` tells every problem of a contract, `load` gives the Contract or a ContractError that carries them all.

Order: strict YAML, the standard's JSON Schema, ours with the catalogue's vocabulary, compilation, the programme's
floors. No data is read. Each stage tells what it can; only what is not YAML at all ends it early.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from checks.catalogue import CATALOGUE
from include.contracts import odcs
from include.contracts.compile import Compiled, compile_contract
from include.contracts.explain import Echo, explain, tell_echoes, validator
from include.contracts.floors import check_programme
from include.contracts.model import Contract
from include.contracts.problems import Path, Problem, Problems
from include.contracts.vocabulary import FORMATS, Catalogue, Readers, contract_schema
from include.contracts.yaml import Document, Value, read
from include.errors import ContractError

_OF_PARENT = {"required", "additionalProperties", "unevaluatedProperties"}


class InvalidContractError(ContractError):
    """A contract with errors. `problems` are all of them, warnings included."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        errors = [p for p in problems if p.level == "error"]
        lines = "; ".join(f"line {p.line}: {p.path}: {p.message_en}" for p in errors)
        lines_ko = "; ".join(f"{p.line}행: {p.path}: {p.message_ko}" for p in errors)
        super().__init__(
            "contract-invalid",
            f"{len(errors)} problem(s) in the contract: {lines}",
            hint="dambo contract lint FILE explains each",
            ko=f"계약에 문제가 {len(errors)}개 있습니다: {lines_ko}",
            ko_hint="dambo contract lint FILE 로 하나씩 볼 수 있습니다",
        )
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[object, ...]:
        return (InvalidContractError, (self.problems,))


def lint(data: bytes, *, catalogue: Catalogue = CATALOGUE, readers: Readers = FORMATS) -> list[Problem]:
    """Every problem of the contract in `data`, in the file's order; none means that it can be used.

    `readers`: format to the JSON Schema of its options; without it, options of readers are not looked at.
    """
    return _examine(data, catalogue, readers)[1].listed()


def load(data: bytes, *, catalogue: Catalogue = CATALOGUE, readers: Readers = FORMATS) -> Contract:
    """The contract in `data`. Raises InvalidContractError ("contract-invalid") with every problem; warnings do not raise."""
    compiled, problems = _examine(data, catalogue, readers)
    listed = problems.listed()
    if compiled is None or any(p.level == "error" for p in listed):
        raise InvalidContractError(listed)
    return compiled.contract


def _examine(data: bytes, catalogue: Catalogue, readers: Readers) -> tuple[Compiled | None, Problems]:
    places: dict[Path, tuple[int, int]] = {}
    problems = Problems(places)
    document = read(data, problems)
    if document is None:
        return None, problems
    places.update(document.places)
    value = document.value
    if not isinstance(value, dict):
        problems.add((), "not-a-contract")
        return None, problems
    echoes = odcs.check(value, problems)
    if not _readable(value, problems):
        return None, problems
    echoes += _vocabulary(document, catalogue, readers, problems)
    compiled = compile_contract(value, problems, catalogue=catalogue, digest=hashlib.sha256(data).hexdigest())
    check_programme(compiled, value, catalogue, problems)
    tell_echoes(echoes, problems)
    return compiled, problems


def _readable(value: dict[str, Value], problems: Problems) -> bool:
    """Is it of a version whose words we know, and not nested without bound?"""
    return value.get("apiVersion") in odcs.VERSIONS and not problems.has("too-deep")


def _vocabulary(document: Document, catalogue: Catalogue, readers: Readers, problems: Problems) -> list[Echo]:
    """Our own schema; a value that the standard refused already is not looked at again."""
    schema = contract_schema(catalogue, readers)
    errors = [
        error
        for error in validator(schema).iter_errors(document.value)  # type: ignore[arg-type]
        if error.validator in _OF_PARENT or not problems.broken(tuple(error.absolute_path))
    ]
    return explain(errors, schema, (), problems)
