"""Labels against a gold standard: accuracy, and precision, recall and F1 by class.

The records with a gold label are the reference. One of them without a label counts as wrong: what is not labelled is not
right. Accuracy is exact; precision, recall and F1 are quotients of counts, as scikit-learn defines them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from checks.agreement.media import accuracy as media
from checks.agreement.media.accuracy import GOLD_SCHEMA
from checks.agreement.media.matched import OPTIONS
from checks.agreement.media.source import ANNOTATORS
from checks.analyzers import where
from checks.analyzers.cells import Key
from checks.analyzers.contingency import Contingency
from checks.kernel import Analyzer, Check, Declaration, Metric, Misdeclared, Number, Outcome, States, Table, rounded
from checks.masking import public
from checks.statistics.targets import demanded, shortfall

MOST_CLASSES_CROSSED = 50
"""Confusion tables of more classes than this are left out: nobody reads 2,500 cells."""

_AVERAGES: Mapping[str, Callable[[list[float]], float]] = {"macro": lambda v: sum(v) / len(v), "min": min}
_QUALITIES = ("precision", "recall", "f1")
MEASURES = ("accuracy", *(f"{average}-{quality}" for average in _AVERAGES for quality in _QUALITIES))

Cell = tuple[str, str | None]
"""Gold label, delivered label (None: not labelled)."""

Row = tuple[str | int | Number | None, ...]


@dataclass(frozen=True)
class LabelAccuracy(Check):
    """One measure of the labels against gold, over all records with a gold label or in the worst group."""

    id: ClassVar[str] = "label-accuracy"
    family: ClassVar[str] = "agreement"
    standards: ClassVar[Mapping[str, str]] = {"iso-5259-2": "Acc-ML-2", "nia": "의미정확성"}
    params: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "gold": {
                "description": "the column of the reference label; of media: {annotator: name} or {object: name}",
                "anyOf": [{"type": "string"}, GOLD_SCHEMA],
            },
            "label": {"type": "string", "description": "the column that is judged"},
            "measure": {"enum": [*dict.fromkeys((*MEASURES, *media.MEASURES))]},
            "by": {"type": "string"},
            "where": where.SCHEMA,
            "value": {"enum": list(media.BY_KIND)},
            "annotators": ANNOTATORS,
            "score": {"type": "string", "minLength": 1, "default": "score"},
            **OPTIONS,
        },
        "required": ["gold", "measure"],
        "additionalProperties": False,
    }

    source: Contingency
    measure: str

    @classmethod
    def build(cls, decl: Declaration) -> Check:
        """`label` defaults to the property the rule stands on."""
        if _of_media(decl):
            return media.MediaAccuracy.build(decl)
        name = decl.params.get("label", decl.column)
        if name is None:
            raise Misdeclared("label", "the rule stands on no column", "name the column that is judged")
        columns = [decl.col("gold", decl.params["gold"]), decl.col("label", name)]
        if "by" in decl.params:
            columns.insert(0, decl.col("by", decl.params["by"]))
        if len(set(columns)) < len(columns):
            raise Misdeclared("label", "one column stands in two roles")
        source = Contingency(decl.object, tuple(columns), where.parse(decl, decl.params))
        return cls(decl.rule, decl.object, demanded(decl), source, decl.params["measure"])

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """Counts by (group, gold, label)."""
        return (self.source,)

    def judge(self, states: States) -> Outcome:
        """The metric over all, or of the worst group."""
        groups, without_gold = _groups(states[self.source].items())
        overall: dict[Cell, int] = {}
        for cells in groups.values():
            for cell, count in cells.items():
                overall[cell] = overall.get(cell, 0) + count
        tables = [_summary(overall, without_gold), *_by_class(overall)]
        decisive = self._metric(overall)
        split = len(self.source.cells) == 3
        if split and groups:
            metrics = {group: self._metric(cells) for group, cells in groups.items()}
            decisive = max(metrics.values(), key=self._rank)
            sizes = {g: sum(groups[g].values()) for g in metrics}
            rows = tuple((g and public(g, sizes[g]), sizes[g], m.value, m.undefined) for g, m in metrics.items())
            tables.insert(0, Table("split", ("group", "count", self.measure, "undefined"), rows))
        one_class = any(len(_classes(cells)) == 1 for cells in (overall, *groups.values()))
        violation = "one-class" if one_class else None
        return Outcome(decisive, sum(overall.values()), tuple(tables), violation=violation)

    def _rank(self, m: Metric) -> tuple[bool, Fraction]:
        """Orders metrics from good to bad."""
        return (True, Fraction(0)) if m.value is None else (False, shortfall(self.target, m.value))

    def _metric(self, cells: Mapping[Cell, int]) -> Metric:
        if self.measure == "accuracy":
            right = sum(count for (gold, label), count in cells.items() if gold == label)
            return Metric.ratio(self.measure, right, sum(cells.values()))
        if not cells:
            return Metric(self.measure, undefined="empty")
        average, quality = self.measure.split("-")
        column = _QUALITIES.index(quality)
        values = [row[column] for row in _scores(cells)]
        return Metric(self.measure, rounded(_AVERAGES[average](values)))


def _of_media(decl: Declaration) -> bool:
    """Is gold in labels of media? Misdeclared where a rule is half of this and half of that."""
    if not isinstance(decl.params["gold"], str):
        if "value" not in decl.params:
            raise Misdeclared("value", "which kind of label is compared?", ", ".join(media.BY_KIND))
        return True
    for key in ("value", "annotators", "score", *OPTIONS):
        if key in decl.params:
            raise Misdeclared(key, "it is for the labels of media", "with gold: {annotator: name} or {object: name}")
    if decl.params["measure"] not in MEASURES:
        raise Misdeclared("measure", f"a column has no {decl.params['measure']}", f"it has: {', '.join(MEASURES)}")
    return False


def _groups(items: Any) -> tuple[dict[str | None, dict[Cell, int]], int]:
    """Cells by group, and the records without a gold label."""
    groups: dict[str | None, dict[Cell, int]] = {}
    without = 0
    key: Key
    for key, count in items:
        group, gold, label = key if len(key) == 3 else (None, *key)
        if gold is None:
            without += count
        else:
            groups.setdefault(group, {})[gold, label] = count
    return groups, without


def _classes(cells: Mapping[Cell, int]) -> list[str]:
    """Classes that gold or the labels name, sorted."""
    return sorted({text for cell in cells for text in cell if text is not None})


def _scores(cells: Mapping[Cell, int]) -> list[tuple[float, float, float]]:
    """Precision, recall and F1 of each class; 0 where a class was never labelled, or is not in gold."""
    gold, given, right = Counter[str](), Counter[str | None](), Counter[str]()
    for (reference, label), count in cells.items():
        gold[reference] += count
        given[label] += count
        right[reference] += count if reference == label else 0
    return [
        (_share(right[c], given[c]), _share(right[c], gold[c]), _share(2 * right[c], gold[c] + given[c]))
        for c in _classes(cells)
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _summary(cells: Mapping[Cell, int], without_gold: int) -> Table:
    unlabelled = sum(count for (_, label), count in cells.items() if label is None)
    right = sum(count for (gold, label), count in cells.items() if gold == label)
    rows = (
        ("with-gold", sum(cells.values())),
        ("without-gold", without_gold),
        ("not-labelled", unlabelled),
        ("right", right),
    )
    return Table("labels", ("quantity", "value"), rows)


def _by_class(cells: Mapping[Cell, int]) -> list[Table]:
    """Scores by class, and who is taken for whom."""
    if not cells:
        return []
    classes = _classes(cells)
    borne = {c: sum(n for cell, n in cells.items() if c in cell) for c in classes}
    shown = [public(c, borne[c]) for c in classes]
    rows: list[Row] = []
    for name, scores in zip(classes, _scores(cells), strict=True):
        gold = sum(count for (g, _), count in cells.items() if g == name)
        given = sum(count for (_, label), count in cells.items() if label == name)
        rows.append((public(name, borne[name]), gold, given, *(rounded(score) for score in scores)))
    tables = [Table("per-class", ("class", "gold", "labelled", *_QUALITIES), tuple(rows))]
    if len(classes) <= MOST_CLASSES_CROSSED:
        crossed = tuple[Row, ...](
            (name, *(cells.get((g, label), 0) for label in (*classes, None)))
            for name, g in zip(shown, classes, strict=True)
        )
        tables.append(Table("confusion", ("gold \\ label", *shown, "(none)"), crossed))
    return tables
