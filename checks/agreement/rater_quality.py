"""The quality of raters: who agrees with the consensus and with gold, who answers twice, who confuses what.

The consensus weighs each rater by how far the others bear this rater out (checks/agreement/dawid_skene.py); the majority
counts heads. A rater's second answer to an item is listed, and only the first is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Self

import numpy as np

from checks.agreement.dawid_skene import dawid_skene, votes
from checks.agreement.distances import add_up
from checks.agreement.media.accuracy import GOLD_SCHEMA
from checks.agreement.media.kinds import KINDS, Kind
from checks.agreement.media.ratings import Found, MediaRatings
from checks.agreement.media.source import SCHEMA as WHO
from checks.agreement.media.source import Object, Source, against_gold, among_raters
from checks.agreement.quality_tables import Judged, quality_tables
from checks.agreement.scale import scale_of
from checks.agreement.units import Ratings, from_patterns
from checks.analyzers import where
from checks.analyzers.contingency import Contingency
from checks.analyzers.gather import Gather
from checks.analyzers.labels import label_text
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Outcome, States
from checks.statistics.targets import demanded
from checks.statistics.undefined import Undefined

_OF_GOLD = ("worst-rater-accuracy", "consensus-accuracy", "majority-accuracy")
MEASURES = ("worst-rater-agreement", *_OF_GOLD, "repeated-answers")

_LABEL = {"type": ["string", "number", "boolean"]}
_ROWS = Kind("rows", ("label",))
"""Rating rows of a table, made into labels."""


@dataclass(frozen=True)
class RaterQuality(Check):
    """One measure of the raters, against the target. `least`: ratings that a rater must have to be the worst one.

    Its examples are always the second answers of a rater to one item, whatever is measured.
    """

    id: ClassVar[str] = "rater-quality"
    family: ClassVar[str] = "validity"  # of raters: it is no agreement where a programme demands that
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-7", "nia": "라벨 정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "raters": {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            "item": {"type": "string"},
            "rater": {"type": "string"},
            "value": {"type": "string"},
            "measure": {"enum": list(MEASURES)},
            "gold": {"anyOf": [{"type": "string"}, GOLD_SCHEMA]},
            "least": {"type": "integer", "minimum": 1, "default": 1},
            "missing": {"type": "array", "items": _LABEL, "uniqueItems": True, "default": [""]},
            "where": where.SCHEMA,
            **WHO,
        },
        "required": ["measure"],
        "oneOf": [{"required": ["raters"]}, {"required": ["value"]}],
        "additionalProperties": False,
    }

    source: Contingency | MediaRatings
    measure: str
    missing: frozenset[str]
    least: int
    gold: bool

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """See `params`; the rest is refused here."""
        measure, gold = decl.params["measure"], "gold" in decl.params
        if measure in _OF_GOLD and not gold:
            raise Misdeclared("gold", f"{measure} needs gold", "name its column, or {annotator: name}, {object: name}")
        missing = frozenset(label_text(v) for v in decl.params.get("missing", [""]))
        least = int(decl.params.get("least", 1))
        return cls(decl.rule, decl.object, demanded(decl), _source(decl), measure, missing, least, gold)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Rating patterns, or labels by item."""
        return self.source.analyzers() if isinstance(self.source, MediaRatings) else (self.source,)

    def columns(self) -> frozenset[str]:
        """Those of its own object."""
        return self.analyzers()[0].columns()

    def judge(self, states: States) -> Outcome:
        """The metric, and a table of all raters."""
        found = self._found(states)
        again, items = found.again.failures(), found.ratings.items
        try:
            judged = _judged(found)
        except Undefined as why:
            return Outcome(Metric(self.measure, undefined=why.reason), items, failures=again)
        metric = self._metric(judged)
        violation = "unidentified-rating" if found.defects.unidentified else None
        tables = quality_tables(judged, self._declared(), gold=self.gold)
        return Outcome(metric, items, tables, again, violation=violation)

    def _declared(self) -> tuple[str, ...]:
        """Raters that the contract names."""
        if isinstance(self.source, MediaRatings):
            return self.source.source.declared
        return tuple(col.name for col in self._raters())

    def _raters(self) -> tuple[Col, ...]:
        assert isinstance(self.source, Contingency)
        return self.source.cells[self.gold :]

    def _found(self, states: States) -> Found:
        if isinstance(self.source, MediaRatings):
            return self.source.found(states, self.missing)
        names = tuple(col.name for col in self._raters())
        ratings = from_patterns(states[self.source], names, by=self.gold, missing=self.missing)
        return _with_gold(ratings)

    def _metric(self, j: Judged) -> Metric:
        match self.measure:
            case "repeated-answers":
                return Metric.count(self.measure, int(j.repeated.sum()))
            case "consensus-accuracy":
                return Metric.ratio(self.measure, j.consensus_right, j.items_with_gold)
            case "majority-accuracy":
                return Metric.ratio(self.measure, j.majority_right, j.items_with_gold)
            case "worst-rater-accuracy":
                return _worst(self.measure, j.right, j.with_gold, j.ratings, self.least)
            case _:
                return _worst(self.measure, j.agreed, j.ratings, j.ratings, self.least)


def _worst(name: str, part: np.ndarray, whole: np.ndarray, ratings: np.ndarray, least: int) -> Metric:
    """The lowest share among raters with enough ratings."""
    pairs = zip(part.tolist(), whole.tolist(), ratings.tolist(), strict=True)
    shares = [(Fraction(p, w), p, w) for p, w, n in pairs if w and n >= least]
    if not shares:
        return Metric(name, undefined="no-ratings")
    _, p, w = min(shares)
    return Metric.ratio(name, p, w)


