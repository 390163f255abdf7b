"""Two contracts compared, rule by rule: what got stricter, looser, what breaks, what is merely different.

Compared are the frozen checks and schema objects that the documents compile to, so spelling does not count. *stricter*:
whatever meets the new one meets the old; *looser*: the other way round; *breaks*: data for the one is read as other data by
the other; *changed*: neither follows. Antisymmetric: from B to A everything is the other way round. No data is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Any, Literal

from checks.columns import Col
from checks.completeness.delivered_count import DeliveredCount
from checks.kernel import Check
from checks.predicates import Length, NotInSet, NotMultiple, Outside, Predicate
from checks.schema.columns import Columns
from checks.validity.value_set import Either
from include.contracts.model import ColumnSpec, Contract, ObjectSpec
from include.contracts.ranges import MEASURE_KEYS, range_of
from include.contracts.targets import demands, show

Effect = Literal["stricter", "looser", "breaks", "changed"]
_INVERSE: Mapping[Effect, Effect] = {
    "stricter": "looser",
    "looser": "stricter",
    "breaks": "breaks",
    "changed": "changed",
}
_SHOWN = 200
_BESIDE = {"rule", "object", "target", "predicate", "names", "sources", "extra", "order", "contracted", "counted"}
"""Fields of checks that leave the number that the target is about what it was, or are compared themselves."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `subject`: a rule, column, object or "contract"; `what`: which part of it; None: not there."""

    subject: str
    what: str
    effect: Effect
    before: str | None
    after: str | None

    def inverse(self) -> Change:
        """The same difference, seen from the other side."""
        return Change(self.subject, self.what, _INVERSE[self.effect], self.after, self.before)


def diff(old: Contract, new: Contract) -> tuple[Change, ...]:
    """Every difference from `old` to `new`, sorted. Identity (id, version, name) is none."""
    return tuple(sorted(_changes(old, new), key=lambda c: (c.subject, c.what)))


def _changes(old: Contract, new: Contract) -> Iterator[Change]:
    if old.programme != new.programme:
        yield Change("contract", "programme", "changed", old.programme, new.programme)
    left, right = ({item.rule: item.reason for item in c.not_checked} for c in (old, new))
    for name in left.keys() | right.keys():
        if left.get(name) != right.get(name):
            yield Change(name, "words", "changed", left.get(name), right.get(name))
    objects, others = ({spec.name: spec for spec in c.objects} for c in (old, new))
    for name in objects.keys() | others.keys():
        yield from _objects(name, objects.get(name), others.get(name))
    rules, now = ({check.rule.name: check for check in c.checks} for c in (old, new))
    for name in rules.keys() | now.keys():
        yield from _rules(name, rules.get(name), now.get(name))


def _objects(name: str, old: ObjectSpec | None, new: ObjectSpec | None) -> Iterator[Change]:
    if old is None or new is None:
        effect: Effect = "stricter" if old is None else "looser"
        yield Change(name, "object", effect, old.glob if old else None, new.glob if new else None)
        return
    for what in ("format", "glob"):
        if getattr(old, what) != getattr(new, what):
            yield Change(name, what, "breaks", getattr(old, what), getattr(new, what))
    if dict(old.reader) != dict(new.reader):
        yield Change(name, "reader", "breaks", _shown(dict(old.reader)), _shown(dict(new.reader)))
    columns, others = ({c.col.name: c for c in spec.columns} for spec in (old, new))
    for column in columns.keys() | others.keys():
        yield from _columns(f"{name}.{column}", columns.get(column), others.get(column))


def _columns(name: str, old: ColumnSpec | None, new: ColumnSpec | None) -> Iterator[Change]:
    if old is None or new is None:
        effect: Effect = "stricter" if old is None else "looser"
        yield Change(name, "column", effect, old.col.type if old else None, new.col.type if new else None)
        return
    if old.source != new.source:
        yield Change(name, "source", "breaks", old.source, new.source)
    if old.col.type != new.col.type:
        yield Change(name, "logicalType", _types(old.col, new.col), old.col.type, new.col.type)
    if old.col.format != new.col.format:
        yield Change(name, "format", "breaks", old.col.format, new.col.format)


def _types(old: Col, new: Col) -> Effect:
    """Every integer is a number; anything is anything."""
    if new.type == "any" or (old.type, new.type) == ("integer", "number"):
        return "looser"
    if old.type == "any" or (old.type, new.type) == ("number", "integer"):
        return "stricter"
    return "breaks"


def _rules(name: str, old: Check | None, new: Check | None) -> Iterator[Change]:
    if old is None or new is None:
        there = new if old is None else old
        assert there is not None
        effect: Effect = ("stricter" if old is None else "looser") if there.rule.blocking else "changed"
        yield Change(name, "rule", effect, _rule(old), _rule(new))
        return
    if old.rule.severity != new.rule.severity:
        yield Change(name, "severity", _severity(old, new), old.rule.severity, new.rule.severity)
    if old.id != new.id:
        yield Change(name, "check", "changed", old.id, new.id)
        return
    if old.target != new.target:
        yield Change(name, "target", _targets(old, new), show(old.target), show(new.target))
    for what in sorted({f.name for f in fields(old)} - {"rule", "object", "target"}):
        before, after = getattr(old, what), getattr(new, what)
        if plain(before) != plain(after) and not _follows(what, old, new):
            effect = _COMPARED.get((type(old), what), compared)(before, after)
            yield Change(name, what, effect, _shown(before), _shown(after))


