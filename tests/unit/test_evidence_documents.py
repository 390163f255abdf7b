"""Canonical bytes, schemas, statements and envelopes: what is made is what is accepted, and nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from include.errors import VerificationError
from include.evidence import envelope, schema, statement
from include.evidence.canonical import canonical, digest, require_canonical, strict_parse
from include.evidence.envelope import Envelope, Signature, pae
from include.evidence.predicates import (
    PREDICATES,
    ByVerdict,
    Claims,
    DecisionPredicate,
    ManifestPredicate,
    Pinned,
    ReportPredicate,
    RunStartedPredicate,
)
from include.evidence.refusals import REFUSALS
from include.evidence.resource import Resource
from include.evidence.rules import RequiredRule, rules_digest
from include.evidence.statement import Statement
from include.evidence.times import from_text, to_text

SHARED = Path(__file__).parents[2] / "../shared/data/signing"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SHA = digest(b"x")
RESOURCE = Resource("V-2026-000123", "balance", "D-1")

STATEMENTS = {
    "manifest": Statement(
        SHA,
        ManifestPredicate(
            RESOURCE,
            Claims("V-2026-000123", None, "D-1", "final", "c", "1.0.0", "공급기업"),
            SHA,
            SHA,
            SHA,
            3,
            2**40,
            NOW,
        ),
    ),
    "run-started": Statement(
        SHA,
        RunStartedPredicate(RESOURCE, 1, SHA, Pinned("c", "1", SHA), Pinned("p", "1", SHA), SHA, 2, "운영자", "", NOW),
    ),
    "quality-report": Statement(
        SHA,
        ReportPredicate(RESOURCE, 1, SHA, "PASS", ByVerdict(("a", "b")), SHA, 10, None, SHA, "op", "첫 검사", NOW, NOW),
    ),
    "decision": Statement(
        SHA,
        DecisionPredicate(RESOURCE, "https://v", "0.1.0", NOW, "urn:p", SHA, (SHA,), "HOLD", ("late",), 1),
    ),
}

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)


def outcome(call: object, *args: object) -> tuple[object, str | None]:
    """What a call gave, or its refusal's code."""
    try:
        return call(*args), None
    except VerificationError as error:
        return None, error.code


def refused(code: str, call: object, *args: object, **kwargs: object) -> None:
    with pytest.raises(VerificationError) as error:
        call(*args, **kwargs)
    assert error.value.code == code


@given(values)
def test_what_canonical_makes_is_accepted_and_is_the_same(value: object) -> None:
    assert require_canonical(canonical(value), depth=100) == value


JCS = ("arrays", "french", "structures")


@pytest.mark.parametrize("name", JCS)
def test_published_pairs_of_rfc_8785(name: str) -> None:
    folder = SHARED / "jcs"
    if not folder.exists():
        pytest.skip("no ../shared/data")
    given = json.loads((folder / "input" / f"{name}.json").read_bytes())
    expected = (folder / "output" / f"{name}.json").read_bytes()
    assert canonical(given) == expected == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())


USED = {
    "dsse": ("vector.json",),
    "jcs": ("input/*.json", "output/*.json", "outhex/*.txt"),
    "merkle": ("inclusion/**/*.json", "consistency/**/*.json"),
    "tessera-log": ("checkpoint.[0-7]", "tile/**/[1-7]"),
    "wycheproof": ("ed25519_test.json",),
}
"""What the tests of signatures, canonical bytes and the log go through, whole."""


def test_no_published_vector_is_left_out() -> None:
    if not SHARED.exists():
        pytest.skip("no ../shared/data")
    assert {path.name for path in SHARED.iterdir()} == USED.keys()
    for room, patterns in USED.items():
        used = {path for pattern in patterns for path in (SHARED / room).glob(pattern) if path.is_file()}
        there = {path for path in (SHARED / room).rglob("*") if path.is_file()}
        assert {path.name for path in there - used} <= {"SOURCE.txt", "LICENSE"}
    assert {path.stem for path in (SHARED / "jcs/input").iterdir()} == {*JCS}


