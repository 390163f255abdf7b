"""What a single value may fail: frozen declarations, each a vectorised mask over a typed column.

A mask is True where the value fails. A null passes every predicate but `IsNull` and `IsMissing`: `required` catches it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from checks.analyzers.labels import encode
from checks.characters import characters_of, lengths_of
from checks.columns import Col, View
from checks.conform import is_text
from checks.formats import pattern_of


class Predicate(ABC):
    """A frozen, hashable declaration of when a value fails."""

    @abstractmethod
    def failing(self, view: View, col: Col) -> pa.Array:
        """Boolean mask [rows]; null counts as not failing."""

    def mask(self, view: View, col: Col) -> np.ndarray | None:
        """The same as bool [rows]; None where no value fails."""
        return numpy_mask(self.failing(view, col))

    def tested(self, view: View, col: Col) -> int:
        """How many values were looked at: the non-null ones."""
        return view.present(col)


def numpy_mask(failing: pa.BooleanArray) -> np.ndarray | None:
    """Which are true, bool [n]; None where none is."""
    if not failing.true_count:
        return None
    mask: np.ndarray = failing.fill_null(False).to_numpy(zero_copy_only=False)
    return mask


@dataclass(frozen=True, slots=True)
class IsNull(Predicate):
    """The value is not there."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """Nulls as the reader found them, so that a mistyped value is not also a missing one."""
        return pc.is_null(view.raw(col.name))

    def mask(self, view: View, col: Col) -> np.ndarray | None:
        """None without looking, where there is no null."""
        return numpy_mask(self.failing(view, col)) if view.nulls(col.name) else None

    def tested(self, view: View, col: Col) -> int:  # noqa: ARG002 - the port's signature
        """Every row."""
        return view.num_rows


@dataclass(frozen=True, slots=True)
class IsMissing(Predicate):
    """The value is null (if `null`) or one of the contract's texts for missing."""

    values: tuple[str, ...]
    null: bool

    def failing(self, view: View, col: Col) -> pa.Array:
        """By the value's text, also where the value is not of the column's type ("N/A" among integers)."""
        raw = view.raw(col.name)
        listed = pa.array(self.values, pa.large_string())
        mask = pc.or_(pc.is_in(texts(view, col), listed), pc.is_in(_as_delivered(view, col), listed))
        return pc.or_(mask, pc.is_null(raw)) if self.null else mask

    def tested(self, view: View, col: Col) -> int:  # noqa: ARG002 - the port's signature
        """Every row."""
        return view.num_rows


def _as_delivered(view: View, col: Col) -> pa.Array:
    """Texts as they lie in the file; null for values that are no texts."""
    raw = view.raw(col.name)
    if pa.types.is_dictionary(raw.type):
        raw = raw.dictionary_decode()
    if not is_text(raw.type):
        return pa.nulls(len(raw), pa.large_string())
    if not view.is_json(col.name):
        return raw.cast(pa.large_string())
    found = [None if v is None else json.loads(v) for v in raw.to_pylist()]
    return pa.array([v if isinstance(v, str) else None for v in found], pa.large_string())


@dataclass(frozen=True, slots=True)
class Mistyped(Predicate):
    """The value is not exactly of its logical type."""

    def failing(self, view: View, col: Col) -> pa.Array:
        """The mask that typing made."""
        mask = view.mistyped(col)
        return _none(view.num_rows) if mask is None else mask

    def mask(self, view: View, col: Col) -> np.ndarray | None:
        """None without looking, where typing found nothing."""
        found = view.mistyped(col)
        return None if found is None else numpy_mask(found)

    def tested(self, view: View, col: Col) -> int:
        """Non-null values as the reader found them."""
        return view.num_rows - view.nulls(col.name)


@dataclass(frozen=True, slots=True)
class Outside(Predicate):
    """Compared with one bound: fails unless `value <op> bound`. The bound is a Decimal, or ISO text for dates and times."""

    op: Literal[">=", ">", "<=", "<"]
    bound: Decimal | str

    def failing(self, view: View, col: Col) -> pa.Array:
        """Integers and decimals exactly; floats as IEEE doubles."""
        values = view.typed(col)
        kernel = {">=": pc.less, ">": pc.less_equal, "<=": pc.greater, "<": pc.greater_equal}[self.op]
        return kernel(values, self._scalar(values.type, col))

    def _scalar(self, kind: pa.DataType, col: Col) -> pa.Scalar:
        if isinstance(self.bound, Decimal):
            return number_scalar(self.bound, kind, up=self.op in {">=", "<"})
        from checks.conform import conform

        return conform(pa.array([self.bound]), Col(col.name, col.type), lexical=True)[0][0]


def number_scalar(bound: Decimal, kind: pa.DataType, *, up: bool) -> pa.Scalar:
    """The bound in the column's type. For integers a fractional bound moves inward (`up`) or outward, to the same truth."""
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        whole = int(bound.to_integral_value("ROUND_CEILING" if up else "ROUND_FLOOR"))
        if pa.types.is_decimal(kind):
            return pa.scalar(Decimal(max(min(whole, 10**38 - 1), 1 - 10**38)), kind)
        return pa.scalar(max(min(whole, 2**63 - 1), -(2**63)), kind)
    return pa.scalar(float(bound), pa.float64())


