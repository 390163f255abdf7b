"""JSON Schema errors in plain words: what a validator says becomes Problems at YAML paths, the real mistake only.

Decimals count as numbers. An `unevaluatedProperties` error is told only for keys that the schema names nowhere: the
others are the echo of a mistake that is told by itself. Of alternatives the nearest is explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jsonschema import Draft201909Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from include.contracts.problems import Path, Problems, closest, describe
from include.contracts.targets import OPERATORS

Schema = Mapping[str, Any]

_TYPES = {
    "object": ("a mapping", "키와 값"),
    "array": ("a list", "목록"),
    "string": ("a text", "글"),
    "number": ("a number", "수"),
    "integer": ("a whole number", "정수"),
    "boolean": ("true or false", "true 나 false"),
    "null": ("empty", "빈 값"),
}

_WHY = {
    "minimum": ("is below {limit}", "{limit} 보다 작습니다"),
    "maximum": ("is above {limit}", "{limit} 보다 큽니다"),
    "exclusiveMinimum": ("is not above {limit}", "{limit} 보다 커야 합니다"),
    "exclusiveMaximum": ("is not below {limit}", "{limit} 보다 작아야 합니다"),
    "multipleOf": ("is not a multiple of {limit}", "{limit} 의 배수가 아닙니다"),
    "minLength": ("has fewer than {limit} characters", "{limit}자보다 짧습니다"),
    "maxLength": ("has more than {limit} characters", "{limit}자보다 깁니다"),
    "minItems": ("has fewer than {limit} entries", "항목이 {limit}개보다 적습니다"),
    "maxItems": ("has more than {limit} entries", "항목이 {limit}개보다 많습니다"),
    "minProperties": ("has fewer than {limit} keys", "키가 {limit}개보다 적습니다"),
    "maxProperties": ("has more than {limit} keys", "키가 {limit}개보다 많습니다"),
    "uniqueItems": ("has an entry twice", "같은 항목이 두 번 나옵니다"),
    "pattern": ("does not match {limit}", "{limit} 꼴이 아닙니다"),
    "format": ("is not a {limit}", "{limit} 꼴이 아닙니다"),
    "dependentRequired": ("lacks a key that goes with another", "함께 적어야 할 키가 없습니다"),
    "not": ("is not allowed here", "여기에 쓸 수 없습니다"),
}


def _is_number(_checker: object, value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _is_integer(_checker: object, value: object) -> bool:
    return _is_number(_checker, value) and Decimal(value) == Decimal(value).to_integral_value()  # type: ignore[arg-type]


def validator(schema: Schema, *, standard: bool = False) -> Validator:
    """A validator that takes Decimals: 2020-12 for our schemas, 2019-09 for the standard's."""
    base = Draft201909Validator if standard else Draft202012Validator
    checker = base.TYPE_CHECKER.redefine_many({"number": _is_number, "integer": _is_integer})
    build: Callable[..., Any] = extend
    made: Validator = build(base, type_checker=checker)(schema, format_checker=base.FORMAT_CHECKER)
    return made


Echo = tuple[Path, tuple[str, ...]]
"""Keys that are refused though the schema knows them: mostly because of another mistake at the same place."""


def explain(found: Iterable[ValidationError], root: Schema, path: Path, problems: Problems) -> list[Echo]:
    """Tell `problems` each error below `path` (where the validated value stands in the document).

    Returns the echoes; whoever finds no other mistake there tells them by `tell_echoes`.
    """
    echoes: list[Echo] = []
    for error in found:
        here = (*path, *error.relative_path)
        if error.validator == "unevaluatedProperties":
            echoes.append((here, tuple(re.findall(r"'([^']+)'", error.message))))
        _one(error, root, here, problems)
    return echoes


def tell_echoes(echoes: Iterable[Echo], problems: Problems) -> None:
    """Keys at places where nothing else is wrong: they do not belong there."""
    for path, keys in echoes:
        if not problems.broken(path):
            for key in keys:
                problems.add((*path, key), "not-allowed-here", word=key)


def _one(error: ValidationError, root: Schema, path: Path, problems: Problems) -> None:
    kind = str(error.validator)
    limit: Any = error.validator_value
    instance: Any = error.instance
    if _own_code(error, path, problems):
        return
    if kind == "required":
        unknown = _unknown_keys(error, root)
        for word in (w for w in limit if w not in instance and not any(closest(k, [w]) for k in unknown)):
            problems.add(path, "missing-key", word=word)
    elif kind in {"additionalProperties", "unevaluatedProperties"}:
        known = frozenset(known_keys(error.schema, root))
        for word in _unknown_keys(error, root):
            problems.unknown((*path, word), "unknown-key", word, known)
    elif kind == "type":
        wrong_type(instance, limit, path, problems)
    elif kind in {"enum", "const"}:
        words = [str(w) for w in (limit if kind == "enum" else [limit])]
        problems.unknown(path, "not-one-of", str(instance), words)
    elif kind in {"oneOf", "anyOf"}:
        _alternatives(error, root, path, problems)
    else:
        _bad_value(error, kind, path, problems)


