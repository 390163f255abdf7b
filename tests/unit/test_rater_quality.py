"""The quality of raters: EM against a plain reading of Dawid & Skene, real crowds, second answers found."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import prod

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.annotations import batch as labels_batch
from support.annotations import declared as media
from support.annotations import judged as media_judged

from checks import engine
from checks.agreement.dawid_skene import dawid_skene
from checks.agreement.units import Ratings
from checks.batch import Batch
from checks.catalogue import CATALOGUE
from checks.columns import Col
from checks.kernel import Declaration, Misdeclared, Rule, Target

COLUMNS = {name: Col(name, "string") for name in ("item", "rater", "value", "gold", "part", "a", "b", "c")}


def rule(measure, demand=(">=", "0.5"), **params):
    from decimal import Decimal

    target = Target(demand[0], (Decimal(demand[1]),))
    return CATALOGUE["rater-quality"].build(
        Declaration(
            Rule("records.rater-quality", "rater-quality"), "records", COLUMNS, {"measure": measure, **params}, target
        )
    )


def table(records, file="f.csv", first=0):
    columns = {name: pa.array([r.get(name) for r in records], pa.string()) for name in COLUMNS}
    return Batch(file, pa.record_batch(columns), first_row=first, lexical=True, found=tuple(COLUMNS))


def judged(check, *batches):
    plan = engine.plan([check], {"records": tuple(COLUMNS)})
    return engine.judge([check], engine.observe(plan, [("records", b) for b in batches]))[0]


def outcome(check, records):
    result = judged(check, table(records))
    assert result.verdict != "ERROR", result.reason
    return result.outcome


ROWS = {"item": "item", "rater": "rater", "value": "value"}


def rows(votes, gold=None):
    """Rating rows of {(item, rater): value}."""
    return [
        {"item": str(i), "rater": str(r), "value": str(v), **({"gold": str(gold[i])} if gold else {})}
        for (i, r), v in votes.items()
    ]


def plain_em(votes, rounds):
    """Dawid & Skene 1979, eq. 2.3 to 2.5, one number at a time."""
    items = sorted({i for i, _ in votes})
    raters = sorted({r for _, r in votes})
    classes = sorted(set(votes.values()))
    t = {}
    for i in items:
        own = Counter(v for (k, _), v in votes.items() if k == i)
        t[i] = {c: own[c] / sum(own.values()) for c in classes}
    for _ in range(rounds):
        p = {c: max(sum(t[i][c] for i in items) / len(items), 1e-10) for c in classes}
        p = {c: p[c] / sum(p.values()) for c in classes}
        pi = {}
        for r in raters:
            for c in classes:
                given_ = {g: sum(t[i][c] for (i, k), v in votes.items() if k == r and v == g) for g in classes}
                given_ = {g: max(n, 1e-10) for g, n in given_.items()}
                pi[r, c] = {g: n / sum(given_.values()) for g, n in given_.items()}
        for i in items:
            like = {c: p[c] * prod(pi[r, c][v] for (k, r), v in votes.items() if k == i) for c in classes}
            t[i] = {c: like[c] / sum(like.values()) for c in classes}
    return t, p, pi


def coded(votes):
    items, raters, classes = (sorted(s) for s in ({i for i, _ in votes}, {r for _, r in votes}, set(votes.values())))
    entries = sorted((items.index(i), raters.index(r), classes.index(v)) for (i, r), v in votes.items())
    unit, rater, label = (np.array(c, dtype=np.int64) for c in zip(*entries, strict=True))
    ones = np.ones(len(items), dtype=np.int64)
    return Ratings(tuple(raters), tuple(classes), (None,), unit, rater, label, ones, np.zeros_like(ones))


ballots = st.dictionaries(
    st.tuples(st.sampled_from("pqrstu"), st.sampled_from("ABC")), st.sampled_from("xyz"), min_size=1, max_size=18
)


@given(ballots)
@settings(max_examples=80, deadline=None)
def test_the_consensus_is_that_of_a_plain_reading(votes):
    r = coded(votes)
    found = dawid_skene(r)
    t, p, pi = plain_em(votes, found.iterations)
    expected = np.array([[t[i][c] for c in r.labels] for i in sorted(t)])
    assert np.allclose(found.posterior, expected, rtol=0, atol=1e-6)
    assert np.allclose(found.prior, [p[c] for c in r.labels], atol=1e-6)
    for k, rater in enumerate(r.raters):
        assert np.allclose(found.confusion[k], [[pi[rater, c][g] for g in r.labels] for c in r.labels], atol=1e-6)


@given(ballots)
@settings(max_examples=40, deadline=None)
def test_patterns_with_counts_are_items_one_by_one(votes):
    """Each item three times over, as one unit of weight 3."""
    r = coded(votes)
    thrice = Ratings(r.raters, r.labels, r.groups, r.unit, r.rater, r.label, r.weight * 3, r.group)
    several = coded({(f"{i}{k}", rater): v for (i, rater), v in votes.items() for k in range(3)})
    one, many = dawid_skene(thrice), dawid_skene(several)
    assert np.allclose(one.posterior, many.posterior[::3], atol=1e-6)
    assert np.allclose(one.confusion, many.confusion, atol=1e-6)


def crowd(seed=3, items=300, skill=(0.9, 0.85, 0.8, 0.55, 0.5, 0.5, 0.5)):
    rng = np.random.default_rng(seed)
    truth = {i: int(rng.integers(2)) for i in range(items)}
    votes = {
        (i, f"r{k}"): truth[i] if rng.random() < s else 1 - truth[i]
        for i in range(items) for k, s in enumerate(skill)
    }  # fmt: skip
    return votes, truth


def test_raters_that_guess_are_found_out_and_weigh_less():
    votes, truth = crowd()
    records = rows(votes, truth)
    consensus = outcome(rule("consensus-accuracy", **ROWS, gold="gold"), records)
    majority = outcome(rule("majority-accuracy", **ROWS, gold="gold"), records)
    assert consensus.metric.value > majority.metric.value > Fraction(1, 2)
    table_ = {t.name: t for t in consensus.detail}
    order = [row[0] for row in table_["per-rater"].rows]
    assert set(order[-3:]) == {"r0", "r1", "r2"}
    for row in table_["per-rater"].rows:
        right = sum(v == truth[i] for (i, r), v in votes.items() if r == row[0])
        assert row[6] == Fraction(right, 300)
        assert abs(float(row[4]) - right / 300) < 0.1
    worst = outcome(rule("worst-rater-accuracy", **ROWS, gold="gold"), records)
    assert worst.metric.value == min(row[6] for row in table_["per-rater"].rows)
    assert dict(table_["consensus"].rows)["majority-right"] == majority.metric.numerator
    assert sum(row[3] for row in table_["rater-confusion"].rows if row[:2] == ("r0", "1")) == 1


def test_columns_and_rows_say_the_same():
    votes, truth = crowd(items=60, skill=(0.9, 0.7, 0.6))
    wide = [{"gold": str(truth[i]), **{c: str(votes[i, f"r{k}"]) for k, c in enumerate("abc")}} for i in range(60)]
    for measure in ("worst-rater-agreement", "worst-rater-accuracy", "consensus-accuracy", "majority-accuracy"):
        left = outcome(rule(measure, raters=["a", "b", "c"], gold="gold"), wide).metric.value
        assert left == outcome(rule(measure, **ROWS, gold="gold"), rows(votes, truth)).metric.value


def test_second_answers_are_counted_and_listed_where_they_stand():
    votes, _ = crowd(items=10)
    records = rows(votes)
    again = [
        records[3],
        {**records[5], "value": "1" if records[5]["value"] == "0" else "0"},
        {**records[0], "value": ""},
    ]
    found = outcome(rule("repeated-answers", ("=", "0"), **ROWS), [*records, *again])
    assert (found.metric.value, found.failures.count) == (2, 2)
    assert [(e.file, e.row) for e in found.failures.examples] == [("f.csv", 70), ("f.csv", 71)]
    per = {row[0]: row[2] for row in {t.name: t for t in found.detail}["per-rater"].rows}
    assert {name: n for name, n in per.items() if n} == {"r3": 1, "r5": 1}
    same = outcome(rule("worst-rater-agreement", **ROWS), records).metric
    assert outcome(rule("worst-rater-agreement", **ROWS), [*records, *again]).metric == same
    assert judged(rule("repeated-answers", ("=", "0"), **ROWS), table([*records, *again])).verdict == "FAIL"


def test_a_rater_of_few_ratings_is_the_worst_only_where_asked():
    votes, _ = crowd(items=40, skill=(0.95, 0.95, 0.95))
    votes[0, "new"] = 1 - votes[0, "r0"]
    first = outcome(rule("worst-rater-agreement", **ROWS), rows(votes)).metric
    assert (first.numerator, first.denominator) == (0, 1)
    assert outcome(rule("worst-rater-agreement", **ROWS, least=10), rows(votes)).metric.value > Fraction(8, 10)
    assert outcome(rule("worst-rater-agreement", **ROWS, least=99), rows(votes)).metric.undefined == "no-ratings"


def test_what_fails_whatever_the_number_says():
    assert (
        outcome(rule("worst-rater-agreement", **ROWS), [{"item": "1", "rater": "a", "value": "x"}]).metric.undefined
        == "one-rater"
    )
    assert (
        outcome(rule("worst-rater-agreement", **ROWS), [{"item": "1", "rater": "a", "value": ""}]).metric.undefined
        == "no-ratings"
    )
    two = [{"item": "1", "rater": r, "value": "x"} for r in "ab"]
    assert outcome(rule("consensus-accuracy", **ROWS, gold="gold"), two).metric.undefined == "empty"
    assert (
        outcome(rule("worst-rater-agreement", **ROWS), [*two, {"item": "1", "value": "x"}]).violation
        == "unidentified-rating"
    )
    assert (
        outcome(rule("worst-rater-agreement", **ROWS), [*two, {"rater": "a", "value": "x"}]).violation
        == "unidentified-rating"
    )
    unknown = outcome(rule("consensus-accuracy", **ROWS, gold="gold"), [{**r, "gold": "never given"} for r in two])
    assert unknown.metric.value == 0


def test_names_are_shown_only_where_they_recur():
    records = [{"item": str(k), "rater": r, "value": "x"} for k in range(3) for r in ("홍길동", "b")]
    found = outcome(rule("worst-rater-agreement", **ROWS), records)
    assert "홍길동" not in str(found.detail)
    assert "가가가" in str(found.detail)


@given(
    st.lists(
        st.tuples(st.sampled_from("123"), st.sampled_from("ab"), st.sampled_from(["x", "y", "", None])), max_size=14
    ),
    st.data(),
)
@settings(max_examples=40, deadline=None)
def test_any_split_gives_the_same_result(given_, data):
    records = [dict(zip(("item", "rater", "value"), r, strict=True), gold="x") for r in given_]
    checks = [rule(m, **ROWS, gold="gold") for m in ("worst-rater-agreement", "majority-accuracy", "repeated-answers")]
    plan = engine.plan(checks, {"records": tuple(COLUMNS)})
    cut = data.draw(st.integers(0, len(records)))
    pieces = [("records", table(records[:cut])), ("records", table(records[cut:], first=cut))]
    shards = [engine.observe(plan, [p]) for p in data.draw(st.permutations(pieces))]
    merged = engine.merge([engine.load(engine.dump(s), plan) for s in shards], plan)
    whole = engine.judge(checks, engine.observe(plan, [("records", table(records))]))
    assert engine.judge(checks, merged) == whole


def test_annotators_of_media_and_their_gold():
    votes, truth = crowd(items=50, skill=(0.9, 0.8, 0.6))
    records = [{"item_id": f"{i}", "annotator_id": r, "kind": "class", "label": f"c{v}"} for (i, r), v in votes.items()]
    gold = [{"item_id": f"{i}", "annotator_id": None, "kind": "class", "label": f"c{v}"} for i, v in truth.items()]
    own = [{**g, "annotator_id": "inspector"} for g in gold]
    expected = outcome(rule("worst-rater-accuracy", **ROWS, gold="gold"), rows(votes, truth)).metric.value
    params = {"value": "class", "measure": "worst-rater-accuracy"}
    by_object = media("rater-quality", **params, gold={"object": "gold"})
    result = media_judged(
        by_object, {"annotations": [labels_batch(records)], "gold": [labels_batch(gold, "gold.json")]}
    )
    assert result.outcome.metric.value == expected
    by_name = media("rater-quality", **params, gold={"annotator": "inspector"})
    assert media_judged(by_name, {"annotations": [labels_batch([*records, *own])]}).outcome.metric.value == expected
    twice = media("rater-quality", "=0", value="class", measure="repeated-answers")
    again = media_judged(twice, {"annotations": [labels_batch([*records, records[7]])]}).outcome
    assert (again.metric.value, again.failures.examples[0].pointer) == (1, "/150")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("gold", {"measure": "consensus-accuracy", **ROWS}),
        ("gold", {"measure": "worst-rater-agreement", **ROWS, "gold": {"annotator": "x"}}),
        ("gold", {"measure": "worst-rater-agreement", "raters": ["a", "b"], "gold": "a"}),
        ("value", {"measure": "worst-rater-agreement", "value": "box"}),
        ("value", {"measure": "worst-rater-agreement", "value": "value", "item": "item"}),
        ("value", {"measure": "worst-rater-agreement", "value": "class"}),
        ("annotators", {"measure": "worst-rater-agreement", **ROWS, "annotators": ["x"]}),
        ("item", {"measure": "worst-rater-agreement", **ROWS, "rater": "item"}),
        ("raters[1]", {"measure": "worst-rater-agreement", "raters": ["a", "nowhere"]}),
    ],
)
def test_wrong_declarations_are_refused(path, params):
    with pytest.raises(Misdeclared) as wrong:
        rule(**params)
    assert wrong.value.path == path
