"""Strict YAML: what is written is what is read, and nothing a hostile file holds gets further than a problem."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from include.contracts.problems import Problems, closest, show_path
from include.contracts.yaml import MAX_BYTES, read


def told(data: bytes | str) -> tuple[object, list[tuple[str, int]]]:
    problems = Problems()
    document = read(data.encode() if isinstance(data, str) else data, problems)
    return (document.value if document else None), [(p.code, p.line) for p in problems.listed()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Decimal("0.1")),
        ("2.50", Decimal("2.50")),
        (".5", Decimal(".5")),
        ("-1.5e3", Decimal("-1.5e3")),
        ("0.30000000000000000000000001", Decimal("0.30000000000000000000000001")),
        ("12", 12),
        ("-7", -7),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("'1.5'", "1.5"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
        ("!!float 1", Decimal(1)),
        ("!!int 1", 1),
        ("=", "="),
    ],
)
def test_scalars_are_what_is_written(text: str, value: object) -> None:
    found, problems = told(f"a: {text}\n")
    assert problems == []
    assert isinstance(found, dict)
    assert found["a"] == value
    assert type(found["a"]) is type(value)
    assert str(found["a"]) == str(value)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3),
        ("a: 1\n'a': 3\n", "duplicate-key", 2),
        ("a:\n  b: {c: 1, c: 2}\n", "duplicate-key", 2),
        ("a: &x 1\nb: 2\n", "yaml-alias", 1),
        ("a: &x [1]\nb: *x\n", "yaml-alias", 1),
        ("*x : 1\n", "yaml-alias", 1),
        ("&x a: 1\n", "yaml-alias", 1),
        ("a: !!python/object/apply:os.system [id]\n", "yaml-tag", 1),
        ("a: !secret x\n", "yaml-tag", 1),
        ("a: !!binary aGk=\n", "yaml-tag", 1),
        ("a: !!set {x}\n", "yaml-tag", 1),
        ("a: !!int x\n", "yaml-tag", 1),
        ("a: !!bool 1\n", "yaml-tag", 1),
        ("\na: .nan\n", "number-range", 2),
        ("a: -.inf\n", "number-range", 1),
        ("a: 1e999999999\n", "number-range", 1),
        ("a: 1e-999999999999999999999\n", "number-range", 1),
        ("a: " + "9" * 5000, "number-range", 1),
        ("a: 0x" + "f" * 5000, "number-range", 1),
        ("a: 0." + "1" * 5000, "number-range", 1),
        ("? [a, b]\n: 1\n", "key-not-text", 1),
        ("? {a: b}\n: 1\n", "key-not-text", 1),
        ("a: 1\n---\nb: 2\n", "several-documents", 2),
        ("a: [1, 2\n", "yaml-syntax", 2),
        ("a: 'x\n", "yaml-syntax", 2),
        ("a: b: c\n", "yaml-syntax", 1),
        ("a: \x00\n", "yaml-syntax", 1),
        ("a: \x1b[31m\n", "yaml-syntax", 1),
        ('a: "\\ud800"\n', "yaml-syntax", 1),
        (b"a: \xff\xfe\n", "not-utf8", 1),
        ("a: 1".encode("utf-16"), "not-utf8", 1),
        (b"a: 1\n#" + b"x" * MAX_BYTES, "too-large", 1),
        ("a: " + "[" * 100 + "]" * 100, "too-deep", 1),
        ("- " * 100_000, "too-deep", 1),
        ("[" * 500_000, "too-deep", 1),
        ("a: [" + "1," * 100_000 + "]", "too-many-values", 1),
    ],
)
def test_what_is_refused(data: bytes | str, code: str, line: int) -> None:
    started = time.monotonic()
    _, problems = told(data)
    assert problems == [(code, line)]
    assert time.monotonic() - started < 20


def test_laughs_end_at_the_first_anchor() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    )
    assert told(text) == (None, [("yaml-alias", 1)])


def test_merge_keys_merge_nothing() -> None:
    assert told("<<: {a: 1}\na: 2\n") == ({"<<": {"a": 1}, "a": 2}, [])


def test_json_is_yaml() -> None:
    found, problems = told('{"a": 1.10, "b": [true, null, "\\ud83d\\ude00", "가"]}')
    assert problems == []
    assert found == {"a": Decimal("1.10"), "b": [True, None, "\U0001f600", "가"]}
    assert str(found["a"]) == "1.10"  # type: ignore[index]


def test_keys_are_texts_so_that_classes_may_be_called_0_and_true() -> None:
    assert told("t: {0: 0.5, true: 0.25, 1.50: 0.25}") == (
        {"t": {"0": Decimal("0.5"), "true": Decimal("0.25"), "1.50": Decimal("0.25")}},
        [],
    )


def test_a_bom_is_no_content_and_an_empty_file_no_value() -> None:
    assert told(b"\xef\xbb\xbfa: 1") == ({"a": 1}, [])
    assert told(b"") == (None, [])


def test_every_value_has_its_place() -> None:
    problems = Problems()
    document = read(b"a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n", problems)
    assert document is not None
    assert document.places["a",] == (1, 1)
    assert document.places["b", 0] == (3, 5)
    assert document.places["b", 1, "c"] == (4, 6)
    assert document.places["b", 1, "d"] == (5, 6)
    problems.places = document.places
    assert problems.place(("b", 1, "missing", 0)) == (4, 5)


def test_paths_as_people_write_them() -> None:
    assert (
        show_path(("schema", 0, "properties", 2, "quality", 0, "mustBe")) == "schema[0].properties[2].quality[0].mustBe"
    )
    assert show_path(("target", "a b", "한글")) == 'target["a b"].한글'
    assert show_path(()) == ""


def test_did_you_mean() -> None:
    assert closest("mustBeGreaterOrEqual", ["mustBe", "mustBeGreaterOrEqualTo", "mustBeGreaterThan"]) == (
        "mustBeGreaterOrEqualTo"
    )
    assert closest("ROWCOUNT", ["rowCount", "nullValues"]) == "rowCount"
    assert closest("zzz", ["rowCount"]) is None