def _rule(check: Check | None) -> str | None:
    return None if check is None else f"{check.id} {show(check.target)} ({check.rule.severity})"


def _severity(old: Check, new: Check) -> Effect:
    if old.rule.blocking == new.rule.blocking:
        return "changed"
    return "stricter" if new.rule.blocking else "looser"


def _measure(check: Check) -> str:
    """Which measure the target is about."""
    for holder in (check, getattr(check, "method", None)):
        for key in MEASURE_KEYS:
            if isinstance(found := getattr(holder, key, None), str):
                return found
    return str(getattr(check, "unit", "rows"))


def _targets(old: Check, new: Check) -> Effect:
    others = {f.name for f in fields(old)} - _BESIDE
    if any(plain(getattr(old, what)) != plain(getattr(new, what)) for what in others):
        return "changed"  # of another number: another unit, measure, population
    within = range_of(new.id, _measure(new))
    up, down = demands(new.target, old.target, within), demands(old.target, new.target, within)
    return "changed" if up == down else "stricter" if up else "looser"


def _follows(what: str, old: Check, new: Check) -> bool:
    """Does the difference say nothing of its own? Declared names count only where others are refused or ordered."""
    if isinstance(old, Columns) and isinstance(new, Columns) and what == "sources":
        return not (old.extra or new.extra or old.order or new.order)
    return isinstance(old, DeliveredCount) and what == "counted" and getattr(new, "by", None) is None


def plain(value: Any) -> Any:
    """A value with columns by name alone, so that a change of a column's type is told once, at the column."""
    if isinstance(value, Col):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, tuple((f.name, plain(getattr(value, f.name))) for f in fields(value)))
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), plain(inner)) for key, inner in value.items()))
    if isinstance(value, frozenset | set):
        return tuple(sorted(map(str, value)))
    if isinstance(value, tuple | list):
        return tuple(plain(inner) for inner in value)
    return value


def compared(old: Any, new: Any) -> Effect:
    """Of two different values; "changed" where neither side follows from the other."""
    if type(old) is not type(new):
        return "changed"
    compare = _OF_PREDICATES.get(type(old))
    return "changed" if compare is None else compare(old, new)


def _ordered(old: Any, new: Any, *, more: Effect) -> Effect:
    """`more`: what a larger value means."""
    if old is None or new is None or isinstance(old, str) != isinstance(new, str) or old == new:
        return "changed"
    return more if new > old else _INVERSE[more]


def _outside(old: Outside, new: Outside) -> Effect:
    if old.op != new.op:
        return "changed"
    return _ordered(old.bound, new.bound, more="stricter" if old.op in {">", ">="} else "looser")


def _length(old: Length, new: Length) -> Effect:
    if old.least != new.least and old.most == new.most:
        return _ordered(old.least, new.least, more="stricter")
    return _ordered(old.most, new.most, more="looser") if old.least == new.least else "changed"


def _in_set(old: NotInSet, new: NotInSet) -> Effect:
    return _sets(frozenset(old.values), frozenset(new.values), more="looser")


def _sets(old: frozenset[Any], new: frozenset[Any], *, more: Effect) -> Effect:
    if old == new:
        return "changed"
    return more if old < new else _INVERSE[more] if new < old else "changed"


def _multiple(old: NotMultiple, new: NotMultiple) -> Effect:
    if new.of % old.of == 0:
        return "stricter"
    return "looser" if old.of % new.of == 0 else "changed"


def _either(old: Either, new: Either) -> Effect:
    """Of parts of which each must hold."""
    if [type(p) for p in old.parts] != [type(p) for p in new.parts]:
        return "changed"
    found = {compared(a, b) for a, b in zip(old.parts, new.parts, strict=True) if plain(a) != plain(b)}
    return found.pop() if len(found) == 1 else "changed"


def _contracted(old: tuple[tuple[str, int], ...], new: tuple[tuple[str, int], ...]) -> Effect:
    """More classes, or more of one, is stricter."""
    before, after = dict(old), dict(new)
    up = all(after.get(name, 0) >= count for name, count in before.items())
    down = all(before.get(name, 0) >= count for name, count in after.items())
    return "changed" if up == down else "stricter" if up else "looser"


def _names(old: tuple[str, ...], new: tuple[str, ...]) -> Effect:
    return _sets(frozenset(old), frozenset(new), more="stricter")


def _flag(_: bool, new: bool) -> Effect:
    return "stricter" if new else "looser"


_OF_PREDICATES: Mapping[type[Predicate], Callable[[Any, Any], Effect]] = {
    Outside: _outside,
    Length: _length,
    NotInSet: _in_set,
    NotMultiple: _multiple,
    Either: _either,
}
_COMPARED: Mapping[tuple[type[Check], str], Callable[[Any, Any], Effect]] = {
    (Columns, "names"): _names,
    (Columns, "extra"): _flag,
    (Columns, "order"): _flag,
    (DeliveredCount, "contracted"): _contracted,
}


def _shown(value: Any) -> str:
    """A value of a contract in one line."""
    text = _text(plain(value))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))})"
    return str(value)
