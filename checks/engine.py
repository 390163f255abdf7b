"""The engine: plan -> observe per batch -> merge -> judge.

One pass serves all checks: equal analyzers of all checks are observed once per batch. States merge in any order and
grouping, so shards run anywhere. An analyzer that crashes breaks only the checks that need it, which become ERROR.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Self, cast

import msgspec

from checks.analyzers.defects import Defects
from checks.analyzers.marginals import Marginal, marginals
from checks.analyzers.shape import Shape, ShapeOf
from checks.batch import Batch, Defect
from checks.columns import Seen, View
from checks.kernel import Analyzer, Check, CheckResult, Outcome, Reason, Spilling, State, States, Verdict

if TYPE_CHECKING:
    from checks.analyzers.cells import Cells

Item = tuple[str, Batch | Defect]
"""A schema object's name, and a batch of its records or a defect of its files."""

Put = Callable[[bytes], str]
"""Keeps a chunk of a state; its name."""

Get = Callable[[str], bytes]
"""The chunk of that name."""

HELD = 8 << 20
"""Bytes that a growing state may hold in memory before it goes to the scratch folder."""

DELIVERY = "delivery"
"""The object whose records are the delivery's files; intake observes it."""


class Broken(State, frozen=True):
    """In place of the state of an analyzer that crashed: the error's name and its traceback's digest. Absorbs merges."""

    error: str
    digest: str

    def merge(self, other: Self) -> Self:
        """The smaller of two, so that any order gives the same."""
        return min(self, other, key=lambda b: (b.error, b.digest))


Tallied = Mapping[Analyzer[Any], State]
"""Merged states by analyzer; a Broken where it crashed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which analyzers observe which object, each once, in a fixed order."""

    objects: Mapping[str, tuple[Analyzer[Any], ...]]

    def analyzers(self) -> dict[str, Analyzer[Any]]:
        """By key, for stored states."""
        return {a.key: a for group in self.objects.values() for a in group}


def plan(checks: Iterable[Check], declared: Mapping[str, tuple[str, ...]]) -> Plan:
    """The plan for `checks`; `declared` gives the column names of every object."""
    groups: dict[str, dict[Analyzer[Any], None]] = {
        name: {ShapeOf(name, cols): None} for name, cols in declared.items()
    }
    groups.setdefault(DELIVERY, {ShapeOf(DELIVERY): None})
    for check in checks:
        for analyzer in check.analyzers():
            groups[analyzer.object][analyzer] = None
    return Plan({name: tuple(group) for name, group in groups.items()})


class Tally:
    """States of one pass. Each analyzer keeps a stack of merged runs of doubling size, so n batches cost n log n.

    Marginals of another analyzer's tables are not observed where that one is, but derived from it in the end.
    """

    def __init__(self, plan_: Plan, scratch: Path | None = None) -> None:
        self._scratch = scratch
        self._observers = {name: [_Observer(a, scratch) for a in group] for name, group in plan_.objects.items()}
        self._marginals: dict[str, list[tuple[_Observer, _Observer, Marginal]]] = {}
        self._seen: dict[str, Seen] = {name: {} for name in plan_.objects}
        for name, group in self._observers.items():
            by_analyzer = {observer.analyzer: observer for observer in group}
            derived = marginals(by_analyzer)
            self._marginals[name] = [(by_analyzer[a], by_analyzer[m.source], m) for a, m in derived.items()]
            self._observers[name] = [observer for observer in group if observer.analyzer not in derived]

    def add(self, name: str, item: Batch | Defect) -> None:
        """Observe one batch or defect of object `name` with every analyzer that is about it."""
        if isinstance(item, Defect):
            for observer in self._observers[name]:
                if isinstance(observer.analyzer, Defects):
                    observer.push(observer.analyzer.observe_defect(item))
            return
        view = View(item, self._seen[name])
        seen = {observer: observer.observe(view) for observer in self._observers[name]}
        for observer, source, _ in self._marginals[name]:
            if not seen[source]:
                observer.observe(view)

    def states(self) -> Tallied:
        """What has been seen so far."""
        derived = [m for group in self._marginals.values() for m in group]
        for observer, source, marginal in derived:
            observer.told = marginal.of(cast("Cells", source.good()))
        everyone = chain(*self._observers.values(), (observer for observer, _, _ in derived))
        return {observer.analyzer: observer.state() for observer in everyone}


class _Observer:
    """One analyzer in a pass: a stack of merged runs of doubling size, and what broke it, apart from them."""

    def __init__(self, analyzer: Analyzer[Any], scratch: Path | None) -> None:
        self.analyzer = analyzer
        self.told: State | None = None
        self._columns = analyzer.columns()
        self._scratch = scratch
        self._stack: list[tuple[int, State]] = []
        self._fault: Broken | None = None

    def observe(self, view: View) -> bool:
        """Observe a batch; False if it lacks a column, or breaks the analyzer."""
        if not view.has(self._columns):
            return False
        state = observed(self.analyzer, view)
        self.push(state)
        return not isinstance(state, Broken)

    def push(self, state: State) -> None:
        """One state more."""
        if isinstance(state, Broken):
            self._fault = state if self._fault is None else self._fault.merge(state)
            return
        rank = 0
        while self._stack and self._stack[-1][0] == rank:
            state, rank = self._stack.pop()[1].merge(state), rank + 1
        self._stack.append((rank, bounded(state, self._scratch)))

    def good(self) -> State:
        """What was observed, as if nothing had broken."""
        state: State = self.analyzer.zero()
        for _, run in reversed(self._stack):
            state = state.merge(run)
        return state

    def state(self) -> State:
        """All of it; what broke it absorbs the rest."""
        if self._fault is not None:
            return self._fault
        return self.good() if self.told is None else self.good().merge(self.told)