def _with_gold(ratings: Ratings) -> Found:
    """Of rating patterns whose group is gold's label."""
    if ratings.groups == (None,):
        return Found(
            ratings, repeated=np.zeros(len(ratings.raters), dtype=np.int64), gold=np.full(ratings.weight.size, -1)
        )
    labels = tuple(sorted({*ratings.labels, *(g for g in ratings.groups if g is not None)}))
    number = {text: k for k, text in enumerate(labels)}
    of_group = np.array([-1 if g is None else number[g] for g in ratings.groups], dtype=np.int64)
    of_label = np.array([number[text] for text in ratings.labels], dtype=np.int64)
    label = of_label[ratings.label] if ratings.label.size else ratings.label
    r = ratings
    wider = Ratings(r.raters, labels, (None,), r.unit, r.rater, label, r.weight, np.zeros_like(r.group))
    return Found(wider, repeated=np.zeros(len(r.raters), dtype=np.int64), gold=of_group[r.group])


def _judged(found: Found) -> Judged:
    """The consensus, and how raters stand to it and to gold. Raises Undefined."""
    r = found.ratings
    if np.unique(r.rater).size < 2:
        raise Undefined("one-rater" if r.unit.size else "no-ratings")
    rated = r.on(scale_of(r.observed(), None, numeric=False))
    number = {text: k for k, text in enumerate(rated.labels)}
    outside = len(rated.labels)  # gold's label that no rater ever gave
    lookup = np.array([*(number.get(text, outside) for text in r.labels), -1], dtype=np.int64)
    gold, consensus = lookup[found.gold], dawid_skene(rated)
    weight = rated.weight[rated.unit]
    judged = gold[rated.unit] >= 0
    majority = _majority(rated)
    known = gold >= 0

    def by_rater(mask: np.ndarray) -> np.ndarray:
        return add_up(rated.rater, weight * mask, len(rated.raters))

    return Judged(
        rated,
        consensus,
        ratings=by_rater(np.ones(rated.unit.size, dtype=bool)),
        agreed=by_rater(rated.label == consensus.label[rated.unit]),
        with_gold=by_rater(judged),
        right=by_rater(judged & (rated.label == gold[rated.unit])),
        repeated=found.repeated,
        items_with_gold=int(rated.weight[known].sum()),
        consensus_right=int(rated.weight[known & (gold == consensus.label)].sum()),
        majority_right=int(rated.weight[known & (gold == majority)].sum()),
    )


def _majority(r: Ratings) -> np.ndarray:
    """The most frequent label of each unit; -2 where several are, or none is."""
    counts = votes(r)
    most = counts.max(axis=1, keepdims=True)
    alone = ((counts == most).sum(axis=1) == 1) & (most[:, 0] > 0)
    return np.where(alone, counts.argmax(axis=1), -2)


def _source(decl: Declaration) -> Contingency | MediaRatings:
    given = decl.params
    if "raters" in given:
        return _of_columns(decl)
    if {"item", "rater"} & given.keys():
        return _of_rows(decl)
    name = given["value"]
    if name not in {"class", "labels", "scale"}:
        raise Misdeclared("value", f"{name!r} is no kind of label with one answer an item", "class, labels or scale")
    gold = given.get("gold")
    if gold is None:
        return MediaRatings(among_raters(decl, KINDS[name]))
    if isinstance(gold, str):
        raise Misdeclared("gold", "gold of media is no column", "write {annotator: name} or {object: name}")
    if "with" in given:
        raise Misdeclared("with", "with gold the raters are those of one object", "leave it out")
    return MediaRatings(against_gold(decl, KINDS[name]))


def _gold_column(decl: Declaration) -> Col | None:
    gold = decl.params.get("gold")
    for key in WHO:
        if key in decl.params:
            raise Misdeclared(key, "it is for the labels of media", "leave it out")
    if gold is not None and not isinstance(gold, str):
        raise Misdeclared("gold", "gold of a table is a column", "name it")
    return None if gold is None else decl.col("gold", gold)


def _of_columns(decl: Declaration) -> Contingency:
    gold = _gold_column(decl)
    for key in ("item", "rater"):
        if key in decl.params:
            raise Misdeclared(key, "raters are columns here", "give raters, or item, rater and value")
    raters = [decl.col(f"raters[{j}]", name) for j, name in enumerate(decl.params["raters"])]
    columns = raters if gold is None else [gold, *raters]
    if len(set(columns)) < len(columns):
        raise Misdeclared("gold", "one column stands in two roles")
    return Contingency(decl.object, tuple(columns), where.parse(decl, decl.params))


def _of_rows(decl: Declaration) -> MediaRatings:
    gold = _gold_column(decl)
    if not {"item", "rater"} <= decl.params.keys():
        raise Misdeclared("value", "of rating rows, item and rater both have a column", "give item, rater and value")
    item, rater, value = (decl.col(key, decl.params[key]) for key in ("item", "rater", "value"))
    over = tuple(col for col in (rater, value, gold) if col is not None)
    if len({item, *over}) < 1 + len(over):
        raise Misdeclared("item", "one column stands in two roles")
    filtered = where.parse(decl, decl.params)
    extra = tuple(col for col, _ in filtered.terms) if filtered is not None else ()
    gather = Gather(decl.object, item, tuple(dict.fromkeys((*over, *extra))))
    return MediaRatings(Source(_ROWS, (Object(gather, rows=(rater, value, gold)),), where=filtered))