@dataclass(frozen=True, slots=True)
class NotMultiple(Predicate):
    """The value is not a whole multiple of `of`, exactly as decimals."""

    of: Decimal

    def failing(self, view: View, col: Col) -> pa.Array:
        """Value by value: remainders of doubles lie."""
        values = view.typed(col).to_pylist()
        step = Fraction(self.of)
        return pa.array([None if v is None else (Fraction(str(v)) / step).denominator != 1 for v in values], pa.bool_())


@dataclass(frozen=True, slots=True)
class Length(Predicate):
    """The text's length in Unicode code points is under `least` or over `most`."""

    least: int | None = None
    most: int | None = None

    def failing(self, view: View, col: Col) -> pa.Array:
        """Code points, as JSON Schema counts."""
        return _array(self.mask(view, col), view.num_rows)

    def mask(self, view: View, col: Col) -> np.ndarray | None:
        """Nulls have no length."""
        values = view.typed(col)
        lengths = view.once("lengths", col, lambda: lengths_of(values.cast(pa.large_string())))
        outside: np.ndarray = lengths < self.least if self.least is not None else lengths > self.most
        if not outside.any():
            return None
        return outside & values.is_valid().to_numpy(zero_copy_only=False) if values.null_count else outside


@dataclass(frozen=True, slots=True)
class NotMatching(Predicate):
    """The text does not contain a match of `pattern` (RE2 syntax; anchor with ^ and $ for the whole text)."""

    pattern: str

    def failing(self, view: View, col: Col) -> pa.Array:
        """A search, as JSON Schema and ODCS define pattern."""
        return _array(self.mask(view, col), view.num_rows)

    def mask(self, view: View, col: Col) -> np.ndarray | None:
        """Byte by byte where that answers it, else by RE2."""
        values, plain = texts(view, col), characters_of(self.pattern)
        hits = None if plain is None else plain.failing(values)
        if hits is None:
            return numpy_mask(pc.invert(pc.match_substring_regex(values, self.pattern)))
        if not hits.size:
            return None
        mask = np.zeros(len(values), dtype=bool)
        mask[hits] = True
        return mask


def _none(count: int) -> pa.Array:
    """No value fails."""
    return pa.repeat(pa.scalar(False), count)


def _array(mask: np.ndarray | None, count: int) -> pa.Array:
    return _none(count) if mask is None else pa.array(mask)


@dataclass(frozen=True, slots=True)
class NotInSet(Predicate):
    """The value's text is none of `values`."""

    values: tuple[str, ...]

    def failing(self, view: View, col: Col) -> pa.Array:
        """Nulls are not looked up."""
        values = texts(view, col)
        known = pc.is_in(values, pa.array(self.values, pa.large_string()))
        return pc.and_(pc.invert(known), pc.is_valid(values))


@dataclass(frozen=True, slots=True)
class BadFormat(Predicate):
    """The text is not of a named format (email, uuid, uri, ...) or of a temporal pattern, on columns typed as string."""

    format: str

    def failing(self, view: View, col: Col) -> pa.Array:
        """By the format's regular expression; IP addresses by the standard library."""
        values = texts(view, col)
        version = ADDRESSES.get(self.format)
        if version is None:
            return pc.invert(pc.match_substring_regex(values, FORMATS[self.format]))
        return pa.array([None if v is None else not _is_address(v, version) for v in values.to_pylist()], pa.bool_())


FORMATS: dict[str, str] = {
    "email": r"^[^@\s\x00-\x1f]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*$",
    "hostname": r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$",
}
"""String formats that ODCS names, as RE2 expressions; deliberately plain."""

ADDRESSES: dict[str, type[IPv4Address | IPv6Address]] = {"ipv4": IPv4Address, "ipv6": IPv6Address}

STRING_FORMATS = (*FORMATS, *ADDRESSES)


def _is_address(text: str, version: type[IPv4Address | IPv6Address]) -> bool:
    try:
        version(text)
    except ValueError:
        return False
    return True


def texts(view: View, col: Col) -> pa.Array:
    """The typed values as label texts (large_string), so that sets and patterns work on any type."""
    values = view.typed(col)
    if pa.types.is_nested(values.type):
        return pa.nulls(len(values), pa.large_string())
    if pa.types.is_large_string(values.type):
        return values
    codes = encode(values)
    return codes.texts.take(pa.array(codes.codes, mask=codes.codes < 0))


def check_pattern(pattern: str) -> str | None:
    """None if RE2 takes the pattern, else why not."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as wrong:
        return str(wrong).splitlines()[0]
    return None


def check_format(kind: str, form: str) -> str | None:
    """None if `form` is known for the logical type, else why not."""
    if kind in {"date", "time", "timestamp"}:
        try:
            pattern_of(kind, form)
        except ValueError as wrong:
            return str(wrong)
        return None
    return None if form in STRING_FORMATS else f"unknown format; known: {', '.join(STRING_FORMATS)}"
