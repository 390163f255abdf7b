"""The keyword arguments of an expectation as the contract writes them, read with GX's names and refused with reasons.

Columns may be named as the contract names them or as the file does. What GX's runtime alone needs (`result_format`,
`catch_exceptions`, `include_config`, `batch_id`) is read past; what would change the population (`row_condition`) or
the meaning (suite parameters) is refused, because it is never silently ignored.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from checks.columns import Col
from checks.kernel import Declaration, Misdeclared

RUNTIME = frozenset({"result_format", "catch_exceptions", "include_config", "batch_id"})
"""Keys that steer GX's own run and change no answer."""

CONDITION = frozenset({"row_condition", "condition_parser"})

Scalar = str | bool | int | Decimal | None
"""A value of the contract's YAML."""


class Kwargs:
    """Reads the kwargs of one expectation. Every refusal names the place under `kwargs`."""

    def __init__(self, decl: Declaration, given: Mapping[str, Any], takes: Collection[str]) -> None:
        self._decl = decl
        self.sources: Mapping[str, str] = decl.params.get("sources", {})
        self._given = {key: value for key, value in given.items() if value is not None}
        if decl.column is not None and "column" in takes:
            self._given.setdefault("column", decl.column)
        self._refuse_strangers(takes)

    def _refuse_strangers(self, takes: Collection[str]) -> None:
        for key, value in self._given.items():
            if key in CONDITION:
                hint = "declare the records it is about as a schema object of their own, or use a check with `where`"
                raise self.wrong(
                    key, "a condition on rows is not supported: the rule would be about other records", hint
                )
            if isinstance(value, Mapping) and "$PARAMETER" in value:
                raise self.wrong(key, "suite parameters have no value in a contract", "write the value itself")
            if key not in takes and key not in RUNTIME:
                near = difflib.get_close_matches(key, takes, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"it takes: {', '.join(takes)}"
                raise self.wrong(key, f"the expectation takes no {key!r}", hint)

    @staticmethod
    def wrong(key: str, message: str, hint: str = "") -> Misdeclared:
        """A refusal at `kwargs.<key>`."""
        return Misdeclared(f"kwargs.{key}", message, hint)

    def has(self, key: str) -> bool:
        """Is it given (and not null)?"""
        return key in self._given

    def raw(self, key: str) -> Any:
        """What is given. Raises Misdeclared where nothing is."""
        if key not in self._given:
            raise Misdeclared("kwargs", f"{key!r} is missing")
        return self._given[key]

    def named(self, key: str, name: object) -> Col:
        """The declared column called `name` in the contract or in the file."""
        if not isinstance(name, str):
            raise self.wrong(key, "a column is named by a text")
        known = name if name in self._decl.columns else self.sources.get(name, name)
        return self._decl.col(f"kwargs.{key}", known)

    def column(self, key: str = "column") -> Col:
        """The one column."""
        found = self.named(key, self.raw(key))
        if key == "column" and self._decl.column is not None and found.name != self._decl.column:
            raise self.wrong(key, f"the rule stands on {self._decl.column!r}, its column is {found.name!r}")
        return found

    def columns(self, key: str = "column_list", least: int = 2) -> tuple[Col, ...]:
        """Several different columns."""
        names = self.items(key)
        found = tuple(self.named(key, name) for name in names)
        if len(set(found)) < max(least, len(found)):
            raise self.wrong(key, f"name at least {least} different columns")
        return found

    def items(self, key: str) -> list[Any]:
        """A list that is not empty."""
        found = self.raw(key)
        if not isinstance(found, list | tuple) or not found:
            raise self.wrong(key, "a list with at least one entry is needed")
        return list(found)

    def text(self, key: str) -> str:
        """A text."""
        found = self.raw(key)
        if not isinstance(found, str):
            raise self.wrong(key, "a text is needed")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.items(key)
        if not all(isinstance(item, str) for item in found):
            raise self.wrong(key, "a list of texts is needed")
        return tuple(found)

    def number(self, key: str) -> Decimal | None:
        """A number, None where nothing is given."""
        return None if key not in self._given else self._number(key, self._given[key])

    def _number(self, key: str, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.wrong(key, "a number is needed")
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

    def whole(self, key: str) -> int | None:
        """A whole number, None where nothing is given."""
        found = self.number(key)
        if found is not None and found != found.to_integral_value():
            raise self.wrong(key, "a whole number is needed")
        return None if found is None else int(found)

    def flag(self, key: str, *, default: bool = False) -> bool:
        """True or false."""
        found = self._given.get(key, default)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false is needed")
        return found

    def choice(self, key: str, words: tuple[str, ...]) -> str:
        """One of `words`; the first where nothing is given."""
        found = self._given.get(key, words[0])
        if found not in words:
            raise self.wrong(key, f"one of {', '.join(words)} is needed")
        return str(found)

    def mostly(self) -> Decimal:
        """The least share of the values looked at that must meet the expectation; 1 unless given."""
        found = self.number("mostly")
        if found is None:
            return Decimal(1)
        if not 0 <= found <= 1:
            raise self.wrong("mostly", "mostly is a share from 0 to 1")
        return found
