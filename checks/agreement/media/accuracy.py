"""Labels of media against gold: an annotator among them, or another object of the contract (의미정확성).

The items are those that gold has a label on; what is labelled on others is counted and not judged. A gold item that
nobody labelled counts as wrong: what is not labelled is not right. Each rater is judged on the items that this rater
labelled; the metric is over all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from checks.agreement.media import average_precision, measures
from checks.agreement.media.joints import Everyone, Joints
from checks.agreement.media.kinds import FIXED, KINDS
from checks.agreement.media.likeness import likeness
from checks.agreement.media.matched import OPTIONS, Matching
from checks.agreement.media.source import GOLD, Labels, Reading, Source, against_gold, exploded
from checks.agreement.media.tables import accuracy_tables
from checks.agreement.media.tally import Comparison, tally
from checks.agreement.statistic import Statistic
from checks.kernel import Analyzer, Check, Declaration, Failures, Metric, Misdeclared, Outcome, States
from checks.statistics.targets import demanded
from checks.statistics.undefined import Undefined

_BY_CLASS = tuple(f"{a}-{q}" for a in ("macro", "min") for q in ("precision", "recall", "f1"))
_SHARES = ("precision", "recall", "f1", *_BY_CLASS)
_MEAN_AP = tuple(average_precision.THRESHOLDS)

BY_KIND: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("box", "polygon", "mask"), (*_SHARES, "mean-iou", *_MEAN_AP)),
    "keypoints": (*_SHARES, "oks", *_MEAN_AP),
    "span": _SHARES,
    "labels": _SHARES,
    "class": ("accuracy", *_BY_CLASS),
    "transcript": ("cer", "cer-no-space", "wer"),
}
"""The measures that each kind of label has."""

MEASURES = tuple(dict.fromkeys(name for names in BY_KIND.values() for name in names))

GOLD_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"annotator": {"type": "string", "minLength": 1}, "object": {"type": "string"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}


@dataclass(frozen=True)
class MediaAccuracy(Check):
    """One measure against gold, over all raters and items with gold."""

    id: ClassVar[str] = "label-accuracy"
    family: ClassVar[str] = "agreement"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-2", "nia": "의미정확성"}
    params: ClassVar[Mapping[str, Any]] = {"type": "object", "properties": OPTIONS}

    source: Source
    matching: Matching
    score: str

    @classmethod
    def build(cls, decl: Declaration) -> Self:
        """A declaration with `value`, and `gold` a mapping."""
        kind, measure = decl.params["value"], decl.params["measure"]
        if kind not in BY_KIND:
            raise Misdeclared("value", f"{kind!r} is no kind of label that has a gold", ", ".join(BY_KIND))
        if measure not in BY_KIND[kind]:
            raise Misdeclared("measure", f"{kind} has no {measure}", f"it has: {', '.join(BY_KIND[kind])}")
        for key in ("label", "by"):
            if key in decl.params:
                raise Misdeclared(key, "it is for gold in a column", "leave it out")
        if "score" in decl.params and measure not in _MEAN_AP:
            raise Misdeclared("score", f"{measure} looks at no score", f"it is for {', '.join(_MEAN_AP)}")
        if "iou" in decl.params and measure in _MEAN_AP:
            raise Misdeclared("iou", f"{measure} says itself when labels are matched", "leave iou out")
        more = (FIXED["value"], FIXED["attributes"]) if measure in _MEAN_AP else ()
        matching = Matching.of(decl, kind, measure)
        matching = replace(matching, same_label=bool(decl.params.get("sameLabel", kind != "class")))
        source = against_gold(decl, KINDS[kind], more)
        return cls(decl.rule, decl.object, demanded(decl), source, matching, decl.params.get("score", "score"))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """The labels by item."""
        return self.source.analyzers()

    def columns(self) -> frozenset[str]:
        """Those of its own object."""
        return self.source.objects[0].gather.columns()

    def judge(self, states: States) -> Outcome:
        """The metric over all items with gold."""
        measure = self.matching.measure
        reading, found = Reading(self.source), average_precision.Collected(measure, self.score)
        try:
            comparison = tally(
                reading,
                self._partitions(reading, states),
                self._compare(reading, found),
                measures.score_of(measure),
                full=0 if measure in measures.ERRORS else 1,
                by_label=measure in measures.BY_LABEL,
            )
        except Undefined as why:
            return Outcome(Metric(measure, undefined=why.reason), states.rows(self.object))
        detections = found.detections(reading.labels.ranks()[1]) if measure in _MEAN_AP else None
        if not comparison.unit.size:
            statistic = Statistic(undefined="no-gold")
        elif detections is not None:
            statistic = average_precision.statistic(detections, comparison.items)
        else:
            statistic = _statistic(comparison, measure)
        metric = statistic.metric(measure)
        met = metric.value is not None and self.target.met(metric.value)
        failures = Failures() if met else comparison.failures()
        tables = accuracy_tables(comparison, measure, self.source.declared, detections, found.scored)
        return Outcome(metric, comparison.pairable, tables, failures, violation=self._violation(comparison))

    def _partitions(self, reading: Reading, states: States) -> Iterator[Labels]:
        """Labels; of sets one by one."""
        found = reading.partitions(states)
        return (exploded(labels, reading.labels) for labels in found) if self.matching.kind == "labels" else found

    def _compare(self, reading: Reading, found: average_precision.Collected) -> Callable[[Labels], Joints]:
        matching = self.matching

        def compare(labels: Labels) -> Joints:
            everyone = Everyone(np.array([GOLD]), reading.order()) if matching.empty else None
            if matching.measure in _MEAN_AP:
                found.add(labels, likeness(matching.kind, labels, matching.sigmas, gold=True), everyone)
            return matching.compare(labels, gold=GOLD, everyone=everyone)

        return compare

    def _violation(self, comparison: Comparison) -> str | None:
        """What fails though a number may be there."""
        if comparison.unidentified:
            return "unidentified-rating"
        if self.matching.kind == "class" and (
            int(comparison.many_left.max(initial=0)) > 1 or int(comparison.many_right.max(initial=0)) > 1
        ):
            return "duplicate-rating"
        if self.matching.kind == "class" and len({k for *_, x, y in comparison.cells for k in (x, y) if k >= 0}) == 1:
            return "one-class"
        return None


def _statistic(comparison: Comparison, measure: str) -> Statistic:
    """Over all joints at once."""
    try:
        part = measures.ACCURACY[measure](comparison, np.arange(comparison.unit.size))
        return measures.statistic(comparison, [part], lowest=0, highest=None if measure in measures.ERRORS else 1)
    except Undefined as why:
        return Statistic(undefined=why.reason)
