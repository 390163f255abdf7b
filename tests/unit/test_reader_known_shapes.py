"""The fast way of decoding label documents: it takes nothing that the strict decoder refuses, and reads the same."""

from __future__ import annotations

import json
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.deliveries.readers.jsonvalues import Flaw, Values, space_end
from include.deliveries.readers.labels.knownshapes import Shapes
from include.deliveries.readers.labels.pointers import resolve
from include.deliveries.readers.labels.taking import MISSING

KEYS = st.sampled_from(["a", "b", "c", "이름", "x:y", 'q"', "", "\\"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**25), 10**25), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4), st.sampled_from([":", '":', " :", "a : b", "\t:"]),
)  # fmt: skip
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
INDENTS = st.sampled_from([None, 1, "\t"])
SEPARATORS = st.sampled_from([None, (",", ":"), (" ,", " :"), (",\n", "\t:"), (",", "  :  "), (",", "\r:")])


def strict(text: str) -> object:
    """What the strict decoder says; MISSING for whatever is wrong."""
    start = space_end(text, 0)
    try:
        value, end = Values(200).at(text, start)
    except ValueError:
        return MISSING
    return MISSING if isinstance(value, Flaw) or space_end(text, end) != len(text) else value


def same(one: object, other: object) -> bool:
    return json.dumps(one) == json.dumps(other)


@given(DOCUMENTS, DOCUMENTS, INDENTS, SEPARATORS)
def test_what_it_takes_the_strict_decoder_reads_the_same(first, second, indent, separators):
    shapes = Shapes()
    shapes.learn(first)
    for document in (first, second):
        text = json.dumps(document, indent=indent, separators=separators, ensure_ascii=False)
        tree = shapes.decode(text.encode())
        if tree is not MISSING:
            assert same(msgspec.to_builtins(tree), strict(text))


BASE = '{"id": "S1", "o": [{"k": "a", "b": [1, 2.5], "t": "10:00"}, {"k": "b", "b": [3], "t": ""}], "m": {"x": null, "y": "z"}}'
PIECES = [
    "1",
    '"k"',
    '"id": "S2", ',
    ",",
    ":",
    " ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "NaN",
    "1e999",
    "\\ud800",
    "\x01",
    "\t",
    ", ",
    '"m": {}, ',
    "é",
    "-",
]


@given(st.lists(st.tuples(st.integers(0, len(BASE)), st.integers(0, 6), st.sampled_from(["", *PIECES])), max_size=3))
def test_no_broken_document_is_taken(edits):
    shapes = Shapes()
    shapes.learn(json.loads(BASE))
    text = BASE
    for at, cut, piece in edits:
        text = text[:at] + piece + text[at + cut :]
    tree = shapes.decode(text.encode())
    if tree is not MISSING:
        assert same(msgspec.to_builtins(tree), strict(text))


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace('"id": "S1"', '"id": "S1", "id": "S1"'),
        BASE.replace('"x": null', '"x": null, "x": null'),
        BASE.replace('"y": "z"', '"y" : "z", "y"  : "z"'),
        BASE.replace('"y": "z"', '"y"\n:"z","y"\t:"z"'),
        BASE.replace('"t": "10:00"', '"t": "1000", "t": "1000"'),
        BASE.replace("2.5", "NaN"),
        BASE.replace("2.5", "1e400"),
        BASE.replace('"z"', '"\\ud800"'),
        BASE.replace('"z"', '"\x02"'),
        BASE + "{}",
        "\ufeff" + BASE,
    ],
)
def test_what_json_forbids_is_left_to_the_strict_decoder(text):
    shapes = Shapes()
    shapes.learn(json.loads(BASE))
    assert shapes.decode(BASE.encode()) is not MISSING
    assert shapes.decode(text.encode()) is MISSING


def test_it_is_the_fast_way_that_is_taken():
    """Also with colons in texts, and objects that may be null."""
    shapes = Shapes()
    shapes.learn({"o": [{"a": {"t": "10:00"}}, {"a": None}], "list": [["x"]]})
    for text in (
        '{"o": [{"a":{"t":"a:b"}}], "list": []}',
        '{"o": [], "list": [[1, null], []]}',
        '{"list":[],"o":[{"a":null}]}',
    ):
        tree = shapes.decode(text.encode())
        assert same(sorted(msgspec.to_builtins(tree).items()), sorted(json.loads(text).items()))
    assert resolve(shapes.decode(b'{"o":[{"a":{"t":"x"}}],"list":[]}'), ("o", "0", "a", "t")) == "x"
    assert resolve(shapes.decode(b'{"o":[{"a":{"t":"x"}}],"list":[]}'), ("o", "0", "b")) is MISSING


def test_irregular_documents_are_no_shape():
    shapes = Shapes()
    for document in (3, [{"a": 1}, {"b": 1}], [1, {}], [[1], 2], {f"k{i}": i for i in range(1000)}):
        shapes.learn(document)
        assert shapes.decode(json.dumps(document).encode()) is MISSING


def test_shapes_are_few_and_the_last_ones():
    shapes = Shapes()
    documents = [{f"k{i}": i} for i in range(40)]
    for document in documents:
        shapes.learn(document)
    taken = [shapes.decode(json.dumps(document).encode()) is not MISSING for document in documents]
    assert sum(taken) == 8  # one that serves nothing makes no room
    for _ in range(60 * 8):
        shapes.decode(b'{"k0": 1}')
    shapes.learn(documents[-1])
    assert shapes.decode(b'{"k39": 1}') is not MISSING
    assert shapes.decode(b'{"k0": 1}') is not MISSING


def test_attributes_are_the_same_either_way():
    from include.deliveries.readers.labels.taking import as_json

    value = {"b": {"z": 1, "a": [1.5, None]}, "a": "귤"}
    shapes = Shapes()
    shapes.learn(value)
    assert as_json(shapes.decode(json.dumps(value).encode())) == as_json(value)


def test_documents_at_random_are_read_alike(tmp_path):
    """Thousands of documents like those of a delivery, some with an edit, through the reader's own way in."""
    from include.deliveries.readers import Limits
    from include.deliveries.readers.labels.documents import load

    chance = random.Random(7)
    for i in range(400):
        objects = [
            {"c": chance.choice("abc"), "b": [chance.random() * 100, i, 3, 4]} for _ in range(chance.randrange(5))
        ]
        text = json.dumps({"id": f"S{i}", "date": "10:00", "o": objects}, indent=chance.choice([None, 2]))
        if chance.random() < 0.2:
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(PIECES) + text[at:]
        path = tmp_path / "f.json"
        path.write_bytes(text.encode())
        found = load(path, "f.json", Limits(), None)
        expected = strict(text)
        if expected is MISSING:
            assert hasattr(found, "code")
        else:
            assert same(msgspec.to_builtins(found), expected)
