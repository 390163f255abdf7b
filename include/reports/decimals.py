"""Numbers of the report: decimal strings, never floats, with the exact fraction beside them where digits are lost."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from checks.kernel import SIGNIFICANT, Number

INTEGER_LIMIT = 2**53
"""RFC 8785 numbers are doubles: integers from here on are written as decimal strings."""

EXACT_BITS = 13_000
"""Python reads and writes integers of at most 4,300 digits as text."""

LONGEST = 40
"""Beyond this many places a decimal is written with an exponent, so that 1E+999999 stays short."""


def decimal_of(value: Number) -> Decimal:
    """A Fraction half-even at 12 significant digits; a Decimal as it is (it was rounded when it was made)."""
    if isinstance(value, Fraction):
        return SIGNIFICANT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return value


def text_of(value: Number) -> str:
    """The decimal string, without exponent unless it would be longer than 40 places."""
    number = decimal_of(value)
    if not number.is_finite():
        raise ValueError(f"a metric must be finite, not {number}")
    if number.is_zero():
        return "0"
    exponent = int(number.as_tuple().exponent)
    return str(number) if abs(number.adjusted()) > LONGEST or abs(exponent) > LONGEST else format(number, "f")


def exact_of(value: Number) -> str | None:
    """The text a/b where the decimal string is not the value itself, so that a target can be compared exactly again.

    None too where a or b has more than some 4,000 digits, which readers refuse: the decimal string then stands alone.
    """
    if not isinstance(value, Fraction) or Fraction(decimal_of(value)) == value:
        return None
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > EXACT_BITS:
        return None
    return f"{value.numerator}/{value.denominator}"


def parse(text: str, exact: str | None = None) -> Fraction:
    """The number again, exactly. Raises ValueError or ZeroDivisionError on anything else."""
    return Fraction(exact) if exact is not None else Fraction(text)


def integer(value: int) -> int | str:
    """A count as JSON can hold it without loss."""
    return value if abs(value) < INTEGER_LIMIT else str(value)
