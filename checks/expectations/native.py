"""Map expectations that are not translated: Great Expectations runs them on pandas, batch by batch; their counts merge.

This is the one module that imports great_expectations, and only once an expectation needs it. An expectation qualifies
if each value (or record) is judged by itself: GX's class is a map expectation, it has an implementation for pandas, and
its condition needs no figure of the whole column. Custom expectations are those of installed packages that name their
module under the entry point group `dambo.expectations`: what the operator installs, never what a contract names.
No data context is made, so nothing is read from or written to GX's folders, and no analytics are sent.
"""

from __future__ import annotations

import difflib
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from checks.analyzers.failing import Failing, failing_of
from checks.columns import Col, View
from checks.expectations.kwargs import RUNTIME, Kwargs
from checks.expectations.translation import MapTranslation
from checks.kernel import Analyzer, Declaration, Misdeclared, State, States

if TYPE_CHECKING:
    import pandas as pd

GROUP = "dambo.expectations"

NEIGHBOURS = frozenset({"column_values.increasing", "column_values.decreasing"})
REPEATS = frozenset({"column_values.unique", "compound_columns.unique"})
"""Conditions that look at other records, which GX's metrics do not tell."""

SHAPES = {
    "ColumnMapExpectation": ("column",),
    "ColumnPairMapExpectation": ("column_A", "column_B"),
    "MulticolumnMapExpectation": ("column_list",),
}
"""GX's kinds of map expectations, and the arguments that name their columns."""

OWN = RUNTIME | {"row_condition", "condition_parser", "id", "meta", "notes", "rendered_content", "description"}
OWN_TOO = OWN | {"severity", "windows", "user_facing"}
"""Fields of every expectation class that are no arguments of a contract."""


class NotRunError(Exception):
    """GX could not run an expectation on a batch. Its message may hold values of the data, so it is not kept."""


@contextmanager
def quiet() -> Iterator[None]:
    """GX logs a line per documented function on import and warns of its own dependencies."""
    logging.getLogger("great_expectations._docs_decorators").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def _registered() -> Mapping[str, Any]:
    """Every expectation class that GX knows, custom ones of installed packages included."""
    with quiet():
        from great_expectations.expectations import registry

        for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
            _import(entry.value)
        names = registry.list_registered_expectation_implementations()
        return {name: registry.get_expectation_impl(name) for name in names}


def _import(module: str) -> None:
    """A module of custom expectations, which register themselves."""
    try:
        import_module(module)
    except Exception as wrong:
        why = f"the custom expectations of {module!r} cannot be imported: {type(wrong).__name__}: {wrong}"
        raise Misdeclared("type", why, "repair or uninstall the package that names it") from wrong


def shape_of(kind: Any) -> str | None:
    """The map expectation that a class of GX is, None if it is none."""
    names = {base.__name__ for base in kind.__mro__}
    return next((shape for shape in SHAPES if shape in names), None)


def refusal(name: str) -> tuple[str, str] | None:
    """Why GX cannot run `name` batch by batch, and what to do; None if it can."""
    kinds = _registered()
    if name not in kinds:
        from checks.expectations.translated import TRANSLATED

        near = difflib.get_close_matches(name, [*TRANSLATED, *kinds], 1)
        return f"unknown expectation {name!r}", f"did you mean {near[0]!r}?" if near else ""
    instead = "use a translated expectation, or a check of engine: dambo"
    if shape_of(kinds[name]) is None:
        return "it looks at the whole table at once, and results of parts of a table cannot be merged to its", instead
    metric = kinds[name].map_metric
    if metric in NEIGHBOURS:
        return "it compares neighbouring records, which may lie in different batches", instead
    if metric in REPEATS:
        return "it compares all records with each other, which batches cut apart", instead
    try:
        needed = _needs(f"{metric}.condition")
    except Exception:  # noqa: BLE001 - GX has several ways to say so
        return "Great Expectations has no implementation of it for pandas", instead
    whole = sorted(n for n in needed if not n.startswith("table.") and not n.endswith((".map", ".condition")))
    if whole:
        return f"it needs {', '.join(whole)} of the whole column, which no batch knows", instead
    return None


def _needs(metric: str) -> set[str]:
    """The metrics that `metric` depends on, theirs included."""
    with quiet():
        from great_expectations.execution_engine import PandasExecutionEngine
        from great_expectations.expectations.registry import get_metric_provider
        from great_expectations.validator.metric_configuration import MetricConfiguration

        engine = PandasExecutionEngine()
        found: set[str] = set()
        todo = [metric]
        while todo:
            name = todo.pop()
            provider, _ = get_metric_provider(metric_name=name, execution_engine=engine)
            asked = MetricConfiguration(
                name, {"column": "a", "column_A": "a", "column_B": "b", "column_list": ["a"]}, {}
            )
            needed = provider.get_evaluation_dependencies(metric=asked, execution_engine=engine)
            new = {m.metric_name for m in needed.values()} - found
            found |= new
            todo += new
        return found