REFUSED_JSON = {
    "duplicate key": (b'{"a":1,"a":1}', "duplicate-key"),
    "duplicate key, escaped": (b'{"a":1,"\\u0061":2}', "duplicate-key"),
    "duplicate key, deep": (b'[{"x":{"a":1,"a":1}}]', "duplicate-key"),
    "NaN": (b'{"a":NaN}', "not-a-number"),
    "Infinity": (b"-Infinity", "not-a-number"),
    "float": (b"[1.0]", "float-number"),
    "exponent": (b"[1e3]", "float-number"),
    "minus zero": (b"[-0]", "float-number"),
    "2^53": (b"9007199254740992", "integer-range"),
    "-2^53": (b"-9007199254740992", "integer-range"),
    "10,000 digits": (b"9" * 10_000, "integer-range"),
    "byte order mark": (b"\xef\xbb\xbf{}", "byte-order-mark"),
    "UTF-16": ("{}".encode("utf-16"), "not-utf8"),
    "overlong UTF-8": (b'"\xc0\xaf"', "not-utf8"),
    "surrogate in UTF-8": (b'"\xed\xa0\x80"', "not-utf8"),
    "lone surrogate": (b'"\\ud800"', "lone-surrogate"),
    "lone surrogate key": (b'{"\\udc00":1}', "lone-surrogate"),
    "33 levels": (b"[" * 33 + b"]" * 33, "too-deep"),
    "100,000 levels": (b"[" * 100_000, "too-deep"),
    "trailing bytes": (b"{} {}", "trailing-bytes"),
    "trailing NUL": (b"{}\x00", "trailing-bytes"),
    "control character": (b'"\x01"', "not-json"),
    "empty": (b"", "not-json"),
    "single quotes": (b"{'a':1}", "not-json"),
    "comment": (b"{}//", "trailing-bytes"),
    "trailing comma": (b"[1,]", "not-json"),
    "leading zero": (b"[01]", "not-json"),
    "too large": (b'"' + b"x" * 2**20 + b'"', "too-large"),
}


@pytest.mark.parametrize("name", REFUSED_JSON)
def test_strict_parse_refuses(name: str) -> None:
    data, code = REFUSED_JSON[name]
    refused(code, strict_parse, data)


def test_strict_parse_takes_the_extremes() -> None:
    assert strict_parse(b" 9007199254740991 ") == 2**53 - 1
    assert strict_parse(b"[" * 32 + b"]" * 32) is not None
    assert strict_parse('"😀\\ud83d\\ude00"'.encode()) == "😀😀"


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b'{"a": 1}', b'"\\u0061"', b'"\\/"', b"[1]\n"])
def test_one_value_has_one_form(data: bytes) -> None:
    strict_parse(data)
    refused("not-canonical", require_canonical, data)


@given(st.binary(max_size=200))
def test_strict_parse_raises_nothing_else(data: bytes) -> None:
    for reader in (strict_parse, require_canonical, envelope.parse, statement.parse):
        code = outcome(reader, data)[1]
        assert code is None or code in REFUSALS.keys() - {"verifier-failure"}


def test_callers_mistakes_are_refusals_too() -> None:
    refused("verifier-failure", strict_parse, None)


# --- schemas and statements


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_survive_their_bytes(name: str) -> None:
    made = STATEMENTS[name]
    assert statement.parse(made.to_bytes()) == made
    assert made.sha256 == digest(made.to_bytes())
    assert name == PREDICATES[made.predicate.TYPE].SCHEMA


