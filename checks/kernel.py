"""The kernel: Analyzer, State, Metric, Target, Verdict, Check, CheckResult.

The design is Deequ's (Schelter et al., VLDB 2018). An Analyzer declares what to tally; its State is a commutative
monoid; a Check reaches its verdict from states alone. So one pass serves all checks, shards run anywhere, and a verdict
is reached again from stored states without the data. A metric is a value or a reason why there is none, never a crash.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import msgspec

from checks.columns import Col, View

Verdict = Literal["PASS", "FAIL", "WARN", "ERROR", "NOT_APPLICABLE"]
Severity = Literal["info", "warning", "error"]
Number = Fraction | Decimal

SIGNIFICANT = Context(prec=12, rounding=ROUND_HALF_EVEN)
"""Non-rational statistics are rounded to 12 significant digits before they are written or compared."""


def rounded(value: float | Decimal) -> Decimal:
    """`value` half-even at 12 significant digits; the only way a float becomes a Metric value."""
    return SIGNIFICANT.plus(Decimal(value))


class State(msgspec.Struct, frozen=True):
    """A sufficient statistic: what one Analyzer has tallied. Subclasses add fields and `merge`.

    Laws (tests/laws): merge is associative and commutative, the analyzer's `zero()` is its identity, and
    observe(A u B) == merge(observe(A), observe(B)); from_bytes(to_bytes(s)) == s.
    Fields are msgpack-able by msgspec; integers beyond 64 bits are kept as decimal strings by their State.
    """

    @abstractmethod
    def merge(self, other: Self) -> Self:
        """The state of both inputs together."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """Canonical bytes: equal states give equal bytes."""
        return msgspec.msgpack.encode(self, order="deterministic")

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The state again. Raises msgspec.DecodeError or ValidationError on anything else."""
        return msgspec.msgpack.decode(data, type=cls)


class Spilling(State, frozen=True):
    """A state that may grow beyond memory: it can be moved to a scratch folder, and stored in chunks."""

    @property
    @abstractmethod
    def held(self) -> int:
        """Bytes it holds in memory."""
        raise NotImplementedError

    @abstractmethod
    def spilled(self, folder: Path) -> Self:
        """The same state with its bulk in files of `folder`, which must outlive it."""
        raise NotImplementedError

    @abstractmethod
    def store(self, put: Callable[[bytes], str] | None = None) -> bytes:
        """Canonical bytes; with `put`, the bulk goes there in chunks of bounded size, and the bytes name them."""
        raise NotImplementedError

    @classmethod
    @abstractmethod
    def restore(cls, data: bytes, get: Callable[[str], bytes] | None = None, folder: Path | None = None) -> Self:
        """The state again; chunks come from `get` and go to `folder`, one at a time. Raises ValueError otherwise."""
        raise NotImplementedError


S = TypeVar("S", bound=State)


class Analyzer(ABC, Generic[S]):
    """A frozen, hashable declaration (a frozen dataclass) of what to tally over the records of one schema object."""

    state_type: ClassVar[type[State]]
    object: str

    @abstractmethod
    def columns(self) -> frozenset[str]:
        """Names of the columns it reads. A batch that lacks one is not observed; the check then fails as absent."""

    @abstractmethod
    def zero(self) -> S:
        """The identity of merge."""

    @abstractmethod
    def observe(self, view: View) -> S:
        """The state of one batch."""

    @property
    def key(self) -> str:
        """A stable name for state files: the class and its parameters."""
        parts = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({parts})"


class States:
    """The merged states by analyzer, as a Check reads them. Unobserved analyzers give their zero."""

    def __init__(self, states: Mapping[Analyzer[Any], State], rows: Mapping[str, int] | None = None) -> None:
        self._states = states
        self._rows = rows or {}

    def rows(self, name: str) -> int:
        """Records of a schema object in all its files."""
        return self._rows.get(name, 0)

    def __getitem__(self, analyzer: Analyzer[S]) -> S:
        found = self._states.get(analyzer)
        return analyzer.zero() if found is None else found  # type: ignore[return-value]


Op = Literal["=", "!=", ">", ">=", "<", "<=", "between", "not-between"]


@dataclass(frozen=True, slots=True)
class Target:
    """What the contract demands of a metric; bounds are the YAML scalars as Decimal. `between` is inclusive."""

    op: Op
    values: tuple[Decimal, ...]

    def met(self, value: Number) -> bool:
        """Compared exactly: a Fraction or Decimal against Decimals, no floats."""
        x = Fraction(value)
        bound = [Fraction(v) for v in self.values]
        match self.op:
            case "=":
                return x == bound[0]
            case "!=":
                return x != bound[0]
            case ">":
                return x > bound[0]
            case ">=":
                return x >= bound[0]
            case "<":
                return x < bound[0]
            case "<=":
                return x <= bound[0]
            case "between":
                return bound[0] <= x <= bound[1]
            case "not-between":
                return not bound[0] <= x <= bound[1]


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval: bounds rounded to 12 digits, `level` such as "0.95", `method` in words."""

    low: Decimal
    high: Decimal
    level: str
    method: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A named number from integers, or the reason why it is undefined. Exactly one of `value`, `undefined` is set.

    A Fraction is exact; a Decimal was made by `rounded`. `numerator`/`denominator` are shown where they are counts.
    """

    name: str
    value: Number | None = None
    undefined: str | None = None
    numerator: int | None = None
    denominator: int | None = None
    interval: Interval | None = None

    @classmethod
    def ratio(cls, name: str, numerator: int, denominator: int, *, scale: int = 1) -> Metric:
        """`scale * numerator / denominator`, undefined ("empty") over zero. scale=100 gives percent."""
        if denominator == 0:
            return cls(name, undefined="empty", numerator=numerator, denominator=denominator)
        return cls(name, Fraction(scale * numerator, denominator), numerator=numerator, denominator=denominator)

    @classmethod
    def count(cls, name: str, value: int) -> Metric:
        """A plain count."""
        return cls(name, Fraction(value))


