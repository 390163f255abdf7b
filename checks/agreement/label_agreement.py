"""Inter-annotator agreement: do independent raters give the same labels, beyond what chance explains?

Raters are columns of one record, or rows (item, rater, value), or the annotators of media (`value` alone: a kind of label).
What a rater gives an item many of, such as boxes, is matched first: checks/agreement/media/matched.py. With `by`, every
group must meet the target: the worst one is the metric. Nothing is dropped without a trace: one class, too few items
with two ratings, a rater column without shared items, a doubled rating or a label outside the categories fails whatever
the number says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from checks.agreement.coefficients import NAMES
from checks.agreement.declared import method_of
from checks.agreement.media.kinds import FIXED, KINDS
from checks.agreement.media.matched import BY_KIND, COEFFICIENTS, OPTIONS, MatchedAgreement
from checks.agreement.media.ratings import Found, MediaRatings
from checks.agreement.media.source import SCHEMA as WHO
from checks.agreement.media.source import among_raters
from checks.agreement.scale import scale_of
from checks.agreement.statistic import Method, Rated, Statistic, measure
from checks.agreement.tables import all_tables
from checks.agreement.units import Ratings, RowDefects, from_patterns, from_rows
from checks.analyzers import where
from checks.analyzers.contingency import Contingency
from checks.analyzers.disagreements import Disagreements
from checks.analyzers.failing import Failing
from checks.analyzers.labels import label_text
from checks.analyzers.ratings import RatingRows
from checks.columns import Col
from checks.kernel import Analyzer, Check, Declaration, Failures, Metric, Misdeclared, Outcome, States, Table
from checks.masking import shape
from checks.statistics.targets import demanded, shortfall
from checks.statistics.undefined import Undefined

_LABEL = {"type": ["string", "number", "boolean"]}


@dataclass(frozen=True)
class LabelAgreement(Check):
    """One coefficient of agreement among raters of `source`, against the target; the others in detail.

    `coverage`: the least share of items that two or more raters must have labelled; agreement over a handful of
    items, the others labelled once or blanked, says nothing about the delivery. The population is those items.
    """

    id: ClassVar[str] = "label-agreement"
    family: ClassVar[str] = "agreement"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-2", "nia": "라벨 정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "raters": {"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True},
            "item": {"type": "string"},
            "rater": {"type": "string"},
            "value": {"type": "string"},
            "coefficient": {"enum": [*NAMES, *COEFFICIENTS]},
            "level": {"enum": ["nominal", "ordinal", "interval", "ratio"]},
            "weights": {"enum": ["linear", "quadratic"]},
            "categories": {"type": "array", "items": _LABEL, "minItems": 2, "uniqueItems": True},
            "missing": {"type": "array", "items": _LABEL, "uniqueItems": True, "default": [""]},
            "coverage": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.5},
            "by": {"type": "string"},
            "where": where.SCHEMA,
            **WHO,
            **OPTIONS,
        },
        "required": ["coefficient"],
        "oneOf": [{"required": ["raters"]}, {"required": ["value"]}],
        "additionalProperties": False,
    }

    source: Contingency | RatingRows | MediaRatings
    method: Method
    missing: frozenset[str]
    by: Col | None
    coverage: Fraction = Fraction(1, 2)

    @classmethod
    def build(cls, decl: Declaration) -> Check:
        """See `params`; the rest is refused here."""
        if _of_media(decl) and decl.params["value"] in BY_KIND:
            return MatchedAgreement.build(decl)
        by = decl.col("by", decl.params["by"]) if "by" in decl.params else None
        source = _source(decl, by)
        if decl.params["coefficient"] not in NAMES:
            raise Misdeclared(
                "coefficient", f"{decl.params['coefficient']} is of other kinds of label", ", ".join(NAMES)
            )
        method = method_of(decl, _rated_columns(decl))
        missing = frozenset(label_text(v) for v in decl.params.get("missing", [""]))
        clash = sorted(missing & set(method.categories or ()))
        if clash:
            raise Misdeclared("missing", f"{clash[0]!r} is one of the categories")
        coverage = Fraction(decl.params.get("coverage", Fraction(1, 2)))
        return cls(decl.rule, decl.object, demanded(decl), source, method, missing, by, coverage)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Rating patterns or rating rows; of patterns, where raters differ too."""
        if isinstance(self.source, MediaRatings):
            return self.source.analyzers()
        return (self.source,) if self._apart is None else (self.source, self._apart)

    def columns(self) -> frozenset[str]:
        """Those of its own object."""
        if isinstance(self.source, MediaRatings):
            return self.source.analyzers()[0].columns()
        return super().columns()

    @property
    def _apart(self) -> Disagreements | None:
        """Records of labels, not of numbers: those differ by distance, and no record differs by itself."""
        if not isinstance(self.source, Contingency) or self.method.numeric:
            return None
        raters = self.source.cells[self.by is not None :]
        return Disagreements(self.object, raters, tuple(sorted(self.missing)), self.source.where)

    def judge(self, states: States) -> Outcome:
        """The metric over all items, or of the worst group."""
        found = self._found(states)
        ratings, defects = found.ratings, found.defects
        try:
            rated = Rated.of(ratings, self.method)
        except Undefined as why:
            return self._unscaled(ratings, why.reason)
        unusable = "duplicate-rating" if defects.duplicates else "unidentified-rating" if defects.unidentified else None
        if unusable is not None:
            return Outcome(
                Metric(self.method.coefficient, undefined=unusable),
                ratings.items,
                (_defects(defects),),
                found.again.failures(),
                violation=unusable,
            )
        overall = measure(rated, self.method)
        shown = rated.shown(self.method.categories or (), raters=self._rater_columns())
        tables, violation, decisive = all_tables(shown, self.method), self._violation(rated), overall
        if self.by is not None:
            decisive, split, group_violation = self._split(shown, overall)
            tables, violation = (split, *tables), violation or group_violation
        metric = decisive.metric(self.method.coefficient)
        met = metric.value is not None and self.target.met(metric.value)
        failures = Failures() if met else found.apart.failures()
        population = ratings.items if metric.value is None else rated.pairable
        return Outcome(metric, population, tables, failures, violation=violation)

    def _rater_columns(self) -> tuple[str, ...]:
        """Raters that the contract names; those of rows are the data's own words."""
        if isinstance(self.source, MediaRatings):
            return self.source.source.declared
        return () if isinstance(self.source, RatingRows) else tuple(col.name for col in self.source.cells)

    def _found(self, states: States) -> Found:
        """All ratings, and where raters differ."""
        by = self.by is not None
        if isinstance(self.source, MediaRatings):
            return self.source.found(states, self.missing)
        if isinstance(self.source, RatingRows):
            return Found(*from_rows(states[self.source].whole(), by=by, missing=self.missing))
        names = tuple(col.name for col in self.source.cells[by:])
        ratings = from_patterns(states[self.source], names, by=by, missing=self.missing)
        return Found(ratings, apart=Failing() if self._apart is None else states[self._apart])

    def _unscaled(self, ratings: Ratings, reason: str) -> Outcome:
        """No scale holds these labels: which they are, masked, and how often."""
        weight = ratings.weight[ratings.unit]
        counts = []
        for code in np.unique(ratings.label).tolist():
            text = ratings.labels[code]
            try:
                scale_of([text], self.method.categories, numeric=self.method.numeric)
            except Undefined:
                counts.append((-int(weight[ratings.label == code].sum()), shape(text)))
        rows = tuple((masked, -less) for less, masked in sorted(counts)[:20])
        table = Table(reason, ("label", "ratings"), rows)
        return Outcome(Metric(self.method.coefficient, undefined=reason), ratings.items, (table,), violation=reason)

    def _violation(self, rated: Rated) -> str | None:
        """What fails though a number may be there."""
        if rated.refusal() is not None:
            return None
        if rated.one_class():
            return "one-class"
        if rated.pairable < self.coverage * rated.ratings.items:
            return "too-few-paired"
        if isinstance(self.source, RatingRows):
            return None
        r = rated.ratings
        paired = {r.raters[code] for code in np.unique(r.rater[rated.profiles.m[r.unit] >= 2]).tolist()}
        expected = self.source.source.expected if isinstance(self.source, MediaRatings) else r.raters
        return "unpaired-rater" if set(expected) - paired else None

    def _split(self, rated: Rated, overall: Statistic) -> tuple[Statistic, Table, str | None]:
        """Each group's statistic; the one furthest from the target, an undefined one first of all."""
        rows, worst, violation = [], None, None
        for group in np.unique(rated.ratings.group).tolist():
            one = rated.of_group(group)
            statistic = measure(one, self.method)
            violation = violation or self._violation(one)
            interval = statistic.interval
            bounds = (None, None) if interval is None else (interval.low, interval.high)
            rows.append((one.ratings.groups[0], one.ratings.items, statistic.value, *bounds, statistic.undefined))
            if worst is None or self._rank(statistic) > self._rank(worst):
                worst = statistic
        rows.append(("(all)", rated.ratings.items, overall.value, None, None, overall.undefined))
        table = Table("split", ("group", "items", self.method.coefficient, "low", "high", "undefined"), tuple(rows))
        return worst or overall, table, violation

    def _rank(self, s: Statistic) -> tuple[bool, Any]:
        """Orders statistics from good to bad."""
        return (True, 0) if s.value is None else (False, shortfall(self.target, s.value))


