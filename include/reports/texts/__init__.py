"""Korean and English for everything the report calls by code. An unknown code is shown as it is, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape

from include.reports.texts import names
from include.reports.texts.page import PAGE
from include.reports.texts.reasons import REASONS
from include.reports.texts.text import Text
from include.reports.visible import visible

Quote = Callable[[str], str]

__all__ = ["Text", "cell", "html_quote", "measure", "method", "named", "page", "reason"]


def html_quote(value: str) -> str:
    """A parameter as HTML: escaped, nothing hidden, its direction kept to itself."""
    return f"<bdi>{escape(visible(value))}</bdi>"


def reason(code: str, params: Mapping[str, str], quote: Quote = visible) -> Text:
    """A reason in words. `why` and `by` are themselves codes where they are known."""
    text = REASONS.get(code)
    if text is None:
        listed = ", ".join(f"{quote(key)}: {quote(value)}" for key, value in params.items())
        plain = quote(code) + (f" ({listed})" if listed else "")
        return Text(plain, plain)
    inner = {"why": REASONS, "by": names.BY}
    known = {key: inner[key][value] for key, value in params.items() if value in inner.get(key, {})}
    quoted = {key: Text(quote(value), quote(value)) for key, value in params.items()} | known
    return Text(
        Text(text.ko, "").fill({k: v.ko for k, v in quoted.items()}, str).ko,
        Text("", text.en).fill({k: v.en for k, v in quoted.items()}, str).en,
    )


def page(key: str, quote: Quote = visible, **params: str) -> Text:
    """A text of the page. Raises KeyError for a key that does not exist: that is our own mistake."""
    return PAGE[key].fill(params, quote)


def named(table: Mapping[str, Text], code: str) -> Text:
    """The name of `code`, or the code itself with nothing hidden."""
    found = table.get(code)
    return Text(visible(code), visible(code)) if found is None else found


def measure(name: str) -> tuple[Text, Text]:
    """A metric's name and its unit ("" for a plain number): row rules are called <check>-rows or <check>-percent."""
    for unit, text in names.UNITS.items():
        if name.endswith(f"-{unit}"):
            return named(names.CHECKS, name.removesuffix(f"-{unit}")), text
    return named(names.MEASURES, name), Text("", "")


def method(name: str) -> Text:
    """How an interval was found; the check says it in English."""
    for pattern, korean in names.METHODS.items():
        found = re.fullmatch(pattern, name)
        if found is not None:
            return Text(found.expand(korean), name)
    return Text(visible(name), visible(name))


def cell(column: str, value: str) -> Text | None:
    """A cell of our own words; None for a word of the data, or one that has no text."""
    found = names.CELLS.get(column, {}).get(value)
    if found is None and column == "code":
        from include.deliveries.readers.codes import CODES

        code = CODES.get(value)
        return None if code is None else Text(code.ko, code.en)
    return found
