"""Agreement of what an item has many of: boxes, polygons, masks, keypoints, spans; and of transcripts, by edits.

Each pair of raters is compared on the items that both labelled; of more than two raters the metric is the mean of
pairs, the worst pair in detail. An item that a rater has no label on was not done by that rater, unless the contract
says `unlabelled: empty`: then nobody's labels are an answer too, and empty on both sides agrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, Self

from checks.agreement.media import measures
from checks.agreement.media.joints import ONE, Everyone, Joints, compared, transcribed
from checks.agreement.media.kinds import KINDS, MATCHED
from checks.agreement.media.likeness import likeness
from checks.agreement.media.source import Labels, Reading, Source, among_raters
from checks.agreement.media.tables import agreement_tables
from checks.agreement.media.tally import Comparison, tally
from checks.agreement.statistic import MOST_PAIRED_RATERS, Statistic
from checks.geometry.keypoints import COCO_PERSON
from checks.kernel import Analyzer, Check, Declaration, Failures, Metric, Misdeclared, Outcome, States
from checks.statistics.targets import demanded
from checks.statistics.undefined import Undefined

BY_KIND: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("box", "polygon"), ("f1", "item-f1", "mean-iou", "class-kappa", "class-kappa-with-none")),
    "mask": ("f1", "item-f1", "mean-iou", "dice", "class-kappa", "class-kappa-with-none"),
    "keypoints": ("f1", "item-f1", "oks", "class-kappa", "class-kappa-with-none"),
    "span": ("span-f1", "overlap-f1", "class-kappa", "class-kappa-with-none"),
    "transcript": ("cer", "cer-no-space", "wer"),
}
"""The coefficients that each kind of label has."""

COEFFICIENTS = tuple(dict.fromkeys(name for names in BY_KIND.values() for name in names))

OPTIONS: Mapping[str, Any] = {
    "iou": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5},
    "sameLabel": {"type": "boolean"},
    "sigmas": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 1},
    "unlabelled": {"enum": ["unrated", "empty"], "default": "unrated"},
}
"""Keys of the contract that say when labels are matched, and what no label on an item is."""


@dataclass(frozen=True, slots=True)
class Matching:
    """When two labels are the same object: `least` alike (1e-12), of the same label if `same_label`. `empty`: no label
    on an item is an answer."""

    kind: str
    measure: str
    least: int
    same_label: bool
    sigmas: tuple[float, ...]
    empty: bool

    @classmethod
    def of(cls, decl: Declaration, kind: str, measure: str) -> Matching:
        """Raises Misdeclared."""
        given = decl.params
        for key, kinds in (("sigmas", ("keypoints",)), *((key, MATCHED) for key in ("iou", "sameLabel", "unlabelled"))):
            if key in given and kind not in kinds:
                raise Misdeclared(key, f"{kind} has no {key}", f"it is for {', '.join(kinds)}")
        kappa = measure.startswith("class-kappa")
        exact = kind == "span" and measure != "overlap-f1" and not kappa
        if "iou" in given and measure in {"span-f1", "overlap-f1"}:
            raise Misdeclared("iou", f"{measure} says itself when spans are matched", "leave iou out")
        default = Fraction(1) if exact else Fraction(0) if kind == "span" else Fraction(1, 2)
        least = Fraction(given.get("iou", default)) * ONE
        same = bool(given.get("sameLabel", kind == "span" and not kappa))
        if same and kappa:
            raise Misdeclared("sameLabel", f"{measure} is about labels that differ", "leave sameLabel out")
        return cls(kind, measure, -int(-least // 1), same, _sigmas(given), given.get("unlabelled") == "empty")

    def compare(self, labels: Labels, *, gold: int | None = None, everyone: Everyone | None = None) -> Joints:
        """The joints of a partition."""
        if self.measure in measures.ERRORS:
            return transcribed(labels, self.measure, gold=gold)  # type: ignore[arg-type]
        alike = likeness(self.kind, labels, self.sigmas, gold=gold is not None)
        dice = self.measure == "dice"
        same = self.same_label
        return compared(labels, alike, self.least, same_label=same, gold=gold, dice=dice, everyone=everyone)


def _sigmas(given: Mapping[str, Any]) -> tuple[float, ...]:
    return tuple(float(Decimal(s)) for s in given["sigmas"]) if "sigmas" in given else COCO_PERSON


@dataclass(frozen=True)
class MatchedAgreement(Check):
    """One coefficient over pairs of raters, against the target; `coverage` as for every agreement."""

    id: ClassVar[str] = "label-agreement"
    family: ClassVar[str] = "agreement"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Con-ML-2", "nia": "라벨 정확성"}
    params: ClassVar[Mapping[str, Any]] = {"type": "object", "properties": OPTIONS}

    source: Source
    matching: Matching
    coverage: Fraction

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """A declaration with `value` alone."""
        name, measure = decl.params["value"], decl.params["coefficient"]
        if measure not in BY_KIND[name]:
            raise Misdeclared("coefficient", f"{name} has no {measure}", f"it has: {', '.join(BY_KIND[name])}")
        for key in ("level", "weights", "categories", "missing", "by"):
            if key in decl.params:
                raise Misdeclared(key, f"it says nothing about {name}", "leave it out")
        source = among_raters(decl, KINDS[name])
        if decl.params.get("unlabelled") == "empty" and not source.expected:
            raise Misdeclared("unlabelled", "who labelled nothing is not known", "name the raters: annotators, or with")
        coverage = Fraction(decl.params.get("coverage", Fraction(1, 2)))
        return cls(decl.rule, decl.object, demanded(decl), source, Matching.of(decl, name, measure), coverage)

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The labels by item."""
        return self.source.analyzers()

    def columns(self) -> frozenset[str]:
        """Those of its own object."""
        return self.source.objects[0].gather.columns()

    def judge(self, states: States) -> Outcome:
        """The metric over all pairs of raters."""
        measure = self.matching.measure
        reading = Reading(self.source)
        expected = reading.expect(self.source.expected) if self.matching.empty else None

        def compare(labels: Labels) -> Joints:
            everyone = None if expected is None else Everyone(expected, reading.order())
            return self.matching.compare(labels, everyone=everyone)

        try:
            comparison = tally(
                reading,
                reading.partitions(states),
                compare,
                measures.score_of(measure),
                full=0 if measure in measures.ERRORS else 1,
                by_label=measure in measures.BY_LABEL,
            )
        except Undefined as why:
            return Outcome(Metric(measure, undefined=why.reason), states.rows(self.object))
        statistic = _statistic(comparison, measure)
        violation = self._violation(comparison, statistic)
        metric = statistic.metric(measure)
        met = metric.value is not None and self.target.met(metric.value)
        failures = Failures() if met else comparison.failures()
        population = comparison.items if metric.value is None else comparison.pairable
        tables = agreement_tables(comparison, measure, self.source.declared)
        return Outcome(metric, population, tables, failures, violation=violation)

    def _violation(self, comparison: Comparison, statistic: Statistic) -> str | None:
        """What fails though a number may be there."""
        if comparison.unidentified:
            return "unidentified-rating"
        if statistic.value is None:
            return None
        if comparison.pairable < self.coverage * comparison.items:
            return "too-few-paired"
        there = {comparison.raters[code] for side in (comparison.left, comparison.right) for code in set(side.tolist())}
        return "unpaired-rater" if set(self.source.expected) - there else None


def _statistic(comparison: Comparison, measure: str) -> Statistic:
    """The mean over pairs of raters."""
    refused = _refusal(comparison)
    if refused is not None:
        return Statistic(undefined=refused)
    try:
        parts = [measures.AGREEMENT[measure](comparison, comparison.of_pair(pair)) for pair in comparison.pairs()]
        lowest = -1 if measure.startswith("class-kappa") else 0
        highest = None if measure in measures.ERRORS else 1
        return measures.statistic(comparison, parts, lowest=lowest, highest=highest)
    except Undefined as why:
        return Statistic(undefined=why.reason)


def _refusal(comparison: Comparison) -> str | None:
    """Why there is no number whatever the formula."""
    if not comparison.items:
        return "no-ratings"
    if len(comparison.raters) < 2:
        return "one-rater"
    if len(comparison.raters) > MOST_PAIRED_RATERS:
        return "too-many-raters"
    return {0: "no-pairable-items", 1: "one-item"}.get(comparison.pairable)
