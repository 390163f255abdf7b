"""Texts as HTML: both languages side by side, everything of the data escaped, isolated and without hidden characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from include.reports.texts import Text, html_quote, page, reason
from include.reports.visible import visible

Json = Mapping[str, Any]


def both(text: Text) -> Markup:
    """Korean and English, of which the page shows one. Escaped, unless the text is Markup already."""
    if text.ko == text.en:
        return Markup("<bdi>{}</bdi>").format(text.ko)
    return Markup('<span lang="ko">{}</span><span lang="en">{}</span>').format(text.ko, text.en)


def safe(text: Text) -> Markup:
    """A text whose parameters were quoted by `html_quote`."""
    return both(Text(Markup(text.ko), Markup(text.en)))  # noqa: S704 - our own words; parameters are escaped


def say(key: str, **params: str) -> Markup:
    """A text of the page."""
    return safe(page(key, html_quote, **params))


def reason_html(found: Json) -> Markup:
    """A reason in words."""
    return safe(reason(found["code"], found["params"], html_quote))


def plain(text: str, limit: int = 500) -> Markup:
    """Text of the data: nothing hidden, its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(visible(text, limit))