def observed(analyzer: Analyzer[Any], view: View) -> State:
    """The state of one batch, or Broken: what a check does with hostile values must not end the pass."""
    try:
        state: State = analyzer.observe(view)
    except Exception as error:  # noqa: BLE001 - any crash of one analyzer is an ERROR of its checks, no more
        return fault(error)
    return state


def merged(left: State, right: State) -> State:
    """merge, with Broken absorbing."""
    if isinstance(left, Broken) != isinstance(right, Broken):
        return left if isinstance(left, Broken) else right
    return left.merge(right)


def bounded(state: State, scratch: Path | None) -> State:
    """The state, moved to the scratch folder if it is one that grows with the data and has grown large."""
    if scratch is None or not isinstance(state, Spilling) or state.held <= HELD:
        return state
    return state.spilled(scratch)


def merge(parts: Iterable[Tallied], plan_: Plan, scratch: Path | None = None) -> Tallied:
    """The states of all shards together."""
    total: dict[Analyzer[Any], State] = {a: a.zero() for a in plan_.analyzers().values()}
    for part in parts:
        for analyzer, state in part.items():
            total[analyzer] = bounded(merged(total[analyzer], state), scratch)
    return total


def observe(plan_: Plan, items: Iterable[Item], scratch: Path | None = None) -> Tallied:
    """One pass over `items`. What outgrows memory goes to `scratch` and stays there while the states are used."""
    tally = Tally(plan_, scratch)
    for name, item in items:
        tally.add(name, item)
    return tally.states()


def dump(states: Tallied, put: Put | None = None) -> bytes:
    """States as bytes, sorted by analyzer key; with `put`, the bulk of large ones goes there in chunks."""
    packed = {a.key: (isinstance(s, Broken), _stored(s, put)) for a, s in states.items()}
    return msgspec.msgpack.encode(packed, order="deterministic")


def _stored(state: State, put: Put | None) -> bytes:
    return state.store(put) if isinstance(state, Spilling) else state.to_bytes()


def load(data: bytes, plan_: Plan, get: Get | None = None, scratch: Path | None = None) -> Tallied:
    """States again, chunks by `get`, large ones in `scratch`. Raises ValueError when they are not of this plan."""
    packed = msgspec.msgpack.decode(data, type=dict[str, tuple[bool, bytes]])
    analyzers = plan_.analyzers()
    if packed.keys() != analyzers.keys():
        raise ValueError("the stored states are of another plan")
    return {
        analyzers[key]: _restored(Broken if broken else analyzers[key].state_type, raw, get, scratch)
        for key, (broken, raw) in packed.items()
    }


def _restored(kind: type[State], raw: bytes, get: Get | None, scratch: Path | None) -> State:
    return kind.restore(raw, get, scratch) if issubclass(kind, Spilling) else kind.from_bytes(raw)


def judge(checks: Sequence[Check], states: Tallied) -> list[CheckResult]:
    """A verdict for every check, in their order."""
    shapes = {a.object: s for a, s in states.items() if isinstance(a, ShapeOf) and isinstance(s, Shape)}
    broken_shapes = {a.object: s for a, s in states.items() if isinstance(a, ShapeOf) and isinstance(s, Broken)}
    known: dict[Analyzer[Any], State] = {**states, **{ShapeOf(name): shape for name, shape in shapes.items()}}
    lookup = States(known, {name: shape.rows for name, shape in shapes.items()})
    results = []
    for check in checks:
        broken = [s for a in check.analyzers() if isinstance(s := states.get(a), Broken)]
        broken += [broken_shapes[check.object]] if check.object in broken_shapes else []
        if broken:
            reason = Reason("check-crashed", {"error": broken[0].error, "digest": broken[0].digest})
            results.append(CheckResult(check, "ERROR", reason, None))
        else:
            results.append(_judge_one(check, lookup, shapes.get(check.object, Shape())))
    return results


def _judge_one(check: Check, states: States, shape: Shape) -> CheckResult:
    absent = shape.absent(check.columns())
    if absent is not None:
        return CheckResult(check, _failed(check), _absent(*absent), None)
    if check.needs_rows and not shape.rows:
        return CheckResult(check, _failed(check), Reason("no-rows"), None)
    try:
        outcome = check.judge(states)
        reason = _shortfall(check, outcome)
    except Exception as error:  # noqa: BLE001 - what a check cannot compute is an ERROR of that check
        crash = fault(error)
        return CheckResult(
            check, "ERROR", Reason("check-crashed", {"error": crash.error, "digest": crash.digest}), None
        )
    return CheckResult(check, "PASS" if reason is None else _failed(check), reason, outcome)


def _absent(column: str, files: tuple[str, ...]) -> Reason:
    if not files:
        return Reason("column-never-present", {"column": column})
    return Reason("column-absent", {"column": column, "files": str(len(files)), "file": files[0]})


def _shortfall(check: Check, outcome: Outcome) -> Reason | None:
    """Why the data does not show what the contract demands; None when it does."""
    if outcome.metric.value is None:
        return Reason("undefined", {"why": outcome.metric.undefined or "empty"})
    if outcome.violation is not None:
        return Reason(outcome.violation)
    if not check.target.met(outcome.metric.value):
        return Reason("target-missed")
    return None


def _failed(check: Check) -> Verdict:
    return "FAIL" if check.rule.blocking else "WARN"


def fault(error: Exception) -> Broken:
    """An error without its message, which may hold values of the data: its type and the digest of its frames."""
    frames = [f"{PurePath(f.filename).name}:{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    digest = hashlib.sha256("\n".join(frames).encode()).hexdigest()[:16]
    return Broken(type(error).__name__, digest)