def _unknown_keys(error: ValidationError, root: Schema) -> list[str]:
    """Keys of the instance that its schema names nowhere."""
    instance: Any = error.instance
    known = frozenset(known_keys(error.schema, root))
    return [key for key in instance if key not in known]


def _own_code(error: ValidationError, path: Path, problems: Problems) -> bool:
    """Our schema names a code (`x-code`) where it has better words than the keyword; a wrong type stays that."""
    schema: Any = error.schema
    code = schema.get("x-code") if isinstance(schema, Mapping) else None
    if code is None or (error.validator == "type" or not isinstance(error.instance, str | list)):
        return False
    if error.validator == "enum":
        problems.unknown(path, code, str(error.instance), [str(w) for w in schema["enum"]])
    else:
        problems.add(path, code, word=error.instance, what=path[-1])
    return True


def wrong_type(value: object, expected: str | list[str], path: Path, problems: Problems) -> None:
    """`value` is not of the JSON Schema type(s) `expected`."""
    names = [_TYPES[name] for name in ([expected] if isinstance(expected, str) else expected)]
    en, ko = describe(value)
    words = {"expected": " or ".join(n[0] for n in names), "expected_ko": "·".join(n[1] for n in names)}
    problems.add(path, "wrong-type", found=en, found_ko=ko, **words)


def _bad_value(error: ValidationError, kind: str, path: Path, problems: Problems) -> None:
    en, ko = _WHY.get(kind, (error.message, error.message))
    limit = str(error.validator_value)
    instance: Any = error.instance
    text = str(instance)[:60]
    word, word_ko = describe(instance) if isinstance(instance, dict | list) else (text, text)
    why, why_ko = en.replace("{limit}", limit), ko.replace("{limit}", limit)
    problems.add(path, "bad-value", word=word, word_ko=word_ko, why=why, why_ko=why_ko)


def _alternatives(error: ValidationError, root: Schema, path: Path, problems: Problems) -> None:
    """oneOf/anyOf: the operators by their number; else the branches that take the value's type; the nearest is told."""
    instance: Any = error.instance
    if isinstance(instance, Mapping) and _operators(error.schema):
        count = sum(word in instance for word in OPERATORS)
        if count > 1:
            problems.add(path, "operator-several", count=count)
            return
        if count == 0:
            if not any(closest(key, OPERATORS) for key in instance):
                problems.add(path, "operator-missing", operators=", ".join(OPERATORS))
            return
    if _only_keys(error):
        alternatives: Any = error.validator_value
        ways = [", ".join(branch["required"]) for branch in alternatives]
        problems.add(path, "one-way-only", ways=" | ".join(ways))
        return
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.relative_schema_path[0], []).append(inner)
    typed = [b for b in branches.values() if not any(_misfit(e) for e in b)]
    if not typed:
        expected = sorted({t for b in branches.values() for e in b if _misfit(e) for t in _type_names(e)})
        if expected:
            wrong_type(instance, expected, path, problems)
        else:
            _bad_value(error, "not", path, problems)
        return
    nearest = min(typed, key=lambda b: (len(b), sorted(map(str, (e.message for e in b)))))
    explain(nearest, root, path, problems)


def _only_keys(error: ValidationError) -> bool:
    """Do the alternatives differ in the keys they demand, and in nothing else?"""
    branches: Any = error.validator_value
    return all(isinstance(branch, Mapping) and set(branch) == {"required"} for branch in branches)


def _misfit(error: ValidationError) -> bool:
    """The branch is not for this value at all."""
    value: Any = error.validator_value
    by_key = error.validator == "required" and set(value) <= set(OPERATORS)
    return (error.validator == "type" and not error.relative_path) or by_key


def _type_names(error: ValidationError) -> list[str]:
    if error.validator != "type":
        return []
    given: Any = error.validator_value
    return [given] if isinstance(given, str) else list(given)


def _operators(schema: Any) -> bool:
    """Is it the standard's list of operators, each alternative requiring one?"""
    branches = schema.get("oneOf", []) if isinstance(schema, Mapping) else []
    return bool(branches) and all(set(b.get("required", [""])) <= set(OPERATORS) for b in branches)


def known_keys(schema: Any, root: Schema, _seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key that a schema names, wherever it names it, through references and conditions."""
    if not isinstance(schema, Mapping):
        return
    yield from schema.get("properties", {})
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in _seen and re.fullmatch(r"#/\$defs/\w+", reference):
        yield from known_keys(root["$defs"][reference.rsplit("/", 1)[1]], root, _seen | {reference})
    for word in ("if", "then", "else"):
        yield from known_keys(schema.get(word), root, _seen)
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, []):
            yield from known_keys(part, root, _seen)
