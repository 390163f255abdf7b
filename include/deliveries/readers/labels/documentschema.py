"""Label documents against the JSON Schema of the contract: each violation is a defect at its JSON pointer.

A message names the keyword violated, never a value of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import msgspec

from checks.batch import Defect
from include.deliveries.readers.codes import defect
from include.deliveries.readers.jsonvalues import step
from include.errors import ContractError


class _Validators:
    """The validator of the schema at hand: a delivery has many files of one."""

    def __init__(self) -> None:
        self._last: tuple[Mapping[str, Any], jsonschema_rs.Draft202012Validator] | None = None

    def of(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        last = self._last
        if last is None or last[0] is not schema:
            last = self._last = (schema, _compiled(schema))
        return last[1]


_validators = _Validators()


def _compiled(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(_plain(schema), offline=True, validate_formats=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise ContractError(
            "label-schema",
            f"the JSON Schema of label documents cannot be used: {str(error).splitlines()[0]}",
            ko="라벨 문서의 JSON 스키마를 쓸 수 없습니다",
        ) from error


def violations(tree: object, at: str, name: str, schema: Mapping[str, Any]) -> Iterator[Defect]:
    """What of a document at a pointer is not as its schema says, in the schema's order."""
    document = msgspec.to_builtins(tree)
    validator = _validators.of(schema)
    if validator.is_valid(document):
        return
    for error in validator.iter_errors(document):
        yield defect(name, "schema-violation", pointer=at + _place(error), detail="".join(map(step, error.schema_path)))


def _place(error: jsonschema_rs.ValidationError) -> str:
    """Where it is; of a key that is missing, where that should be."""
    missing = [error.kind.property] if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Required) else []
    return "".join(map(step, [*error.instance_path, *missing]))


def _plain(value: Any) -> Any:
    """The schema in plain dicts and lists, however the contract holds it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
