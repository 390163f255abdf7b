"""Charts as static SVG, drawn by Vega-Lite without network, fonts or scripts: the same data gives the same bytes.

Labels are drawn as text marks at fixed places and nothing is laid out by measured text, so that the fonts of the
machine do not matter. Only our own numbers and `visible` labels go in, and only plain drawing elements come out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from xml.etree import ElementTree as ET

from include.reports.visible import visible

FONT: Final = '"Noto Sans KR","Malgun Gothic","Apple SD Gothic Neo",sans-serif'
LABEL_UNITS: Final = 26
"""Longest label, in half-width characters; a Korean syllable is two."""
MOST_BARS: Final = 40
MOST_CELLS_SIDE: Final = 40
DRAWING: Final = frozenset({"svg", "g", "path", "rect", "line", "text"})
SVG: Final = "{http://www.w3.org/2000/svg}"

BAR, TICK, LOW, HIGH = "#4878a8", "#c2410c", "#eef3f8", "#1f4e79"


@dataclass(frozen=True, slots=True)
class Bar:
    """One class: observed share or quantity ratio, the contracted one where there is one, and its text."""

    label: str
    value: float
    target: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a heat map: indices of row and column, colour between 0 and 1, and its text."""

    row: int
    column: int
    heat: float
    text: str


def bars(rows: Sequence[Bar]) -> str | None:
    """Horizontal bars with a tick at the contracted value; None where there are none, or too many to read."""
    if not 0 < len(rows) <= MOST_BARS:
        return None
    width, step = 380, 26
    top = max(max(r.value, r.target or 0.0) for r in rows) or 1.0
    values = [
        {"i": i, "label": clipped(r.label), "value": r.value, "target": r.target, "text": r.text}
        for i, r in enumerate(rows)
    ]
    y = _axis("i", "ordinal", {"paddingInner": 0.25, "paddingOuter": 0.15})
    x = _axis("value", "quantitative", {"domain": [0, top * 1.02], "nice": False})
    tick = {"type": "tick", "color": TICK, "thickness": 3, "size": step - 2, "opacity": 1}
    marks = [
        _mark(values, {"type": "bar", "color": BAR}, x=x, y=y),
        {
            **_mark(values, tick, x=_axis("target", "quantitative"), y=y),
            "transform": [{"filter": "datum.target !== null"}],
        },
        _mark(values, _words("right"), x={"value": -8}, y=y, text=LABEL),
        _mark(values, _words("left"), x={"value": width + 8}, y=y, text=TEXT),
    ]
    left = 16 + 7 * max(units(clipped(r.label)) for r in rows)
    right = 16 + 7 * max(units(r.text) for r in rows)
    return _svg(marks, width, step * len(rows), {"left": left, "right": right, "top": 4, "bottom": 4})


def heat_map(rows: Sequence[str], columns: Sequence[str], cells: Sequence[Cell]) -> str | None:
    """A matrix coloured by `heat`, each cell with its text; None where it is empty or too large to read."""
    if not cells or max(len(rows), len(columns)) > MOST_CELLS_SIDE:
        return None
    step = 56 if len(columns) <= 10 else 20
    width, height = step * len(columns), (32 if step == 56 else step) * len(rows)
    values = [{"r": c.row, "c": c.column, "heat": min(max(c.heat, 0.0), 1.0), "text": c.text} for c in cells]
    left = [{"r": i, "label": clipped(r)} for i, r in enumerate(rows)]
    above = [{"c": i, "label": clipped(c)} for i, c in enumerate(columns)]
    x = _axis("c", "ordinal", {"domain": list(range(len(columns))), "padding": 0.03})
    y = _axis("r", "ordinal", {"domain": list(range(len(rows))), "padding": 0.03})
    colour = {"field": "heat", "type": "quantitative", "legend": None, "scale": {"domain": [0, 1], "range": [LOW, HIGH]}}  # fmt: skip
    marks = [
        _mark(values, {"type": "rect"}, x=x, y=y, color=colour),
        _mark(left, _words("right"), x={"value": -8}, y=y, text=LABEL),
        _mark(above, {**_words("left"), "angle": 315}, x=x, y={"value": -8}, text=LABEL),
    ]
    if step == 56:
        ink = {"condition": {"test": "datum.heat > 0.55", "value": "#ffffff"}, "value": "#10202f"}
        marks.append(_mark(values, _words(), x=x, y=y, text=TEXT, color=ink))
    longest = max(units(clipped(c)) for c in columns)
    padding = {"left": 16 + 7 * max(units(clipped(r)) for r in rows), "right": 5 * longest, "top": 14 + 5 * longest, "bottom": 4}  # fmt: skip
    return _svg(marks, width, height, padding)


Spec = dict[str, Any]
"""A piece of a Vega-Lite 6 specification. Written as it is: the Python API for it takes 0.3 s to import."""

LABEL: Final[Spec] = {"field": "label", "type": "nominal"}
TEXT: Final[Spec] = {"field": "text", "type": "nominal"}


def _axis(field: str, kind: str, scale: Spec | None = None) -> Spec:
    """A position without a drawn axis."""
    return {"field": field, "type": kind, "axis": None, **({"scale": scale} if scale else {})}


def _mark(values: Sequence[Spec], mark: Spec, **encoding: Spec) -> Spec:
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


def _words(align: str | None = None) -> Spec:
    return {"type": "text", "baseline": "middle", "fontSize": 12, **({"align": align} if align else {})}


def _svg(marks: Sequence[Spec], width: int, height: int, padding: dict[str, int]) -> str:
    """The SVG text. Raises ValueError if it holds anything but drawing."""
    import vl_convert

    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "layer": list(marks),
        "width": width,
        "height": height,
        "padding": padding,
        "autosize": {"type": "none"},
        "config": {"font": FONT, "background": None, "aria": False, "view": {"stroke": None}},
    }
    outer = (width + padding["left"] + padding["right"], height + padding["top"] + padding["bottom"])
    return _checked(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]), outer)


def _checked(text: str, size: tuple[int, int]) -> str:
    """The drawing as an element of an HTML page: no namespaces, nothing but drawing elements and their attributes."""
    root = ET.fromstring(text)  # noqa: S314 - our own renderer's output, without a DTD
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        if element.tag not in DRAWING or any(name.startswith("on") or "href" in name for name in element.attrib):
            raise ValueError(f"unexpected {element.tag} in a chart")
    root.attrib.update(
        {"viewBox": f"0 0 {size[0]} {size[1]}", "width": str(size[0]), "height": str(size[1]), "aria-hidden": "true"}
    )
    return ET.tostring(root, encoding="unicode")


def units(text: str) -> int:
    """Width in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def clipped(label: str) -> str:
    """The label as it is drawn: NFC, nothing hidden, its end cut where it is too long; never empty."""
    shown = visible(unicodedata.normalize("NFC", label)).strip() or "(\u00a0)"
    if units(shown) <= LABEL_UNITS:
        return shown
    kept = ""
    for c in shown:
        if units(kept + c) > LABEL_UNITS - 1:
            break
        kept += c
    return kept + "…"