def _rated_columns(decl: Declaration) -> tuple[Col, ...]:
    """The columns that hold ratings."""
    if _of_media(decl):
        return (FIXED["value"] if decl.params["value"] == "scale" else FIXED["label"],)
    if "raters" in decl.params:
        names = decl.params["raters"]
        return tuple(decl.col(f"raters[{j}]", name) for j, name in enumerate(names))
    return (decl.col("value", decl.params["value"]),)


def _of_media(decl: Declaration) -> bool:
    """Is `value` a kind of label, and no column?"""
    return "value" in decl.params and not {"raters", "item", "rater"} & decl.params.keys()


def _media(decl: Declaration) -> MediaRatings:
    """Ratings by the annotators of media."""
    name = decl.params["value"]
    if name not in KINDS:
        raise Misdeclared(
            "value", f"{name!r} is no kind of label", f"{', '.join(KINDS)}; or a column, with item and rater"
        )
    for key in ("by", *OPTIONS):
        if key in decl.params:
            raise Misdeclared(key, f"it says nothing about {name}", "leave it out")
    return MediaRatings(among_raters(decl, KINDS[name]))


def _source(decl: Declaration, by: Col | None) -> Contingency | RatingRows | MediaRatings:
    if _of_media(decl):
        return _media(decl)
    if len({"item", "rater"} & decl.params.keys()) == 1:
        raise Misdeclared("value", "of rating rows, item and rater both have a column", "give item, rater and value")
    for key in (*WHO, *OPTIONS):
        if key in decl.params:
            raise Misdeclared(key, "it is for the labels of media", f"with value: {', '.join(KINDS)} alone")
    given = {"item", "rater", "value"} & set(decl.params)
    if ("raters" in decl.params) == bool(given):
        raise Misdeclared("raters", "give either raters: [columns] or item, rater and value columns, not both")
    filtered = where.parse(decl, decl.params)
    rated = _rated_columns(decl)
    roles = [*rated] if by is None else [by, *rated]
    if "raters" in decl.params:
        if len(rated) < 2:
            raise Misdeclared("raters", "agreement needs at least two raters")
        _distinct("raters", roles)
        return Contingency(decl.object, tuple(roles), filtered)
    item, rater = (decl.col(key, decl.params[key]) for key in ("item", "rater"))
    _distinct("item", [item, rater, *roles])
    return RatingRows(decl.object, item, rater, rated[0], by, filtered)


def _distinct(path: str, columns: list[Col]) -> None:
    names = [col.name for col in columns]
    if len(set(names)) < len(names):
        raise Misdeclared(path, "one column stands in two roles")


def _defects(defects: RowDefects) -> Table:
    rows = (("duplicate-rating", defects.duplicates), ("unidentified-rating", defects.unidentified))
    return Table("rating-defects", ("defect", "ratings"), rows)