@dataclass(frozen=True, slots=True)
class Table:
    """A detail table of a result. Cells: str, int, None, or Fraction/Decimal (written as decimal strings).

    `name` is one of a small set the report knows how to draw: distribution, per-class, per-rater, per-pair, confusion,
    split, interval-method, ...; others render as plain tables.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | Number | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One failing record: where it is, and its value masked. Ordered by (file, row)."""

    file: str
    row: int
    pointer: str
    value: str


@dataclass(frozen=True, slots=True)
class Failures:
    """The failing records of a rule: exact count, up to 20 examples (smallest key first), and row ranges by file.

    `ranges`: (file, first row, last row), inclusive, sorted; `complete` is False when the size limit cut the list.
    """

    count: int = 0
    examples: tuple[Example, ...] = ()
    ranges: tuple[tuple[str, int, int], ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a Check concludes from its states, before the target is applied.

    `violation`: a kebab-case code when the data fails whatever the number says (a class outside the target).
    `sample`: how the population was sampled, None for all of it.
    """

    metric: Metric
    population: int
    detail: tuple[Table, ...] = ()
    failures: Failures = Failures()
    violation: str | None = None
    sample: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The contract's identity of one check: `name` is unique in the contract, `id` its last segment."""

    name: str
    id: str
    severity: Severity = "error"

    @property
    def blocking(self) -> bool:
        """Only severity error blocks."""
        return self.severity == "error"


class Misdeclared(Exception):  # noqa: N818 - a finding about the contract, not a programming error
    """A declaration that cannot be built. `path` is relative to the `implementation` (or `arguments`) mapping."""

    def __init__(self, path: str, message: str, hint: str = "") -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Declaration:
    """One rule of the contract, as a Check is built from it.

    `columns`: every declared column of the schema object by contract name. `column`: the property the rule stands on,
    None at object level. `params`: the implementation's (or arguments') keys without `check` and the operators;
    YAML floats are Decimal. `unit`: "rows" or "percent". `target` is None when the rule names no operator.
    `objects`: the columns of every schema object of the contract, for rules about more than one.
    """

    rule: Rule
    object: str
    columns: Mapping[str, Col]
    params: Mapping[str, Any]
    target: Target | None = None
    column: str | None = None
    unit: Literal["rows", "percent"] = "rows"
    objects: Mapping[str, Mapping[str, Col]] = field(default_factory=dict)

    def col(self, path: str, name: str) -> Col:
        """The declared column `name`, or Misdeclared at `path`."""
        if name not in self.columns:
            raise Misdeclared(
                path, f"no column {name!r} is declared", f"declare it under properties: {', '.join(self.columns)}"
            )
        return self.columns[name]

    def other(self, path: str, name: str) -> Mapping[str, Col]:
        """The columns of another schema object, or Misdeclared at `path`."""
        if name not in self.objects or name == self.object:
            others = ", ".join(other for other in self.objects if other != self.object)
            raise Misdeclared(path, f"no other object {name!r} is declared", f"the contract has: {others or '-'}")
        return self.objects[name]


@dataclass(frozen=True)
class Check(ABC):
    """A frozen declaration with parameters from the contract. Subclasses are frozen dataclasses, listed in the catalogue.

    `params` is the JSON Schema (2020-12) of the contract's keys for it, operators and `check` apart, closed
    (additionalProperties false); contract validation and the docs derive from it. `needs_rows`: zero rows FAIL before
    the metric is looked at. A column of `columns()` that any file lacks: FAIL "column-absent".
    """

    id: ClassVar[str]
    family: ClassVar[str]
    standards: ClassVar[Mapping[str, str]] = {}
    params: ClassVar[Mapping[str, Any]]
    needs_rows: ClassVar[bool] = True

    rule: Rule
    object: str
    target: Target

    @classmethod
    @abstractmethod
    def build(cls, decl: Declaration) -> Check:
        """The check of a declaration, of this class or of another with its id. Raises Misdeclared for what the JSON
        Schema cannot say."""

    @abstractmethod
    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """What must be tallied for it."""

    def columns(self) -> frozenset[str]:
        """Columns that must be there: those of its analyzers."""
        return frozenset().union(*(a.columns() for a in self.analyzers()))

    @abstractmethod
    def judge(self, states: States) -> Outcome:
        """From states to a metric; the engine compares with the target and turns exceptions into ERROR."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is not PASS: a kebab-case code and its parameters (strings), put into words by the report."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One row of the report."""

    check: Check
    verdict: Verdict
    reason: Reason | None
    outcome: Outcome | None