@dataclass(frozen=True)
class GxRun(Analyzer[Failing]):
    """One expectation run by GX over the columns `over`, with its arguments as JSON."""

    state_type: ClassVar[type[State]] = Failing

    object: str
    over: tuple[Col, ...]
    type: str
    arguments: str

    def columns(self) -> frozenset[str]:
        """The columns it looks at."""
        return frozenset(col.name for col in self.over)

    def zero(self) -> Failing:
        """Nothing looked at."""
        return Failing()

    def observe(self, view: View) -> Failing:
        """One batch. Raises NotRunError, which makes the check an ERROR, where GX does."""
        if not view.num_rows:
            return Failing()
        found = self._result(frame(view, self.over))
        hits = np.array(sorted(found.get("unexpected_index_list") or ()), dtype=np.int64)
        tested = int(found["element_count"]) - int(found.get("missing_count", 0))
        if len(hits) != int(found["unexpected_count"]):
            raise NotRunError("unexpected values without their places")
        return failing_of(view, hits, tested, self.over[0].name)

    def _result(self, table: pd.DataFrame) -> Mapping[str, Any]:
        _registered()
        with quiet():
            from great_expectations.core.batch import Batch
            from great_expectations.execution_engine import PandasExecutionEngine
            from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
            from great_expectations.validator.validator import Validator

            validator = Validator(execution_engine=PandasExecutionEngine(), batches=[Batch(data=table)])
            validator.metrics_calculator.show_progress_bars = False
            asked = ExpectationConfiguration(type=self.type, kwargs=json.loads(self.arguments))
            form = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
            steer = {"catch_exceptions": True, "result_format": form}
            (result,) = validator.graph_validate(configurations=[asked], runtime_configuration=steer)
        if result.exception_info.get("raised_exception") is not False:
            raise NotRunError(self.type)
        found: Mapping[str, Any] = result.result
        return found


def frame(view: View, columns: tuple[Col, ...]) -> pd.DataFrame:
    """A batch as pandas, each logical type always as the same dtype, so that no cut of the data changes an answer.

    string: str; integer: Int64 for one column, float64 for several (GX cannot compare pandas.NA), Python's int beyond 64
    bits; number: float64; boolean: boolean; timestamp: datetime64[us, UTC]; others: Python objects.
    """
    import pandas as pd

    dtypes: dict[str, Any] = {"string": "str", "number": "float64", "boolean": "boolean"}
    dtypes |= {"integer": "Int64" if len(columns) == 1 else "float64", "timestamp": "datetime64[us, UTC]"}
    made = {}
    for col in columns:
        typed = view.typed(col)
        dtype = "object" if pa.types.is_decimal(typed.type) else dtypes.get(col.type, "object")
        values = typed.to_pylist()
        if pa.types.is_decimal(typed.type):
            values = [None if v is None else int(v) for v in values]
        made[col.name] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(made)


@dataclass(frozen=True)
class GxMap(MapTranslation):
    """A map expectation that GX runs."""

    name: ClassVar[str] = ""
    family: ClassVar[str] = "validity"
    takes: ClassVar[tuple[str, ...]] = ()

    run: GxRun

    @classmethod
    def build(cls, name: str, kwargs: Kwargs) -> Self:
        """It needs its type too: see `of`."""
        raise NotImplementedError

    @classmethod
    def of(cls, decl: Declaration, type_: str, given: Mapping[str, Any]) -> Self:
        """The expectation `type_` of GX. Raises Misdeclared where GX cannot run it, with the reason."""
        why = refusal(type_)
        if why is not None:
            raise Misdeclared("type", f"{type_}: {why[0]}", why[1])
        kind = _registered()[type_]
        shape = shape_of(kind)
        assert shape is not None
        takes = tuple(name for name in kind.__fields__ if name not in OWN_TOO)
        kwargs = Kwargs(decl, given, takes)
        named: dict[str, Any] = {}
        for key in SHAPES[shape]:
            named[key] = kwargs.columns(key) if key == "column_list" else kwargs.column(key)
        over = tuple(c for found in named.values() for c in (found if isinstance(found, tuple) else (found,)))
        texts = {key: [c.name for c in v] if isinstance(v, tuple) else v.name for key, v in named.items()}
        arguments = {key: kwargs.raw(key) for key in takes if kwargs.has(key)} | texts
        return cls(decl.object, kwargs.mostly(), GxRun(decl.object, over, type_, _checked(kind, arguments)))

    def analyzers(self) -> tuple[Analyzer[Any], ...]:
        """GX's run."""
        return (self.run,)

    def tally(self, states: States) -> Failing:
        """GX's counts."""
        return states[self.run]


def _checked(kind: Any, arguments: Mapping[str, Any]) -> str:
    """The arguments as JSON, after GX itself has looked at them."""
    from checks.expectations.jsontext import as_json

    text = as_json(arguments)
    try:
        with quiet():
            kind(**json.loads(text))
    except Exception as wrong:  # noqa: BLE001 - pydantic's errors and GX's own
        errors = wrong.errors() if hasattr(wrong, "errors") else [{"loc": (), "msg": str(wrong)}]
        place = ".".join(map(str, ("kwargs", *errors[0]["loc"][:1])))
        raise Misdeclared(place, f"Great Expectations refuses it: {errors[0]['msg']}") from None
    return text