SCHEMAS = sorted(path.stem for path in Path(schema.__file__).with_name("schemas").glob("*.json"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_json_schema_2020_12(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.load(name))


def mutations(value: object) -> list[object]:
    """`value` with one member dropped, added, retyped or emptied, everywhere."""
    strange = [None, True, 0, -1, 2**53 - 1, "", "x", "x\n", [], {}, ["x", "x"], {"sha256": "0" * 64}]
    if isinstance(value, dict):
        inner = [{**value, k: m} for k, v in value.items() for m in mutations(v)]
        return [
            *strange,
            *inner,
            *({k: v for k, v in value.items() if k != gone} for gone in value),
            {**value, "no": 1},
        ]
    if isinstance(value, list):
        return [
            *strange,
            *([*value[:i], m, *value[i + 1 :]] for i, v in enumerate(value) for m in mutations(v)),
            [*value, *value],
        ]
    return list(strange)


@pytest.mark.parametrize("name", STATEMENTS)
def test_our_validator_agrees_with_the_reference(name: str) -> None:
    """Same answer as `jsonschema` on every single-place mutation (newlines apart: its `$` lets one through)."""
    loaded = schema.load(name)
    reference = jsonschema.Draft202012Validator(loaded)
    verdicts = {True: 0, False: 0}
    for value in mutations(STATEMENTS[name].to_json()):
        try:
            schema.validate(value, loaded)
            ours = True
        except schema.Mismatch:
            ours = False
        if "\\n" not in json.dumps(value):
            assert ours == reference.is_valid(value), value
        verdicts[ours] += 1
    assert min(verdicts.values()) > 5


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_mutated_statement_is_refused_or_is_another_statement(name: str) -> None:
    original = STATEMENTS[name].to_bytes()
    for value in mutations(STATEMENTS[name].to_json()):
        data = canonical(value)
        made, code = outcome(statement.parse, data)
        if code is None:
            assert made.to_bytes() == data
            assert (data == original) == (made == STATEMENTS[name])
        else:
            assert code != "verifier-failure", value


def test_an_unknown_schema_keyword_is_not_skipped() -> None:
    with pytest.raises(ValueError, match="unknown"):
        schema._known({"minProperties": 1})
    with pytest.raises(ValueError, match="anchored"):
        schema._known({"properties": {"a": {"pattern": "a"}}})


@pytest.mark.parametrize(
    ("name", "pointer", "value"),
    [
        ("quality-report", ("predicate", "result"), "FAILED"),
        ("quality-report", ("predicate", "startedAt"), "2026-05-04T03:02:02Z"),
        ("quality-report", ("predicate", "startedAt"), "2026-02-30T03:02:02Z"),
        ("decision", ("predicate", "verificationResult"), "PASSED"),
        ("decision", ("predicate", "verifiedLevels"), ["DAMBO_RELEASE"]),
        ("decision", ("predicate", "https://dambo.example/attestation/decision/v1/decision"), "RELEASE"),
        ("decision", ("predicate", "https://dambo.example/attestation/decision/v1/reasons"), []),
        ("manifest", ("predicate", "resourceUri"), "urn:dambo:voucher:%56:milestone:m:delivery:d"),
    ],
)
def test_statements_that_contradict_themselves(name: str, pointer: tuple[str, str], value: object) -> None:
    document = STATEMENTS[name].to_json()
    document[pointer[0]][pointer[1]] = value
    refused("statement-contradiction", statement.parse, canonical(document))


def test_a_statement_that_would_be_refused_is_not_made() -> None:
    fraction = Statement(
        SHA, DecisionPredicate(RESOURCE, "v", "1", NOW.replace(microsecond=5), "u", SHA, (), "HOLD", ("late",), 1)
    )
    with pytest.raises(ValueError, match="survive"):
        fraction.to_bytes()
    with pytest.raises(VerificationError):
        Statement("no sha", STATEMENTS["manifest"].predicate).to_bytes()


def test_the_decision_is_a_slsa_summary() -> None:
    predicate = STATEMENTS["decision"].to_json()["predicate"]
    assert predicate["verificationResult"] == "FAILED"
    assert predicate["verifiedLevels"] == ["FAILED"]
    assert predicate["resourceUri"] == "urn:dambo:voucher:V-2026-000123:milestone:balance:delivery:D-1"
    assert all(key.startswith("https://") or key.isalpha() for key in predicate)


parts = st.text(min_size=1).filter(lambda t: not any("\ud800" <= c <= "\udfff" for c in t))


@given(parts, parts, parts)
def test_resources_are_told_apart(voucher: str, milestone: str, delivery: str) -> None:
    made = Resource(voucher, milestone, delivery)
    assert Resource.parse(made.uri) == made
    assert made.uri.isascii()
    assert made.uri.count(":") == 7


@given(st.datetimes(timezones=st.just(UTC)))
def test_times(time: datetime) -> None:
    text = to_text(time)
    assert from_text(text) == time.replace(microsecond=0)
    assert to_text(from_text(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T03:02:01+00:00",
        "2026-05-04t03:02:01z",
        "2026-5-04T03:02:01Z",
        "2026-05-04T03:02:60Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T03:02:01Z\n",
        "२०२६-05-04T03:02:01Z",
    ],
)
def test_times_have_one_spelling(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - strptime's words are not ours
        from_text(text)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_text(datetime(2026, 1, 1))  # noqa: DTZ001


def test_rules_digest_binds_every_word_and_no_order() -> None:
    a, b = RequiredRule("a", "c", "f", "error", ">=", ("0.8",)), RequiredRule("b", "c", "f", "error", ">=", ("0.8",))
    assert rules_digest([a, b]) == rules_digest([b, a])
    others = [
        [a],
        [RequiredRule("a", "c", "f", "error", ">=", ("0.5",)), b],
        [RequiredRule("a", "c", "f", "info", ">=", ("0.8",)), b],
        [RequiredRule("a", "c", "f", "error", ">", ("0.8",)), b],
        [RequiredRule("a2", "c", "f", "error", ">=", ("0.8",)), b],
    ]
    assert len({rules_digest(x) for x in [*others, [a, b]]}) == 6
    with pytest.raises(ValueError, match="twice"):
        rules_digest([a, a])


# --- envelopes


def test_published_pae() -> None:
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    made = pae("http://example.com/HelloWorld", b"hello world")
    assert made == expected
    assert pae("ä", "담보".encode()) == b"DSSEv1 2 \xc3\xa4 6 " + "담보".encode()


@given(
    st.lists(
        st.tuples(st.text(max_size=8).filter(lambda t: t.isascii()), st.binary(min_size=1, max_size=128)),
        min_size=1,
        max_size=16,
    ),
    st.binary(min_size=1),
)
def test_envelopes_survive_their_bytes(signatures: list[tuple[str, bytes]], payload: bytes) -> None:
    made = Envelope(payload, tuple(Signature(*s) for s in signatures))
    assert envelope.parse(made.to_bytes()) == made
    assert rfc8785.dumps(json.loads(made.to_bytes())) == made.to_bytes()


def test_url_safe_base64_and_unknown_fields_are_taken_as_the_standard_says() -> None:
    data = json.dumps(
        {
            "payload": "-_-_",
            "payloadType": envelope.PAYLOAD_TYPE,
            "signatures": [{"sig": "_w==", "cert": 1}],
            "more": [],
        }
    ).encode()
    assert envelope.parse(data) == Envelope(b"\xfb\xff\xbf", (Signature("", b"\xff"),))


def test_refusals_have_both_languages_and_stable_codes() -> None:
    for code, (english, korean) in REFUSALS.items():
        assert code == code.lower()
        assert english.isascii()
        assert not korean.isascii()
    assert len({english for english, _ in REFUSALS.values()}) == len(REFUSALS)
    assert all(a != b for a, b in pairwise(REFUSALS))
