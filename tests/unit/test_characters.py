"""Character patterns and lengths by bytes say what RE2 and Arrow say, whatever the pattern and the texts."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks.batch import Batch
from checks.characters import characters_of, lengths_of
from checks.columns import Col, View
from checks.predicates import Length, NotMatching, check_pattern

ITEMS = [
    "a", "z", "0", " ", "-", "_", ".", "^", "$", "|", ",", "\\-", "\\]", "\\[", "\\\\", "\\.", "\\^", "\\t", "\\n", "\\d",
    "\\w", "\\s", "\\v", "\\a", "\\x41", "\\pL", "\\D", "a-z", "A-Z", "0-9", "!-~", "a-a", "\\t- ", "\\--9", "z-a", "\n", "가",
    "가-힣", "\x7f", "\x00", "[:alpha:]",
]  # fmt: skip
QUANTIFIERS = ["", "+", "*", "?", "+?", "{0}", "{1}", "{2}", "{1,}", "{0,3}", "{2,4}", "{,3}", "{3,2}"]
SINGLE = ["\\d", "\\w", "\\s", ".", "a", "\\D", "가"]
CLASSES = st.one_of(
    st.builds(
        lambda negated, items: f"[{negated}{''.join(items)}]",
        st.sampled_from(["", "^"]),
        st.lists(st.sampled_from(ITEMS), min_size=1, max_size=5),
    ),
    st.sampled_from(SINGLE),
)
PATTERNS = st.one_of(
    st.builds(lambda c, q: f"^{c}{q}$", CLASSES, st.sampled_from(QUANTIFIERS)),
    st.builds(
        lambda c, q, end: f"{c}{q}{end}", CLASSES, st.sampled_from(QUANTIFIERS), st.sampled_from(["", "$", "$\n"])
    ),
    st.text("^$[]-\\dwsaz09+*{}1,|.()\n", max_size=12),
)
TEXTS = st.lists(
    st.none() | st.text(st.sampled_from("abz059 _-.^$]\\[,\t\n\v\r~\x00\x7f가힣é😀A"), max_size=6), max_size=12
)


@given(PATTERNS, TEXTS, st.integers(0, 3))
@example("^[a-z]+$\n", ["a", "a\n"], 0)
@example("^[a-z]+$", ["a\n", "", "a"], 0)
@example("^[^,]{2}$", ["가나", "가", "ab"], 0)
def test_a_pattern_means_what_re2_says(pattern: str, texts: list[str | None], start: int) -> None:
    plain = characters_of(pattern)
    if plain is None or check_pattern(pattern) is not None:
        return
    values = pa.array(texts, pa.large_string()).slice(start)
    found = plain.failing(values)
    if found is not None:
        expected = pc.invert(pc.match_substring_regex(values, pattern)).to_pylist()
        assert found.tolist() == [i for i, fails in enumerate(expected) if fails]


@pytest.mark.parametrize(
    "pattern",
    ["^[a-z0-9 ]+$", "^[A-Za-z_][a-z]$", r"^\d{3}$", r"^[\w.\-]{1,64}$", "^[^,;]*$", "^[0-9]$", r"^[\[\]]*$"],
)
def test_which_patterns_are_plain(pattern: str) -> None:
    assert (characters_of(pattern) is not None) == (pattern != "^[A-Za-z_][a-z]$")


def test_many_ranges_and_long_buffers() -> None:
    texts = pa.array([*["acegikmoqsuwy" * 1000] * 40, "b", None, ""], pa.large_string())
    for pattern in ("^[acegikmoqsuwy1357]+$", "^[acegikmoqsuwy]+$"):
        plain = characters_of(pattern)
        assert plain is not None
        found = plain.failing(texts)
        assert found is not None
        assert found.tolist() == [40, 42]


def test_bytes_that_all_fail_are_left_to_the_engine() -> None:
    plain = characters_of("^[a-z]+$")
    assert plain is not None
    texts = pa.array(["ABC", "DEF"], pa.large_string())
    assert plain.failing(texts) is None
    view = View(Batch("f", pa.record_batch([texts], names=["t"])))
    assert NotMatching("^[a-z]+$").failing(view, Col("t", "string")).to_pylist() == [True, True]


def test_bytes_under_a_null_are_not_looked_at() -> None:
    offsets = pa.array([0, 2, 3], pa.int64()).buffers()[1]
    under = pa.LargeStringArray.from_buffers(2, offsets, pa.py_buffer(b"ABd"), pa.py_buffer(b"\x02"))
    assert under.to_pylist() == [None, "d"]
    plain = characters_of("^[a-z]+$")
    assert plain is not None
    found = plain.failing(under)
    assert found is not None
    assert found.tolist() == []


@given(TEXTS, st.integers(0, 5), st.integers(0, 3), st.booleans())
def test_lengths_are_code_points(texts: list[str | None], bound: int, start: int, least: bool) -> None:
    values = pa.array(texts, pa.large_string()).slice(start)
    assert [n for n, t in zip(lengths_of(values).tolist(), values.to_pylist(), strict=True) if t is not None] == [
        len(t) for t in values.to_pylist() if t is not None
    ]
    view = View(Batch("f", pa.record_batch([values], names=["t"])))
    predicate = Length(least=bound) if least else Length(most=bound)
    failing = [t is not None and (len(t) < bound if least else len(t) > bound) for t in values.to_pylist()]
    assert predicate.failing(view, Col("t", "string")).fill_null(False).to_pylist() == failing
